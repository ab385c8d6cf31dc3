"""Rows of a query, read-only and streaming; with a watermark, those alone that came since.

A watermark is a column that only grows, as an id or the time of the last change: what was highest is kept with the
data's version, and the next reading begins there. Rows that are equal to it are read again, because later ones may
share it; the row's own keyed name tells which of them are known.
"""

import contextlib
import datetime
import decimal
import hashlib
import sqlite3
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ServerError, SourceError
from pipelines.sources.columns import Row, refuse_missing, refuse_repeated, refuse_unclean
from pipelines.sources.database_urls import url_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TextClause

ROWS_AT_ONCE = 10_000
PLAIN = (str, int, float)


@dataclass(frozen=True)
class Query:
    """What to ask a database, and the column by which later rows are told."""

    text: str
    watermark: str | None = None


@dataclass(frozen=True)
class Asked:
    """What a query will give: the rows from `low` to `high` of its watermark, `count` of them."""

    engine: "Engine"
    query: Query
    low: Any
    high: Any
    count: int


def ask(engine: "Engine", query: Query, recorded: Mapping[str, Any] | None) -> Asked:
    """What `query` will give, above the watermark that was `recorded` for it. Raises SourceError where it fails."""
    low = None if recorded is None else _value(recorded)
    with _reading(engine) as connection:
        if query.watermark is None:
            return Asked(engine, query, None, None, 0)
        column = engine.dialect.identifier_preparer.quote(query.watermark)
        counted = _within(query, f"count(*), count({column}), max({column})")
        if low is not None:
            counted += f" WHERE {column} >= :low OR {column} IS NULL"
        count, present, high = connection.execute(_text(counted), {"low": low} if low is not None else {}).one()
    if count != present:
        raise SourceError(
            f"ingest: {count - present:,} rows have no value in the watermark column {query.watermark!r}.",
            "Expected one in each row: a row without would never be read.",
            "leave those rows out of `ingest.query`, or choose another column.",
        )
    return Asked(engine, query, low, low if high is None else high, count)


def tables_of(engine: "Engine") -> list[str]:
    """The names of the tables and views that are there."""
    import sqlalchemy

    with _reading(engine) as connection:
        there = sqlalchemy.inspect(connection)
        return sorted([*there.get_table_names(), *there.get_view_names()])


def names_of(engine: "Engine", query: Query) -> tuple[str, ...]:
    """The columns that `query` gives. Raises SourceError where two of them have one name."""
    with _reading(engine) as connection:
        names = tuple(connection.execute(_text(_within(query, "*") + " LIMIT 0")).keys())
    refuse_repeated("the query", list(names), names)
    return names


def rows_of(asked: Asked, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield the rows that were asked for, restricted to `columns`, each cell as the one text that its value has."""
    text, bounds = _within(asked.query, "*"), dict[str, Any]()
    if asked.query.watermark is not None:
        if not asked.count and asked.low is not None:
            return  # nothing came since
        column = asked.engine.dialect.identifier_preparer.quote(asked.query.watermark)
        bounds = {"high": asked.high} | ({} if asked.low is None else {"low": asked.low})
        text += f" WHERE {column} <= :high" + (f" AND {column} >= :low" if asked.low is not None else "")
        text += f" ORDER BY {column}"
    with _reading(asked.engine) as connection:
        found = connection.execution_options(stream_results=True).execute(_text(text), bounds)
        names = list(found.keys())
        refuse_repeated("the query", names, columns)
        refuse_missing("the query", names, columns, required)
        places = [names.index(column) if column in names else None for column in columns]
        number = 0
        for batch in found.partitions(ROWS_AT_ONCE):
            for row in batch:
                number += 1
                cells = [None if place is None else row[place] for place in places]
                yield {name: _cell(cell, name, number) for name, cell in zip(columns, cells, strict=True)}
        if not number:
            raise _no_rows()


def watermark_of(asked: Asked, identity: str) -> dict[str, Any] | None:
    """What is kept of a reading: the highest value, its kind, and of which query it is."""
    if asked.query.watermark is None or asked.high is None:
        return None
    value = asked.high
    if isinstance(value, PLAIN) and not isinstance(value, bool):
        kept: dict[str, Any] = {"value": value, "kind": type(value).__name__}
    elif isinstance(value, datetime.date):
        kept = {"value": value.isoformat(), "kind": "time" if isinstance(value, datetime.datetime) else "date"}
    elif isinstance(value, decimal.Decimal):
        kept = {"value": str(value), "kind": "decimal"}
    else:
        raise SourceError(
            f"ingest: the watermark column {asked.query.watermark!r} holds neither numbers, times nor texts.",
            "Expected a column that only grows, as an id or the time of the last change.",
            "choose another `ingest.watermark`.",
        )
    return {"column": asked.query.watermark, **kept, "of": identity}


def identity_of(origin: str, query: Query) -> str:
    """What makes a query the one it is: with another, a watermark means nothing."""
    content = "\0".join([origin, query.text.strip(), query.watermark or ""])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _value(recorded: Mapping[str, Any]) -> Any:
    value, kind = recorded["value"], recorded["kind"]
    if kind == "time":
        return datetime.datetime.fromisoformat(value)
    if kind == "date":
        return datetime.date.fromisoformat(value)
    return decimal.Decimal(value) if kind == "decimal" else value


def _within(query: Query, wanted: str) -> str:
    """A SELECT of `wanted` from the user's own query: where that were no SELECT, this would be no SQL.

    No colon of the user's is taken for a parameter's.
    """
    own = query.text.strip().rstrip(";").rstrip().replace(":", "\\:")
    return f"SELECT {wanted} FROM ({own}\n) AS asked"  # noqa: S608 - the user's own query, on a connection that reads


def _text(query: str) -> "TextClause":
    from sqlalchemy import text

    return text(query)


@contextlib.contextmanager
def _reading(engine: "Engine") -> Iterator["Connection"]:
    """A connection that reads alone; what the database says goes no further, because it may quote rows."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
            yield connection
    except SQLAlchemyError as error:
        raise _failed(error) from None


def _cell(value: Any, name: str, number: int) -> str | None:
    """The one text of a value: 3, 0.5, true, 2026-01-31T12:00:00."""
    match value:
        case None:
            return None
        case str():
            refuse_unclean(f"column {name!r} in row {number} of the query", value)
            return value
        case bool():
            return "true" if value else "false"
        case int() | uuid.UUID():
            return str(value)
        case float():
            return None if value != value else repr(value)
        case decimal.Decimal():
            return format(value, "f")
        case datetime.date() | datetime.time():
            return value.isoformat()
    raise SourceError(
        f"ingest: column {name!r} of the query holds neither text, numbers, times nor booleans.",
        "Expected one plain value in each cell.",
        "let the query turn it into text, or leave the column out.",
    )


def _no_rows() -> SourceError:
    return SourceError(
        "ingest: the query gives no rows.", "Expected at least one row.", "check `ingest.query` against the database."
    )


def _failed(error: Exception) -> SourceError | ServerError:
    from sqlalchemy.exc import InterfaceError, OperationalError

    name = type(getattr(error, "orig", None) or error).__name__
    if isinstance(error, OperationalError | InterfaceError) and not _is_of_query(error):
        return ServerError(
            f"ingest: the database does not answer ({name}).",
            "Expected a database that can be reached, and its password, if it has one, in FLYWHEEL_SOURCE_PASSWORD.",
            "check the URL of the source, and whether the database runs.",
        )
    return SourceError(
        f"ingest: the database refuses `ingest.query` ({name}).",
        "Expected one SELECT, without parameters, that names columns which are there.",
        "try the query in the database's own client.",
    )


def _is_of_query(error: Exception) -> bool:
    """Whether SQLite, which calls everything an operational error, means the query and not the file."""
    said = str(getattr(error, "orig", ""))
    return any(word in said for word in ("no such", "syntax error", "readonly", "incomplete input", "unrecognized"))


def open_engine(source: str, workspace: Path, password: str | None) -> "Engine":
    """The engine of the database at `source`, opened to read; a SQLite file is found from `workspace`.

    Raises SourceError where the URL holds a password, where its file is not there, or where its driver is missing.
    """
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    url = url_of(source)
    if url.get_backend_name() == "sqlite":
        path = workspace / Path(url.database or "").expanduser()
        if not url.database or not path.is_file():
            raise SourceError(
                f"ingest: the database {Path(url.database or 'in memory').name} does not exist.",
                "Expected the file of a SQLite database: sqlite:///relative.db or sqlite:////absolute.db.",
                "check the path; a relative one begins at the workspace.",
            )
        # Opened so, SQLite itself writes nothing, whatever the query says.
        place = f"{path.resolve().as_uri()}?mode=ro"
        return sqlalchemy.create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(place, uri=True), poolclass=NullPool
        )
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sqlalchemy.create_engine(
            url.set(password=password) if password else url, poolclass=NullPool, hide_parameters=True
        )
    except ModuleNotFoundError:
        raise SourceError(
            f"ingest: {url.drivername} cannot be read here: its driver is not installed.",
            "Expected psycopg beside Flywheel, in the same environment.",
            "run `pip install 'flywheel-ml[postgresql]'`.",
        ) from None
