"""What only all rows together tell is the same, however they are cut into shards, as for one table."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from workspaces import REVIEWS

from pipelines import checks
from pipelines.across import DISPUTED, REPEATED, judge_across, stand_ins
from pipelines.record import Record, parse_record
from pipelines.values import typed

KEY = b"k" * 32
COLUMNS = REVIEWS["columns"] | {"split": {"type": "category", "role": "split", "required": False}}  # type: ignore[operator]
RECORD = parse_record(REVIEWS | {"columns": COLUMNS})
row = some.fixed_dictionaries(
    {
        "subject": some.sampled_from(["s1", "s2"]),
        "origin": some.sampled_from(["source", "feedback"]),
        "user": some.just("u"),
        "city": some.sampled_from([None, "Paris", "\x1f"]),
        "age": some.sampled_from([None, "30", "30.0"]),
        "consent": some.just("yes"),
        "at": some.just("2026-03-04"),
        "text": some.sampled_from([None, "A  word", "a word", "Ａ word", "other"]),
        "mood": some.sampled_from([None, "good", "bad", "misspelt"]),
        "split": some.sampled_from([None, "train", "test"]),
    }
)


def judged(values: pl.DataFrame, record: Record, cut: int, folder: Path) -> dict[str, list[bool]]:
    """The verdicts over two shards, cut behind so many rows."""
    drafts = []
    for number, part in enumerate([values[:cut], values[cut:]]):
        drafts.append(folder / f"{number}.parquet")
        stand_ins(part, record, KEY).write_parquet(drafts[-1])
    return {reason: passes.to_list() for reason, passes in judge_across(drafts, record).items()}


@settings(max_examples=40, deadline=None)
@given(some.lists(row, min_size=1, max_size=12), some.integers(0, 12))
def test_shards_are_judged_as_the_whole_is(rows: list[dict[str, str | None]], cut: int) -> None:
    values = typed(pl.DataFrame(rows, dict.fromkeys(["subject", "origin", *RECORD.names], pl.String)), RECORD)
    with tempfile.TemporaryDirectory() as folder:
        found = judged(values, RECORD, min(cut, len(rows)), Path(folder))
    assert found[REPEATED] == checks.rows_are_new(values, RECORD).to_list()
    assert found[DISPUTED] == checks.labels_agree(values, RECORD).to_list()


@pytest.mark.parametrize("zeros", [("0.0", "-0.0"), ("1", "1.0"), ("1e3", "1000")])
def test_numbers_that_are_equal_make_equal_rows_however_they_are_written(
    zeros: tuple[str, str], tmp_path: Path
) -> None:
    record = parse_record(
        REVIEWS | {"columns": REVIEWS["columns"] | {"n": {"type": "number", "role": "feature"}}}  # type: ignore[operator]
    )
    cells = {name: ["x", "x"] for name in ("subject", "origin", *record.names)} | {"n": list(zeros)}
    values = typed(pl.DataFrame(cells), record)
    assert judged(values, record, 1, tmp_path)[REPEATED] == [True, False]


def test_stand_ins_tell_nothing_without_the_key(tmp_path: Path) -> None:
    cells = {name: ["canary"] for name in ("subject", "origin", *RECORD.names)}
    values = typed(pl.DataFrame(cells), RECORD)
    one, other = stand_ins(values, RECORD, KEY), stand_ins(values, RECORD, b"o" * 32)
    one.drop("origin").write_parquet(tmp_path / "one.parquet")
    assert b"canary" not in (tmp_path / "one.parquet").read_bytes()
    hashed = ["same_1", "same_2", "text_1", "text_2"]
    assert not set(one.select(hashed).row(0)) & set(other.select(hashed).row(0))
