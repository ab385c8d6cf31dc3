"""What a database that nobody has described could be asked, and the rows that it gives."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipelines.arriving import frames_of
from pipelines.errors import SourceError
from pipelines.proposing.folders import Found
from pipelines.record import Column, Record
from pipelines.sources import databases
from pipelines.sources.database_urls import shown_of
from pipelines.sources.databases import Query

if TYPE_CHECKING:
    from sqlalchemy import Engine

FEW = 8  # tables that are told by name


def asked(
    source: str, workspace: Path, password: str | None, query: str | None
) -> tuple[Found, Iterator[pl.DataFrame]]:
    """The rows of `query`, or of the only table there is: as a source with `ingest.query`, and as frames of texts.

    A SQLite file is found from `workspace`. Raises SourceError where several tables could be meant.
    """
    engine = databases.open_engine(source, workspace, password)
    whole = Query(query or f"SELECT * FROM {_only_table(engine, source)}")  # noqa: S608 - a name quoted by its dialect
    names = databases.names_of(engine, whole)
    record = Record("inspected", tuple(Column(name, "text", required=False) for name in names))
    rows = databases.rows_of(databases.ask(engine, whole, None), names, ())
    place = Path(shown_of(source).rpartition("/")[2])
    return Found(place, names, (), {"query": whole.text}), frames_of(rows, record)


def _only_table(engine: "Engine", source: str) -> str:
    tables = databases.tables_of(engine)
    if len(tables) == 1:
        return engine.dialect.identifier_preparer.quote_identifier(tables[0])
    there = ", ".join(tables[:FEW]) + (f" and {len(tables) - FEW} more" if len(tables) > FEW else "")
    raise SourceError(
        f"inspect: {shown_of(source)} has {len(tables) or 'no'} tables{': ' * bool(tables)}{there}.",
        "Expected one table, or a query that says which rows to read.",
        "name them by `--query 'SELECT * FROM …'`; in `flywheel new`, by `--set ingest.query='SELECT * FROM …'`.",
    )
