"""A source that lies elsewhere: brought for as long as it is read, and known again without being brought."""

import gc
import os
import tempfile
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from web import Web, plain, serving, versioned
from workspaces import REVIEWS, lines

from pipelines.arriving import Arriving, Sample, find_source
from pipelines.errors import ServerError, SourceError
from pipelines.leaks.places import TEMPORARY
from pipelines.record import parse_record
from pipelines.sources.fetching import Reach
from pipelines.sources.landing import PREFIX, Landing, sweep

RECORD = parse_record(
    {"name": "r", "columns": {"text": {"type": "text", "role": "text"}, "mood": {"type": "category", "role": "label"}}}
)
TRAIN, TEST = b"text,mood\nfine,good\n", b"text,mood\npoor,bad\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    before, tempfile.tempdir = tempfile.tempdir, None
    yield folder
    tempfile.tempdir = before


@pytest.fixture
def web() -> Iterator[Web]:
    answers = {
        "/train.csv": versioned(TRAIN, '"1"'),
        "/test.csv": versioned(TEST, '"1"'),
        "/plain.csv": plain(200, TRAIN),
    }
    answers["/bad.csv"] = plain(200, b"text,mood\nfine\n")
    with serving(answers) as server:
        yield server


def find(source: str, files: dict[str, str] | None = None, before: dict[str, object] | None = None) -> Arriving:
    reach = Reach(private=("127.0.0.1",))
    return find_source(Path(), source, Sample(), files, None, None, reach=reach, before=before)


def rows(found: Arriving) -> list[tuple[str, ...]]:
    return [row for frame in found.frames(RECORD) for row in frame.iter_rows()]


def brought(folder: Path) -> list[Path]:
    return list(folder.glob(f"{PREFIX}*"))


def test_a_download_is_there_until_it_is_closed_and_nobody_else_can_read_it(web: Web, temporary: Path) -> None:
    found = find(web.url("/train.csv", "127.0.0.1"))
    [folder] = brought(temporary)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert next(found.frames(RECORD)).height == 1  # and no further: it can be asked again all the same
    assert rows(found) == rows(found) == [("fine", "good")]
    found.close()
    assert not brought(temporary)
    found.close()


def test_a_download_goes_with_its_last_reader_and_with_a_reading_that_fails(web: Web, temporary: Path) -> None:
    found = find(web.url("/train.csv", "127.0.0.1"))
    assert brought(temporary)
    del found
    gc.collect()
    assert not brought(temporary)
    failing = find(web.url("/bad.csv", "127.0.0.1"))
    with pytest.raises(SourceError):
        rows(failing)
    assert not brought(temporary)
    with pytest.raises(SourceError):
        find(web.url("/gone.csv", "127.0.0.1"))
    assert not brought(temporary)


def test_what_a_killed_reader_left_goes_with_the_next_download_and_a_living_one_s_stays(temporary: Path) -> None:
    living = Landing()
    dead = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary))
    (dead / "people.csv").write_bytes(TRAIN)
    for path in (living.path, dead):
        os.utime(path, (time.time() - 3600,) * 2)
    assert sweep(temporary) == [dead]
    assert living.path.is_dir()
    living.close()


def test_the_leak_scan_looks_for_what_a_killed_download_left() -> None:
    assert any(fnmatch(f"{PREFIX}x", pattern) for pattern in TEMPORARY)


def test_a_version_that_stands_is_known_without_a_body(web: Web, temporary: Path) -> None:
    url = web.url("/train.csv", "127.0.0.1")
    first = find(url)
    assert first.provenance["source"] == url
    assert (first.provenance["files"], first.provenance["bytes"]) == (["train.csv"], len(TRAIN))
    again = find(url, before=first.provenance)
    assert (again.content, again.provenance) == (first.content, first.provenance)
    assert web.asked[-1][1]["If-None-Match"] == '"1"'
    assert len(web.asked) == 2
    assert rows(again) == [("fine", "good")]  # asked for all the same: then it is brought
    assert len(web.asked) == 3


def test_a_version_that_changed_is_another_content(web: Web, temporary: Path) -> None:
    url = web.url("/train.csv", "127.0.0.1")
    first = find(url)
    web.answers["/train.csv"] = versioned(TEST, '"2"')
    again = find(url, before=first.provenance)
    assert again.content != first.content
    assert rows(again) == [("poor", "bad")]
    unread = find(url, before=again.provenance)
    web.answers["/train.csv"] = versioned(TRAIN, '"3"')
    with pytest.raises(ServerError, match="changed while it was read"):
        rows(unread)


def test_a_folder_on_the_web_gives_the_files_that_are_named(web: Web, temporary: Path) -> None:
    columns = {**REVIEWS["columns"], "part": {"type": "category", "role": "split"}}  # type: ignore[dict-item]
    record = parse_record({"name": "r", "columns": {name: columns[name] for name in ("text", "mood", "part")}})
    files = {"train.csv": "train", "test.csv": "test"}
    found = find(web.url("/", "127.0.0.1"), files)
    frames = list(found.frames(record))
    assert [row for frame in frames for row in frame.iter_rows()] == [
        ("fine", "good", "train"),
        ("poor", "bad", "test"),
    ]
    asked = len(web.asked)
    assert find(web.url("/", "127.0.0.1"), files, found.provenance).content == found.content
    web.answers["/test.csv"] = versioned(TRAIN, '"2"')
    changed = find(web.url("/", "127.0.0.1"), files, found.provenance)
    assert changed.content != found.content
    assert len(web.asked) > asked
    assert set(changed.provenance["versions"]) == set(files)
    with pytest.raises(SourceError, match="does not name the files"):
        find(web.url("/", "127.0.0.1"))


@pytest.mark.parametrize(
    "source",
    [
        "file:///etc/passwd",
        "gopher://x/y",
        "ssh://x/y",
        "memory://x",
        "github://a:b@/x",
        "http://me:pass@good.example/a.csv",
    ],
)
def test_a_scheme_that_is_not_read_and_a_password_are_refused(source: str, temporary: Path) -> None:
    with pytest.raises(SourceError) as caught:
        find(source)
    assert "pass@" not in "\n".join(lines(caught.value))
    assert not brought(temporary)


def test_a_query_is_never_written_down_and_its_version_never_taken_for_another_s(web: Web, temporary: Path) -> None:
    url = web.url("/train.csv?signature=s3cret", "127.0.0.1")
    first = find(url)
    assert "s3cret" not in repr(first.provenance)
    again = find(url, before=first.provenance)
    assert "If-None-Match" not in web.asked[-1][1]
    assert again.content == first.content


@pytest.mark.parametrize(("scheme", "package"), [("gs", "gcsfs"), ("az", "adlfs"), ("oss", "ossfs")])
def test_a_store_whose_package_is_missing_says_which(scheme: str, package: str, temporary: Path) -> None:
    pytest.importorskip("fsspec")
    try:
        __import__(package)
    except ModuleNotFoundError:
        with pytest.raises(SourceError, match=package) as caught:
            find(f"{scheme}://bucket/a.csv")
        assert len(lines(caught.value)) == 3
    else:
        pytest.skip(f"{package} is installed here")
