"""Rows of nobody, planted in every part of data/raw: they pass as people do, and no count has them."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from workspaces import ACCESS, REPOSITORY, Workspace, image, review

from pipelines.canaries import PER_PART, canaries, canary, cells, let_through
from pipelines.expectations import table
from pipelines.ingest import ingest
from pipelines.privacy.text import clean
from pipelines.raw import PLANTED, open_rows, parts, planted_rows
from pipelines.record import Record, parse_record
from pipelines.values import readable
from pipelines.versions import describe

KEY = bytes(range(32))
MANY = [canary(KEY, f"row {number}") for number in range(300)]
PRESETS = sorted((REPOSITORY / "presets").glob("*.yaml"))


def test_no_two_canaries_are_called_alike_and_equal_ones_are_equal() -> None:
    needles = [needle for each in MANY for needle in each.needles]
    assert len(set(needles)) == len(needles)
    assert canary(KEY, "row 7") == MANY[7]
    assert canary(bytes(32), "row 7") != MANY[7]


@pytest.mark.parametrize("place", range(6))
def test_every_identifier_of_a_canary_is_one_that_the_anonymiser_takes_out(place: int) -> None:
    kinds = ("<EMAIL>", "<PHONE>", "<CARD>", "<ID>", "<URL>", "<HANDLE>")
    for each in MANY:
        assert clean(f"ask me: {each.identifiers[place]} , bye")[0] == f"ask me: {kinds[place]} , bye"


def rows_of(record: Record) -> pl.DataFrame:
    written = [cells(each, record, turn=turn, faulty=turn == 3) for turn, each in enumerate(MANY[:4])]
    return pl.DataFrame(written, schema=dict.fromkeys(record.names, pl.String), orient="row")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_canaries_fit_the_record_of_every_preset_and_the_faulty_one_does_not(preset: Path) -> None:
    record = parse_record(yaml.safe_load(preset.read_text("utf-8"))["record"])
    rows = rows_of(record)
    could = readable(rows, record)
    assert could.head(3).select(pl.all_horizontal(pl.all())).to_series().all()
    for column in record.columns:
        passing, faulty = rows[column.name].head(3), rows[column.name][3]
        if column.type in ("integer", "number"):
            assert all((column.min or float("-inf")) <= float(v) <= (column.max or float("inf")) for v in passing)
        elif column.categories:
            assert set(passing) <= set(column.categories)
            assert faulty not in column.categories or column.role == "split"
        elif column.max is not None:
            assert all((column.min or 0) <= len(value) <= column.max for value in passing)
    faults = table(rows.with_columns(row=pl.lit("r"), subject=pl.lit("s"), origin=pl.lit(PLANTED)), record)
    assert faults.height == 4


def test_what_comes_through_is_counted() -> None:
    told = MANY[0]
    assert let_through([told], [f"{told.marker} writes", None, "nothing"]) == 0
    assert let_through([told], [f"so {told.email} and {told.card}", told.link]) == 3


def test_every_part_has_its_canaries_and_no_count_has_them(reviews: Workspace) -> None:
    reviews.bring([review(number) for number in range(3)])
    found = reviews.run(ingest)
    reviews.bring([review(number) for number in range(5)], "later.csv")
    later = reviews.run(ingest)
    assert (found.rows, later.rows, later.added) == (3, 5, 2)
    assert len(parts(reviews.raw)) == 2
    planted = planted_rows(reviews.raw)
    assert len(set(planted)) == 2 * PER_PART
    assert reviews.opened().height == 5
    everything = open_rows(reviews.raw, reviews.record, reviews.vault, ACCESS, planted=True)
    assert everything.height == 5 + 2 * PER_PART
    markers = {each.marker for each in canaries(reviews.vault, planted)}
    assert set(everything.filter(pl.col("origin") == PLANTED)["user"]) == markers
    version = describe(reviews.raw)
    assert version is not None
    assert (version[1]["rows"], version[1]["planted"]) == (5, 2 * PER_PART)


def test_a_version_from_before_the_canaries_is_given_some_once(reviews: Workspace) -> None:
    reviews.bring([review(number) for number in range(3)])
    first = reviews.run(ingest)
    for part in parts(reviews.raw):
        metadata = pl.read_parquet_metadata(part)
        rows = pl.read_parquet(part).filter(pl.col("origin") != PLANTED)
        part.chmod(0o644)
        rows.write_parquet(part, metadata={"columns": metadata["columns"]})
    pointer = reviews.path / "data/raw.dvc"
    pointer.write_text(pointer.read_text("utf-8").replace(f"  planted: {PER_PART}\n", ""), "utf-8")
    again = reviews.run(ingest)
    assert (again.added, again.rows) == (0, 3)
    assert again.version != first.version
    assert len(planted_rows(reviews.raw)) == PER_PART
    before = image(reviews.path / "data")
    assert reviews.run(ingest).version == again.version
    assert image(reviews.path / "data") == before
