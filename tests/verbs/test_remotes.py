"""Versions of data in a folder and in S3 (a real endpoint, on loopback): pushed, lost, pulled; and sources there."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workspaces import Workspace, image, review, write_csv

from pipelines.consents import Consents
from pipelines.errors import ServerError, SourceError, WorldError
from pipelines.forget import look_through
from pipelines.ingest import ingest
from pipelines.versions import describe, push, restore, set_remote, version_of

ROWS = [review(number) for number in range(6)]
BUCKET = "flywheel"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an S3 server of the tests' own, with one bucket; keys are in the environment."""
    for name in ("s3fs", "dvc_s3"):
        pytest.importorskip(name, reason=f"{name} (of the extra s3) is not installed")
    server = pytest.importorskip("moto.server", reason="moto's server is not installed").ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host.replace('0.0.0.0', '127.0.0.1')}:{port}"  # noqa: S104 - what the server calls itself
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "for-tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-of-tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client().create_bucket(Bucket=BUCKET)
        yield address
    server.stop()


def client() -> Any:
    from botocore.session import get_session

    return get_session().create_client("s3")


def put(key: str, content: bytes) -> None:
    client().put_object(Bucket=BUCKET, Key=key, Body=content)


@pytest.fixture(params=["folder", "s3"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for versions."""
    if request.param == "folder":
        return str(tmp_path / "remote")
    request.getfixturevalue("endpoint")
    return f"s3://{BUCKET}/versions"


def test_each_version_comes_back_from_a_remote_byte_for_byte(reviews: Workspace, remote: str) -> None:
    set_remote(reviews.path, "store", remote)
    versions, pointer = [], reviews.path / "data" / "raw.dvc"
    for rows in (ROWS[:3], ROWS):
        reviews.bring(rows)
        found = reviews.run(ingest)
        versions.append((found.version, pointer.read_bytes(), image(reviews.raw)))
        assert push(reviews.path) > 0
    assert push(reviews.path) == 0
    for version, told, content in versions:
        shutil.rmtree(reviews.raw)
        shutil.rmtree(reviews.path / ".dvc" / "cache")
        pointer.write_bytes(told)
        restore(reviews.path, reviews.raw)
        assert image(reviews.raw) == content
        assert version_of(reviews.raw) == version
    assert reviews.run(ingest).changed is False


def test_a_remote_that_does_not_have_the_version_says_so(reviews: Workspace, tmp_path: Path) -> None:
    set_remote(reviews.path, "store", str(tmp_path / "empty"))
    reviews.bring(ROWS)
    reviews.run(ingest)
    shutil.rmtree(reviews.raw)
    shutil.rmtree(reviews.path / ".dvc" / "cache")
    with pytest.raises(WorldError, match="could not be brought"):
        restore(reviews.path, reviews.raw)


def test_a_machine_whose_ledger_heard_nothing_keeps_away_who_is_gone_from_the_data(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    person = reviews.vault.pseudonym("user1")
    Consents(reviews.ledger, "reviews").say({person}, given=False, by="person")
    reviews.run(ingest)
    before = image(reviews.path / "data")
    for left in (reviews.path / ".flywheel").glob("ledger.db*"):
        left.unlink()
    assert reviews.run(ingest).changed is False
    assert image(reviews.path / "data") == before
    heard = Consents(reviews.ledger, "reviews")
    assert heard.withdrawn() == {person: "person"}
    heard.say({person}, given=True, by="person")
    assert reviews.run(ingest).changed
    assert "user1" in list(reviews.opened()["user"])


def test_a_file_in_a_bucket_is_brought_once_and_again_when_it_changes(
    reviews: Workspace, endpoint: str, tmp_path: Path
) -> None:
    put("week/reviews.csv", write_csv(tmp_path / "a.csv", ROWS[:4]).read_bytes())
    reviews.set("ingest", {"source": f"s3://{BUCKET}/week/reviews.csv"})
    assert reviews.run(ingest).added == 4
    found = describe(reviews.raw)
    assert found is not None
    assert found[1]["origin"] == f"s3://{BUCKET}/week/reviews.csv"
    assert found[1]["files"] == ["reviews.csv"]
    assert set(found[1]["versions"]) == {"reviews.csv"}
    before = image(reviews.path / "data")
    assert reviews.run(ingest).changed is False
    assert image(reviews.path / "data") == before
    put("week/reviews.csv", write_csv(tmp_path / "b.csv", ROWS).read_bytes())
    assert reviews.run(ingest).added == 2


def test_a_folder_in_a_bucket_gives_its_data_files_and_not_those_below(
    reviews: Workspace, endpoint: str, tmp_path: Path
) -> None:
    for number, key in enumerate(("many/1.csv", "many/2.csv", "many/below/3.csv", "many/README.md")):
        put(key, write_csv(tmp_path / "a.csv", [ROWS[number]]).read_bytes())
    reviews.set("ingest", {"source": f"s3://{BUCKET}/many"})
    assert reviews.run(ingest).added == 2


def test_files_below_a_folder_in_a_bucket_are_brought_where_a_key_names_them(
    reviews: Workspace, endpoint: str, tmp_path: Path
) -> None:
    for number, key in enumerate(("deep/train/1.csv", "deep/train/2.csv", "deep/more/3.csv", "deep/4.csv")):
        put(key, write_csv(tmp_path / "a.csv", [ROWS[number]]).read_bytes())
    reviews.set("ingest", {"source": f"s3://{BUCKET}/deep", "files": {"train/*.csv": "train"}})
    assert reviews.run(ingest).added == 2
    found = describe(reviews.raw)
    assert found is not None
    assert found[1]["files"] == ["train/1.csv", "train/2.csv"]
    reviews.set("ingest", {"source": f"s3://{BUCKET}/deep", "files": {"tests/*.csv": "train"}})
    with pytest.raises(SourceError, match="does not exist, or holds no data files"):
        reviews.run(ingest)


def test_documents_in_a_bucket_are_rows_of_their_folders(reviews: Workspace, endpoint: str) -> None:
    for key in ("posts/train/good/1.txt", "posts/train/bad/2", "posts/README.md", "posts/more.csv"):
        put(key, f"the text of {key}".encode())
    columns = {"text": {"type": "text", "role": "text"}, "label": {"type": "category", "role": "label"}}
    reviews.set("record", {"name": "posts", "columns": columns})
    reviews.set("ingest", {"source": f"s3://{BUCKET}/posts", "format": "documents"})
    assert reviews.run(ingest).added == 2
    assert sorted(reviews.opened()["label"]) == ["bad", "good"]


def test_what_is_not_in_a_bucket_and_what_may_not_be_read_are_refused_without_keys_in_the_message(
    reviews: Workspace, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("odd/../../escaped.csv", b"x")
    for place in (f"{BUCKET}/gone.csv", "nowhere/a.csv"):
        reviews.set("ingest", {"source": f"s3://{place}"})
        with pytest.raises(SourceError, match="does not exist"):
            reviews.run(ingest)
    reviews.set("ingest", {"source": f"s3://{BUCKET}/odd"})
    with pytest.raises((SourceError, ServerError)):
        reviews.run(ingest)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    reviews.set("ingest", {"source": f"s3://{BUCKET}/week/reviews.csv"})
    with pytest.raises(ServerError) as caught:
        reviews.run(ingest)
    assert "s3cret" not in str(caught.value)
    assert not describe(reviews.raw)


def test_a_forgotten_person_is_looked_for_in_every_remote_and_opens_in_none(reviews: Workspace, endpoint: str) -> None:
    set_remote(reviews.path, "store", f"s3://{BUCKET}/forgetting")
    reviews.bring(ROWS)
    reviews.run(ingest)
    push(reviews.path)
    subject = reviews.vault.pseudonym("user1")

    def found() -> tuple[int, int]:
        there = look_through({subject}, reviews.vault, reviews.path, ())["remote store"]
        return sum(each.rows[subject] for each in there), sum(each.open.get(subject, 0) for each in there)

    assert found() == (1, 1)
    reviews.vault.forget({subject})
    shutil.rmtree(reviews.path / ".dvc" / "cache")
    assert found() == (1, 0)
    assert not list(Path(tempfile.gettempdir()).glob("flywheel-remote-*"))


def test_a_remote_that_cannot_be_looked_through_is_no_remote_without_people(
    reviews: Workspace, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_remote(reviews.path, "store", "s3://no-such-bucket/versions")
    with pytest.raises(WorldError, match="could not be looked through"):
        look_through(set(), reviews.vault, reviews.path, ())
