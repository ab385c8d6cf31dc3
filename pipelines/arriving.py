"""A source by its name in params.yaml: where it comes from, what tells its content apart, and its rows as text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import SourceError
from pipelines.record import Record
from pipelines.sample import reviews
from pipelines.sources import SourceFile, find_files, fingerprint, read_rows
from pipelines.sources.columns import Row
from pipelines.sources.dialect import USUAL, Dialect

SAMPLE = "sample"
# Enough rows that the cost of a frame does not count, few enough that long texts fit into the memory.
ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Sample:
    """How much of the embedded synthetic sample to generate."""

    rows: int = 6000
    seed: int = 7


@dataclass(frozen=True)
class Arriving:
    """A source, found but not read yet.

    `content` changes whenever its rows may; `frames` gives them as texts, in the order and with the columns of the
    record.
    """

    provenance: dict[str, Any]
    content: str
    frames: Callable[[Record], Iterator[pl.DataFrame]]


def find_source(
    workspace: Path,
    source: str,
    sample: Sample,
    files: Mapping[str, str] | None,
    format: str | None,
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Arriving:
    """The source that `ingest` of params.yaml names. Raises SourceError where it is not there."""
    if source == SAMPLE:
        return Arriving(
            {"source": "sample (synthetic)", "sample": asdict(sample)},
            repr(sample),
            lambda record: frames_of(reviews(sample.rows, sample.seed), record),
        )
    if "://" in source:
        raise SourceError(
            "ingest: the source is a URL, which is not read yet.",
            "Expected a file or a folder (CSV, TSV, JSON Lines, Parquet), or `sample`.",
            "download it, and set `ingest.source` in params.yaml to where it lies.",
        )
    found = find_files(workspace / Path(source).expanduser(), files, format)
    sha256 = fingerprint(found)
    return Arriving(
        {"source": Path(source).name, "files": [f.path.name for f in found], "sha256": sha256},
        repr((sha256, [file.split for file in found], format, encoding, dialect)),
        lambda record: (frame for file in found for frame in _read_file(file, record, format, encoding, dialect)),
    )


def frames_of(rows: Iterable[Mapping[str, str | None]], record: Record) -> Iterator[pl.DataFrame]:
    """Rows as frames of texts, with the columns of `record`."""
    left = iter(rows)
    while batch := list(islice(left, ROWS_AT_ONCE)):
        yield pl.DataFrame(
            {name: [row[name] for row in batch] for name in record.names}, dict.fromkeys(record.names, pl.String)
        )


def _read_file(
    file: SourceFile, record: Record, format: str | None, encoding: str | None, dialect: Dialect
) -> Iterator[pl.DataFrame]:
    split = record.with_role("split")
    given_by_file = split is not None and file.split is not None
    columns = [name for name in record.names if not (given_by_file and split and name == split.name)]
    required = {column.name for column in record.columns if column.required} & set(columns)
    rows: Iterable[Row] = read_rows(file, columns, required, format, encoding, dialect)
    if given_by_file and split:
        rows = ({**row, split.name: file.split} for row in rows)
    return frames_of(rows, record)
