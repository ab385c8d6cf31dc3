"""A user's mistake: three lines, exit code 2, and nothing lost or half done."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from places import Moment, Place
from planted import write

from pipelines.files import digest
from pipelines.ledger import Ledger
from pipelines.sample import COLUMNS, reviews

pytestmark = pytest.mark.xdist_group("no network")

SECRET = "a very private sentence"


@pytest.fixture(scope="module")
def place(planted_once: Moment) -> Place:
    """A workspace that reads a CSV, and has turned once."""
    return planted_once.again()


def source_of(place: Place) -> Path:
    return Path(yaml.safe_load((place.folder / "params.yaml").read_text("utf-8"))["ingest"]["source"])


def champion(place: Place) -> object:
    return Ledger(f"sqlite:///{place.folder / '.flywheel' / 'ledger.db'}").champion("product_reviews")


def refused(place: Place, *words: str) -> None:
    """The next run is refused in three lines that hold `words`, and leaves data/ and the champion as they are."""
    before = digest(place.folder / "data"), champion(place)
    told = place.flywheel("run", code=2).stderr.strip().splitlines()
    assert len(told) == 3, told
    assert told[1].startswith("Expected")
    assert told[2].startswith("Fix: ")
    for word in words:
        assert word in "\n".join(told)
    assert SECRET not in "\n".join(told)
    assert (digest(place.folder / "data"), champion(place)) == before


@pytest.fixture
def broken_source(place: Place) -> Callable[[bytes], None]:
    path = source_of(place)
    good = path.read_bytes()

    def put(content: bytes) -> None:
        path.write_bytes(content)

    yield put
    path.write_bytes(good)


def test_a_missing_column_is_refused_by_name(place: Place, broken_source: Callable[[bytes], None]) -> None:
    rows = [{**row, "review": SECRET} for row in reviews(20, seed=1)]
    write(source_of(place), rows, [name for name in COLUMNS if name != "sentiment"])
    refused(place, "sentiment", "reviews.csv")


def test_a_ragged_row_is_refused_by_its_line(place: Place, broken_source: Callable[[bytes], None]) -> None:
    good = source_of(place).read_bytes()
    broken_source(good + f"u-1,{SECRET}\r\n".encode())
    refused(place, "fields", "line")


def test_a_wrong_encoding_is_refused_at_its_byte(place: Place, broken_source: Callable[[bytes], None]) -> None:
    good = source_of(place).read_bytes()
    broken_source(good + SECRET.encode() + b"\xff\xfe\xe9")
    refused(place, "byte", "encoding")


def test_a_source_that_went_away_is_named(place: Place, broken_source: Callable[[bytes], None]) -> None:
    path = source_of(place)
    content = path.read_bytes()
    path.unlink()
    try:
        refused(place, "reviews.csv")
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("section", "key", "near"),
    [("train", "epoch", "epochs"), ("ingest", "sourse", "source"), ("listen", "min_feedbak", "min_feedback")],
)
def test_an_unknown_key_is_answered_with_the_nearest_right_one(place: Place, section: str, key: str, near: str) -> None:
    path = place.folder / "params.yaml"
    original = path.read_text("utf-8")
    values = yaml.safe_load(original)
    values[section][key] = 1
    path.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    try:
        refused(place, key, f"'{near}'")
    finally:
        path.write_text(original, "utf-8")


def test_too_many_bad_rows_stop_the_run_in_the_stage_itself(place: Place) -> None:
    path = place.folder / "params.yaml"
    original = path.read_text("utf-8")
    values = yaml.safe_load(original)
    values["validate"]["max_quarantined"] = 0.001
    path.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    try:
        told = place.flywheel("run", code=2)
        assert "validate:" in told.stderr
        assert "max_quarantined" in told.stderr
        assert "Traceback" not in told.stdout + told.stderr
        assert place.status()["last_run"]["outcome"] == "failed"
        assert place.status()["last_run"]["stages"]["validate"] == "failed"
    finally:
        path.write_text(original, "utf-8")
    place.flywheel("run")
    assert place.status()["last_run"]["outcome"] == "completed"


def test_a_folder_that_is_no_workspace_is_told_how_to_make_one(place: Place, tmp_path: Path) -> None:
    told = Place(tmp_path, place.environment).flywheel("run", code=2).stderr
    assert "flywheel new" in told
    assert list(tmp_path.iterdir()) == []


def test_a_preset_that_does_not_exist_leaves_no_folder(place: Place, tmp_path: Path) -> None:
    told = Place(tmp_path, place.environment).flywheel("new", "here", "--preset", "sampel", code=2).stderr
    assert "'sample'" in told
    assert list(tmp_path.iterdir()) == []
