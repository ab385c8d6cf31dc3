"""anonymised -> splits: nobody stands on both sides, and a row in test stays in test for ever."""

import json
import zlib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from workspaces import Workspace, image, lines

from pipelines.errors import DataError
from pipelines.record import Column, Record
from pipelines.spelling import normal
from pipelines.split import PARTS, assign, split, without_overlap

TEXT, LABEL = Column("text", "text", "text"), Column("mood", "category", "label")
BY_PEOPLE = Record("people", (Column("user", "text", "subject", "identifier"), TEXT, LABEL))
BY_TEXT = Record("texts", (TEXT, LABEL))
STANDARD = Record("standard", (TEXT, LABEL, Column("part", "category", "split")))
TABLE = Record("table", (Column("age", "integer", "feature"), LABEL))

people = some.lists(
    some.tuples(some.integers(0, 30).map(str), some.text("abc ", min_size=1, max_size=3)), min_size=1, max_size=40
)


def frame(rows: list[tuple[str, str]]) -> pl.DataFrame:
    """Rows of (subject, text)."""
    texts = {"subject": [subject for subject, _ in rows], "text": [text for _, text in rows]}
    names = {
        "row": [f"r{n}" for n in range(len(rows))],
        "bucket": [zlib.crc32(subject.encode()) % 1000 for subject, _ in rows],
    }
    return pl.DataFrame({**names, **texts, "mood": ["good"] * len(rows)})


def parted(rows: pl.DataFrame, record: Record, seed: int = 1) -> pl.DataFrame:
    return without_overlap(rows.with_columns(part=assign(rows, record, 0.3, 0.3, seed)), record)


@given(people)
def test_nobody_is_ever_in_two_parts(rows: list[tuple[str, str]]) -> None:
    places = parted(frame(rows), BY_PEOPLE).group_by("subject").agg(pl.col("part").n_unique())
    assert places["part"].to_list() == [1] * places.height


@given(people, people)
def test_a_row_in_test_stays_in_test_when_rows_are_added(
    rows: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    in_test = pl.col("part") == "test"
    before = parted(frame(rows), BY_PEOPLE).filter(in_test)["row"].to_list()
    after = parted(frame(rows + more), BY_PEOPLE).filter(in_test)["row"].to_list()
    assert set(before) <= set(after)


@given(people, some.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_part(rows: list[tuple[str, str]], dice: object) -> None:
    first = frame(rows)
    shuffled = first.sample(fraction=1, shuffle=True, seed=dice.randrange(1000))  # type: ignore[attr-defined]
    parts = [dict(parted(each, BY_PEOPLE).select("row", "part").iter_rows()) for each in (first, shuffled)]
    assert parts[0] == parts[1]


@given(people)
def test_no_text_of_test_is_learnt_from(rows: list[tuple[str, str]]) -> None:
    found = parted(frame(rows), BY_PEOPLE)
    texts = {name: {normal(t) for t in found.filter(pl.col("part") == name)["text"]} - {""} for name in PARTS}
    assert not texts["train"] & texts["valid"]
    assert not (texts["train"] | texts["valid"]) & texts["test"]


def test_the_part_that_is_nearer_to_the_user_keeps_a_shared_text() -> None:
    rows = frame([("a", "Same  text"), ("b", "same text"), ("c", "own")])
    found = without_overlap(rows.with_columns(part=pl.Series(["train", "test", "train"])), BY_PEOPLE)
    assert found["row"].to_list() == ["r1", "r2"]


@pytest.mark.parametrize("record", [BY_PEOPLE, BY_TEXT], ids=["people", "texts"])
def test_parts_are_as_large_as_was_asked(record: Record) -> None:
    rows = frame([(f"subject{n}", f"text {n}") for n in range(8000)])
    counts = dict(assign(rows, record, 0.1, 0.2, 7).value_counts().iter_rows())
    assert abs(counts["test"] / 8000 - 0.2) < 0.02
    assert abs(counts["valid"] / 8000 - 0.1) < 0.02


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    rows = frame([(f"subject{n}", f"text {n}") for n in range(200)])
    first, again, other = (assign(rows, BY_PEOPLE, 0.2, 0.2, seed).to_list() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_where_nobody_is_named_equal_texts_stay_together() -> None:
    texts = [f"text {n}" for n in range(100)]
    rows = frame([("a", text) for text in texts] + [("b", text.upper() + " ") for text in texts])
    parts = assign(rows, BY_TEXT, 0.3, 0.3, 1).to_list()
    assert parts[:100] == parts[100:]
    assert set(parts) == set(PARTS)


def test_where_a_table_names_nobody_equal_rows_stay_together() -> None:
    rows = pl.DataFrame({"age": [*range(60), *range(60), None, None], "mood": ["good"] * 122})
    parts = assign(rows, TABLE, 0.3, 0.3, 1).to_list()
    assert parts[:60] == parts[60:120]
    assert parts[120] == parts[121]
    assert set(parts) == set(PARTS)


def standard(*given: str | None) -> list[str]:
    rows = frame([("s", f"text {n}") for n in range(len(given))]).with_columns(
        pl.Series("part", given, dtype=pl.String)
    )
    return assign(rows, STANDARD, 0.5, 0.5, 1).to_list()


def test_a_standard_split_stands_as_the_data_name_it() -> None:
    assert standard("train", "Validation", "test", "dev", "TEST") == ["train", "valid", "test", "valid", "test"]


def test_a_standard_split_without_validation_gives_some_of_its_training_rows() -> None:
    found = standard(*["train"] * 100, *["test"] * 10)
    assert found[100:] == ["test"] * 10
    assert set(found[:100]) == {"train", "valid"}


def test_feedback_never_joins_a_standard_test_part() -> None:
    found = standard("valid", *[None] * 200)
    assert set(found[1:]) == {"train", "valid"}


def test_the_parts_of_the_sample_hold_all_its_rows_but_the_shared_ones(journey: Workspace) -> None:
    counts = json.loads((journey.path / "data/splits/counts.json").read_text("utf-8"))
    held = {name: pl.read_parquet(journey.path / f"data/splits/{name}.parquet") for name in PARTS}
    assert {name: rows.height for name, rows in held.items()} == {name: counts[name] for name in PARTS}
    rows = pl.read_parquet(journey.path / "data/anonymised/rows.parquet")
    assert sum(counts.values()) == rows.height
    subjects = [set(each["subject"]) for each in held.values()]
    assert sum(map(len, subjects)) == len(set.union(*subjects))


def test_splitting_twice_gives_equal_bytes(travelled: Workspace) -> None:
    before = image(travelled.path / "data/splits")
    travelled.run(split, "data/anonymised", "data/splits")
    assert image(travelled.path / "data/splits") == before


def test_too_few_rows_for_three_parts_are_refused_and_the_old_parts_stand(tmp_path: Path) -> None:
    (tmp_path / "anonymised").mkdir()
    frame([("one", "text"), ("one", "another")]).write_parquet(tmp_path / "anonymised/rows.parquet")
    with pytest.raises(DataError, match="no row fell into") as caught:
        split(tmp_path / "anonymised", tmp_path / "splits", record=BY_PEOPLE)
    lines(caught.value)
    assert not (tmp_path / "splits").exists()


def test_a_generalised_row_keeps_its_part_when_its_cells_change() -> None:
    """More rows make narrower intervals: its content is no name that a row could be kept by."""
    rows = frame([(f"s{n}", "a") for n in range(60)])
    wide, narrow = (rows.with_columns(age=pl.Series([[20, top]] * 60)) for top in (60, 30))
    assert assign(wide, TABLE, 0.3, 0.3, 1).equals(assign(narrow, TABLE, 0.3, 0.3, 1))
    assert set(assign(wide, TABLE, 0.3, 0.3, 1)) == set(PARTS)
