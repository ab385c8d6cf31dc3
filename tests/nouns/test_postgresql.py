"""The same questions to a real PostgreSQL, where one is named: FLYWHEEL_TEST_POSTGRESQL=postgresql://user@host/database.

Its password, if it has one, in PGPASSWORD.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.arriving import Arriving, Sample, find_source
from pipelines.errors import SourceError
from pipelines.record import parse_record
from pipelines.sources.databases import Query, open_engine

SOURCE = os.environ.get("FLYWHEEL_TEST_POSTGRESQL", "")
pytestmark = pytest.mark.skipif(not SOURCE, reason="FLYWHEEL_TEST_POSTGRESQL names no server")

KINDS = {"text": "text", "mood": "category", "score": "number", "at": "time", "ok": "boolean"}
ROLES = {"text": "text", "mood": "label"}
RECORD = parse_record(
    {"name": "r", "columns": {name: {"type": kind, "role": ROLES.get(name)} for name, kind in KINDS.items()}}
)


@pytest.fixture
def table() -> Iterator[str]:
    """A table of three rows, gone afterwards."""
    import sqlalchemy as sql

    engine = open_engine(SOURCE, Path(), None)
    with engine.begin() as there:
        there.execute(sql.text("DROP TABLE IF EXISTS flywheel_test"))
        there.execute(
            sql.text(
                "CREATE TABLE flywheel_test AS SELECT n AS id, 'text ' || n AS text, 'good' AS mood, n / 4.0 AS score, "
                "timestamptz '2026-01-01 00:00+00' + n * interval '1 second' AS at, true AS ok, '{}'::jsonb AS more "
                "FROM generate_series(1, 3) n"
            )
        )
    yield "flywheel_test"
    with engine.begin() as there:
        there.execute(sql.text("DROP TABLE flywheel_test"))


def find(query: str, watermark: str | None = None, before: dict[str, object] | None = None) -> Arriving:
    return find_source(Path(), SOURCE, Sample(), None, None, None, query=Query(query, watermark), before=before)


def rows(found: Arriving) -> list[tuple[str, ...]]:
    return [row for frame in found.frames(RECORD) for row in frame.iter_rows()]


@pytest.mark.parametrize("watermark", ["id", "at", "score"])
def test_rows_come_as_text_and_from_the_watermark_on(table: str, watermark: str) -> None:
    first = find(f"SELECT * FROM {table} WHERE text::text LIKE 'text %'", watermark)  # noqa: S608
    assert rows(first)[0][:2] == ("text 1", "good")
    assert rows(first)[0][3:] == ("2026-01-01T00:00:01+00:00", "true")
    again = find(f"SELECT * FROM {table} WHERE text::text LIKE 'text %'", watermark, first.provenance)  # noqa: S608
    assert [row[0] for row in rows(again)] == ["text 3"]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM flywheel_test RETURNING *",
        "WITH gone AS (DELETE FROM flywheel_test RETURNING *) SELECT * FROM gone",
        "SELECT setval('flywheel_none', 1) AS text",
        "SELECT * FROM flywheel_test; DROP TABLE flywheel_test",
    ],
)
def test_nothing_is_written(table: str, query: str) -> None:
    with pytest.raises(SourceError):
        rows(find(query))
    assert len(rows(find(f"SELECT * FROM {table}"))) == 3  # noqa: S608


def test_whoever_writes_into_the_chain_at_once_stands_in_it_one_after_another() -> None:
    from concurrent.futures import ThreadPoolExecutor

    import sqlalchemy as sql

    from pipelines.ledger import Ledger, entries

    ledger = Ledger(SOURCE)
    with ledger.engine.begin() as connection:
        connection.execute(entries.delete())
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: ledger.append("test", {"number": number}), range(120)))
    assert ledger.verify() is None
    with ledger.engine.begin() as connection:
        assert connection.execute(sql.select(sql.func.count()).select_from(entries)).scalar() == 120
        connection.execute(entries.delete())
