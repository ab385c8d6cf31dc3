"""Rows of a query: read-only, streaming, from the watermark on, and never a password or a row in what is told."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from workspaces import lines

from pipelines.arriving import Arriving, Sample, find_source
from pipelines.errors import FlywheelError, ServerError, SourceError
from pipelines.record import parse_record
from pipelines.sources.database_urls import shown_of
from pipelines.sources.databases import Asked, Query, open_engine, watermark_of
from pipelines.sources.fetching import Reach

RECORD = parse_record(
    {
        "name": "r",
        "columns": {
            "text": {"type": "text", "role": "text"},
            "mood": {"type": "category", "role": "label"},
            "score": {"type": "number", "required": False},
        },
    }
)
SECRET = "Mallory-0815"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "my reviews.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(
            "CREATE TABLE reviews (id INTEGER PRIMARY KEY, text TEXT, mood TEXT, score REAL, at TEXT, blob BLOB)"
        )
        made.executemany(
            "INSERT INTO reviews (text, mood, score, at) VALUES (?, ?, ?, ?)",
            [(f"text {n}", "good", n / 2, f"2026-03-0{n}") for n in range(1, 4)],
        )
    return path


def add(database: Path, *rows: Sequence[object]) -> None:
    with closing(sqlite3.connect(database)) as there, there:
        there.executemany("INSERT INTO reviews (text, mood, score, at) VALUES (?, ?, ?, ?)", rows)


def find(
    database: Path, query: str = "SELECT * FROM reviews", watermark: str | None = None, **more: object
) -> Arriving:
    source = f"sqlite:///{database.name}"
    asked = Query(query, watermark)
    return find_source(database.parent, source, Sample(), None, None, None, query=asked, **more)  # type: ignore[arg-type]


def rows(found: Arriving) -> list[tuple[str | None, ...]]:
    return [row for frame in found.frames(RECORD) for row in frame.iter_rows()]


def refused(find_it: object) -> FlywheelError:
    with pytest.raises(FlywheelError) as caught:
        rows(find_it())  # type: ignore[operator]
    assert SECRET not in "\n".join(lines(caught.value))
    return caught.value


def test_a_query_gives_the_columns_of_the_record_as_text(database: Path) -> None:
    add(database, (None, "bad", None, None))
    assert rows(find(database)) == [
        ("text 1", "good", "0.5"),
        ("text 2", "good", "1.0"),
        ("text 3", "good", "1.5"),
        (None, "bad", None),
    ]


def test_a_watermark_reads_what_came_since_and_what_shares_it(database: Path) -> None:
    first = find(database, watermark="at")
    assert [row[0] for row in rows(first)] == ["text 1", "text 2", "text 3"]
    kept = first.provenance["watermark"]
    assert (kept["column"], kept["value"], kept["kind"]) == ("at", "2026-03-03", "str")
    add(database, ("late", "bad", 1, "2026-03-03"), ("new", "bad", 1, "2026-03-09"), ("old", "bad", 1, "2026-01-01"))
    then = find(database, watermark="at", before=first.provenance)
    assert [row[0] for row in rows(then)] == ["text 3", "late", "new"]
    assert then.content != first.content
    assert find(database, watermark="at", before=then.provenance).provenance == then.provenance


def test_a_watermark_counts_for_its_own_query_alone(database: Path) -> None:
    first = find(database, watermark="id")
    other = find(database, "SELECT * FROM reviews WHERE score < 9", "id", before=first.provenance)
    assert len(rows(other)) == 3
    assert len(rows(find(database, watermark="at", before=first.provenance))) == 3


def test_an_unchanged_table_has_the_content_that_it_had(database: Path) -> None:
    first = find(database, watermark="id")
    second = find(database, watermark="id", before=first.provenance)
    assert find(database, watermark="id", before=second.provenance).content == second.content
    assert find(database).content != find(database).content, "without a watermark nothing but reading tells"


def test_no_rows_at_first_is_a_mistake_and_none_since_is_not(database: Path) -> None:
    assert "gives no rows" in str(refused(lambda: find(database, "SELECT * FROM reviews WHERE id > 99")))
    assert "gives no rows" in str(refused(lambda: find(database, "SELECT * FROM reviews WHERE id > 99", "id")))
    first = find(database, watermark="id")
    with closing(sqlite3.connect(database)) as there, there:
        there.execute("DELETE FROM reviews")
    then = find(database, watermark="id", before=first.provenance)
    assert rows(then) == []
    assert then.provenance["watermark"] == first.provenance["watermark"]


def test_a_row_without_a_watermark_would_never_be_read_and_is_told(database: Path) -> None:
    add(database, ("x", "bad", 1, None))
    assert "1 rows have no value in the watermark column 'at'" in str(refused(lambda: find(database, watermark="at")))


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM reviews",
        "UPDATE reviews SET text = 'x'",
        "DROP TABLE reviews",
        "INSERT INTO reviews (text) VALUES ('x') RETURNING *",
        "SELECT * FROM reviews; DELETE FROM reviews",
        "ATTACH DATABASE 'other.db' AS other",
        "PRAGMA journal_mode = DELETE",
        "SELECT 'Mallory-0815' AS text FROM nowhere",
        "SELECT Mallory-0815 FROM reviews",
        "",
    ],
)
def test_what_is_no_plain_select_changes_nothing_and_is_not_repeated(database: Path, query: str) -> None:
    before = database.read_bytes()
    assert isinstance(refused(lambda: find(database, query)), SourceError)
    assert database.read_bytes() == before
    assert not (database.parent / "other.db").exists()


def test_a_query_may_hold_colons_percents_quotes_and_a_comment(database: Path) -> None:
    query = "SELECT ':x %s \"a\" 10:30' AS text, mood, score FROM reviews WHERE text LIKE '%1' ; "
    assert rows(find(database, query)) == [(':x %s "a" 10:30', "good", "0.5")]
    assert len(rows(find(database, "SELECT * FROM reviews -- all of them"))) == 3


def test_a_column_of_bytes_a_missing_one_and_one_named_twice_are_refused(database: Path) -> None:
    assert "column 'score' of the query" in str(
        refused(lambda: find(database, "SELECT text, mood, x'00' AS score FROM reviews"))
    )
    assert "'mood' is missing" in str(refused(lambda: find(database, "SELECT text FROM reviews")))
    nul = "SELECT text, 'Mallory-0815' || char(0) AS mood FROM reviews"
    assert "NUL" in str(refused(lambda: find(database, nul)))


def test_a_watermark_tells_nothing_of_a_person(database: Path) -> None:
    people = parse_record(
        {
            "name": "r",
            "columns": {
                "text": {"type": "text", "role": "text", "privacy": "free_text"},
                "mood": {"type": "category", "role": "label"},
                "at": {"type": "time", "privacy": "quasi"},
            },
        }
    )
    for watermark in ("text", "at"):
        with pytest.raises(SourceError, match="tells something about a person"):
            list(find(database, watermark=watermark).frames(people))


def test_a_file_that_is_no_database_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text(f"{SECRET}\n" * 100, "utf-8")
    assert isinstance(refused(lambda: find(tmp_path / "text.db")), SourceError)
    assert "does not exist" in str(refused(lambda: find(tmp_path / "gone.db")))
    assert not (tmp_path / "gone.db").exists(), "SQLite makes a database of whatever is opened to write"


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://me:Mallory-0815@db.example/reviews",
        "postgresql://db.example/reviews?password=Mallory-0815",
        "postgresql+psycopg://me:Mallory-0815@db.example:5432/reviews",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(source: str, tmp_path: Path) -> None:
    query = Query("SELECT 1")
    error = refused(lambda: find_source(tmp_path, source, Sample(), None, None, None, query=query))
    assert "FLYWHEEL_SOURCE_PASSWORD" in str(error)


def test_a_password_from_the_environment_is_written_nowhere(tmp_path: Path) -> None:
    source = "postgresql://me@127.0.0.1:1/reviews"
    assert shown_of(source) == "postgresql://127.0.0.1:1/reviews"
    if find_spec("psycopg") is None:
        with pytest.raises(SourceError, match="psycopg"):
            open_engine(source, tmp_path, SECRET)
        pytest.skip("psycopg, which the rest of this test asks, is not installed")
    assert SECRET not in repr(open_engine(source, tmp_path, SECRET))
    query = Query("SELECT 1")
    reach = Reach(password=SECRET)
    error = refused(lambda: find_source(tmp_path, source, Sample(), None, None, None, query=query, reach=reach))
    assert isinstance(error, ServerError)


def test_a_database_without_a_query_says_what_is_missing(database: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.query"):
        find_source(database.parent, f"sqlite:///{database.name}", Sample(), None, None, None)


def test_a_watermark_of_a_kind_that_does_not_grow_is_refused(database: Path) -> None:
    engine = open_engine(f"sqlite:///{database}", Path(), None)
    with pytest.raises(SourceError, match="neither numbers, times nor texts"):
        watermark_of(Asked(engine, Query("", "blob"), None, b"x", 1), "id")
