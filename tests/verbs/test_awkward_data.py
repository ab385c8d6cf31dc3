"""Data as strangers bring them, through all stages: stars as numbers, empty comments, a column that goes away."""

import random
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from workspaces import Workspace, lines, make, write_csv

from flywheel.new import new
from pipelines.compare import compare
from pipelines.errors import DataError, RecordError
from pipelines.ingest import ingest
from pipelines.ledger import Champion
from pipelines.promote import promote
from pipelines.record import parse_record
from pipelines.scan import scan

HEADER = ("guest", "comment", "nights", "town", "stars")
COLUMNS: dict[str, Any] = {
    "guest": {"type": "text", "role": "subject", "privacy": "identifier"},
    "comment": {"type": "text", "role": "text", "privacy": "free_text", "required": False},
    "nights": {"type": "integer", "role": "feature", "required": False},
    "town": {"type": "category", "role": "feature"},
    "stars": {"type": "integer", "role": "label", "categories": [1, 3, 5]},
}
WORDS = {1: "dirty loud cold", 3: "plain usual fair", 5: "lovely quiet warm"}


def stays(count: int = 420) -> list[list[str]]:
    """Stays of a third as many guests; one comment in seven is empty, stars are spelled 5 and 5.0."""
    dice = random.Random(3)
    rows = []
    for number in range(count):
        stars = dice.choice([1, 3, 5])
        said = "" if number % 7 == 0 else f"{dice.choice(WORDS[stars].split())} room {number}"
        spelled = f"{stars}.0" if number % 2 else str(stars)
        rows.append([f"g{number // 3}", said, str(dice.randint(1, 9)), dice.choice(["Ulm", "Bonn"]), spelled])
    return rows


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A champion of the guests' stars."""
    parameters = {
        "record": {"name": "stays", "columns": COLUMNS},
        "seed": 7,
        "ingest": {"source": "source.csv"},
        "train": {"family": "linear", "linear": {"terms": 500}},
        "evaluate": {"draws": 60},
    }
    workspace = make(tmp_path_factory.mktemp("stays") / "workspace", parameters)
    write_csv(workspace.path / "source.csv", stays(), HEADER)
    workspace.turn()
    workspace.run(scan)
    workspace.run(promote)
    return workspace


def test_numbers_that_are_listed_are_classes_however_they_are_spelled(stayed: Workspace) -> None:
    verdicts = pl.concat([pl.read_parquet(path) for path in (stayed.path / "data/validated").rglob("*.parquet")])
    assert verdicts["accepted"].sum() >= 420  # what is held back are planted rows
    champion = stayed.ledger.champion("stays")
    assert champion is not None
    assert champion.body["measures"]["accuracy"]["value"] > 0.8


def test_rows_without_a_text_share_none_and_go_to_every_part(stayed: Workspace) -> None:
    parts = {part: pl.read_parquet(stayed.path / f"data/splits/{part}.parquet") for part in ("train", "valid", "test")}
    empty = {part: rows["comment"].is_null().sum() for part, rows in parts.items()}
    assert sum(empty.values()) == 60
    assert min(empty.values()) > 0


def test_gates_go_by_guests_where_guests_have_several_rows(stayed: Workspace) -> None:
    stayed.set("train", {"family": "linear", "linear": {"terms": 500, "c": 0.5}})
    stayed.turn()
    stayed.run(scan)
    gates = {gate["name"]: gate for gate in stayed.run(promote)["gates"]}
    test = pl.read_parquet(stayed.path / "data/splits/test.parquet")
    found = gates["not_worse_than_champion"]
    assert found["figures"]["people"] == test["subject"].n_unique() < test.height == found["figures"]["rows"]
    assert f"{test.height} test rows of {test['subject'].n_unique()} people" in found["reason"]


def without(stayed: Workspace, name: str) -> None:
    columns = {key: value for key, value in COLUMNS.items() if key != name}
    stayed.set("record", {"name": "stays", "columns": columns})


def test_a_champion_that_reads_a_column_which_is_gone_steps_aside(stayed: Workspace) -> None:
    before: Champion | None = stayed.ledger.champion("stays")
    without(stayed, "town")
    stayed.set("compare", {"min_rows": 1})
    with pytest.raises(DataError, match=r"other columns \(town\), and would stand there twice"):
        stayed.turn("split")
    shutil.rmtree(stayed.raw)
    stayed.raw.with_suffix(".dvc").unlink()
    stayed.turn("split")
    again = pl.read_parquet(stayed.path / "data/splits/test.parquet")
    names = [f"{number:032x}" for number in range(again.height)]
    again.with_columns(row=pl.Series(names)).write_parquet(stayed.path / "data/splits/valid.parquet")
    assert stayed.run(compare).reason == "the champion reads what `record` no longer gives: town"
    stayed.turn()
    stayed.run(scan)
    entry = stayed.run(promote)
    assert entry["promote"]
    gate = next(gate for gate in entry["gates"] if gate["name"] == "champion_answers_another_question")
    assert "(town)" in gate["reason"]
    after = stayed.ledger.champion("stays")
    assert after is not None
    assert before is not None
    assert after.version == before.version + 1


def test_what_the_anonymiser_takes_out_can_have_no_use_behind_it() -> None:
    for role in ("feature", "text", "label", "split"):
        columns = COLUMNS | {"odd": {"type": "category", "role": role, "privacy": "identifier"}}
        if role in ("text", "label"):
            columns = {name: each for name, each in columns.items() if each.get("role") != role or name == "odd"}
        with pytest.raises(RecordError, match=f"`record.columns.odd` is an identifier, and has the role '{role}'"):
            parse_record({"columns": columns})


@pytest.mark.parametrize(
    ("column", "listed"),
    [({"type": "integer"}, [1.5]), ({"type": "number"}, ["many"]), ({"type": "boolean"}, ["yes"])],
)
def test_a_list_of_what_a_column_cannot_hold_is_refused(column: dict[str, Any], listed: list[Any]) -> None:
    stars = {**column, "role": "label", "categories": listed}
    with pytest.raises(RecordError, match=r"`record.columns.stars.categories` lists what no") as caught:
        parse_record({"columns": COLUMNS | {"stars": stars}})
    lines(caught.value)


@pytest.mark.parametrize(
    ("file", "name"),
    [("评论.csv", "data"), ("données 2.csv", "donnees_2"), ("aux.csv", "data"), (f"{'a' * 80}.csv", "a" * 64)],
)
def test_a_source_may_be_called_whatever_its_country_calls_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, name: str
) -> None:
    write_csv(tmp_path / file, stays(60), HEADER)
    assert new(str(tmp_path / "made"), None, str(tmp_path / file), ["record.columns.stars.role=label"]) == 0
    capsys.readouterr()
    made = Workspace(tmp_path / "made")
    assert made.record.name == name
    made.run(ingest)


def test_a_key_that_is_told_to_be_a_feature_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[str(10_000_000 + 7919 * number), *row[1:]] for number, row in enumerate(stays(120))]
    write_csv(tmp_path / "source.csv", rows, ("metre_no", *HEADER[1:]))
    told = ["record.columns.metre_no.role=feature", "record.columns.stars.role=label"]
    assert new(str(tmp_path / "made"), None, str(tmp_path / "source.csv"), told) == 0
    capsys.readouterr()
    column = Workspace(tmp_path / "made").record["metre_no"]
    assert (column.role, column.privacy) == ("feature", "quasi")


def test_a_column_that_old_rows_lack_says_how_to_get_out(stayed: Workspace, tmp_path: Path) -> None:
    later = Workspace(Path(shutil.copytree(stayed.path, tmp_path / "later", symlinks=True)))
    delivered = [[f"new {guest}", *row, "web"] for guest, *row in stays()]
    write_csv(later.path / "source.csv", delivered, (*HEADER, "channel"))
    columns = COLUMNS | {"channel": {"type": "category", "role": "feature"}}
    later.set("record", {"name": "stays", "columns": columns})
    with pytest.raises(DataError, match="channel is missing") as caught:
        later.turn("validate")
    assert "lists other columns" in lines(caught.value)[2]
