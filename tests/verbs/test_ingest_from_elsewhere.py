"""URLs, databases and pictures -> data/raw: what a version says of its source, and that the same changes nothing."""

import base64
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from web import serving, versioned
from workspaces import HEADER, Workspace, image, make, review, write_csv

from pipelines.errors import ParameterError, SourceError
from pipelines.ingest import ingest
from pipelines.pictures import stored_png
from pipelines.sources.landing import PREFIX
from pipelines.teaching import check_family
from pipelines.versions import describe

ROWS = [review(number) for number in range(6)]


def told(workspace: Workspace) -> dict[str, Any]:
    version = describe(workspace.raw)
    assert version is not None
    return version[1]


def test_a_url_is_read_once_and_its_version_says_where_it_came_from(
    reviews: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_FETCH_PRIVATE", "127.0.0.1")
    monkeypatch.setenv("FLYWHEEL_SOURCE_TOKEN", "t0ken-of-ours")
    bodies = [write_csv(tmp_path / "a.csv", rows).read_bytes() for rows in (ROWS[:4], ROWS)]
    with serving({"/a.csv": versioned(bodies[0], '"1"')}) as web:
        url = web.url("/a.csv", "127.0.0.1")
        reviews.set("ingest", {"source": url, "licence": "CC0"})
        assert reviews.run(ingest).added == 4
        found = told(reviews)
        assert (found["source"], found["origin"], found["licence"]) == (url, url, "CC0")
        assert (found["files"], found["bytes"], found["versions"]) == (["a.csv"], len(bodies[0]), {"a.csv": 'etag "1"'})
        assert len(found["sha256"]) == 64
        assert found["ingested"]
        before = image(reviews.path / "data")
        again = reviews.run(ingest)
        assert (again.read, again.added, again.changed) == (4, 0, False)
        assert image(reviews.path / "data") == before
        web.answers["/a.csv"] = versioned(bodies[1], '"2"')
        assert reviews.run(ingest).added == 2
        assert told(reviews)["versions"] == {"a.csv": 'etag "2"'}
    assert not list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*/a.csv"))
    assert not [path for path in reviews.path.rglob("*") if path.is_file() and b"t0ken" in path.read_bytes()]


def test_without_leave_no_private_address_is_read(reviews: Workspace) -> None:
    reviews.set("ingest", {"source": "http://169.254.169.254/latest/meta-data/a.csv"})
    with pytest.raises(SourceError, match="FLYWHEEL_FETCH_PRIVATE"):
        reviews.run(ingest)
    assert not describe(reviews.raw)


@pytest.fixture
def database(reviews: Workspace) -> Path:
    path = reviews.path / "reviews.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(f"CREATE TABLE reviews (id INTEGER PRIMARY KEY, {', '.join(f'{name} TEXT' for name in HEADER)})")
    more(path, ROWS[:3])
    return path


def more(path: Path, rows: list[list[str]]) -> None:
    with closing(sqlite3.connect(path)) as there, there:
        marks = ", ".join("?" * len(HEADER))
        there.executemany(f"INSERT INTO reviews ({', '.join(HEADER)}) VALUES ({marks})", rows)  # noqa: S608 - our names


@pytest.mark.parametrize("watermark", ["id", None])
def test_a_query_brings_later_rows_alone_and_the_same_table_changes_nothing(
    reviews: Workspace, database: Path, watermark: str | None
) -> None:
    settings = {"source": "sqlite:///reviews.db", "query": "SELECT * FROM reviews", "watermark": watermark}
    reviews.set("ingest", {name: value for name, value in settings.items() if value})
    assert reviews.run(ingest).added == 3
    assert told(reviews)["source"] == "sqlite:///reviews.db"
    before = image(reviews.path / "data")
    assert reviews.run(ingest).changed is False
    assert image(reviews.path / "data") == before
    more(database, ROWS[3:])
    found = reviews.run(ingest)
    assert (found.read, found.added, found.rows) == (4 if watermark else 6, 3, 6)
    if watermark:
        assert told(reviews)["watermark"]["value"] == 6
    assert [list(row) for row in reviews.opened().select(HEADER).iter_rows()] == ROWS


def test_another_query_is_read_from_its_beginning(reviews: Workspace, database: Path) -> None:
    reviews.set("ingest", {"source": "sqlite:///reviews.db", "query": "SELECT * FROM reviews", "watermark": "id"})
    reviews.run(ingest)
    reviews.set("ingest", {"source": "sqlite:///reviews.db", "query": "SELECT *, 1 FROM reviews", "watermark": "id"})
    found = reviews.run(ingest)
    assert (found.read, found.known, found.changed) == (3, 3, False)


DIGITS = {
    "name": "digits",
    "columns": {
        "image": {"type": "image", "role": "feature"},
        "label": {"type": "category", "role": "label", "categories": ["0", "1"]},
    },
}


def test_pictures_pass_from_a_folder_to_the_splits_and_to_families_that_can_see(tmp_path: Path, own_home: Path) -> None:
    place = make(tmp_path / "digits", {"record": DIGITS, "seed": 7, "ingest": {"source": "pictures"}})
    for number in range(40):
        folder = place.path / "pictures" / str(number % 2)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(stored_png(bytes([number]) * 9, 3, 3))
    place.turn("split")
    parts = [pl.read_parquet(place.path / "data" / "splits" / f"{name}.parquet") for name in ("train", "valid", "test")]
    assert sum(part.height for part in parts) == 40
    assert base64.b64decode(parts[0]["image"][0]).startswith(b"\x89PNG")
    check_family("cnn", place.record)
    with pytest.raises(ParameterError, match="which reads a text"):
        check_family("lstm", place.record)
