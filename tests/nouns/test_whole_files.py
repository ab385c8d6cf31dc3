"""What arrives whole and what was cut: no part of a record is ever read as a record."""

import csv
import gzip
import hashlib
import io
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, told, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources import Row, SourceFile, fingerprint, opening, read_rows
from pipelines.sources.columns import MOST_COLUMNS
from pipelines.sources.dialect import Dialect
from pipelines.sources.manifest import refuse_other_content

COLUMNS = ["id", "text", "last"]
# Quotes, separators and line ends inside cells are where a cut is hardest to see.
CELLS = st.one_of(st.text(st.sampled_from('ab",\n\r好 '), max_size=6), st.just(SECRET), st.just("12"))


def table(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL).writerows(
        [COLUMNS, *rows]
    )
    return text.getvalue().encode()


def stored(rows: list[list[str]]) -> list[list[str | None]]:
    return [[cell or None for cell in row] for row in rows]


def accepted(path: Path, content: bytes) -> list[list[str | None]] | None:
    """The rows of a file, None where it is refused; the refusal has three lines, and nobody's value."""
    try:
        return [list(row.values()) for row in read(written(path, content), COLUMNS, COLUMNS)]
    except SourceError as error:
        told(error, path)
        return None


def two_kilobytes() -> list[list[str]]:
    return [[f"{i:03}", f'{SECRET}, "{i}"\n好', "" if i % 3 else f"最后 {i}"] for i in range(60)]


def test_a_csv_cut_at_any_byte_is_accepted_only_where_its_records_are_whole(tmp_path: Path) -> None:
    rows = two_kilobytes()
    whole = table(rows)
    assert len(whole) > 2000
    ends = {len(table(rows[:count])): count for count in range(1, len(rows) + 1)}
    for length in range(len(whole) + 1):
        found = accepted(tmp_path / "a.csv", whole[:length])
        assert found == (stored(rows[: ends[length]]) if length in ends else None)


def test_a_csv_with_its_digest_beside_it_is_accepted_only_when_nothing_is_missing(tmp_path: Path) -> None:
    whole = table(two_kilobytes())
    path = tmp_path / "a.csv"
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  b.csv\n{hashlib.sha256(whole).hexdigest()} *a.csv\n")
    for length in range(len(whole)):
        with pytest.raises(SourceError) as caught:
            refuse_other_content(path, hashlib.sha256(whole[:length]).hexdigest())
        assert told(caught.value, path).endswith("its SHA-256 is another.")
    assert len(fingerprint([SourceFile(written(path, whole), None)])) == 64


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.data(),
)
def test_any_csv_cut_anywhere_gives_whole_records_or_nothing(
    tmp_path: Path, rows: list[list[str]], end: str, data: st.DataObject
) -> None:
    # A lone CR in an unquoted cell is a line end to whoever reads it: the writer has to quote it.
    rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    whole = table(rows, end)
    assert accepted(tmp_path / "a.csv", whole) == stored(rows)
    length = data.draw(st.integers(0, len(whole) - 1))
    found = accepted(tmp_path / "a.csv", whole[:length])
    assert found is None or found == stored(rows[: len(found)])


@pytest.mark.parametrize(
    "content", ["id,text,last\n1,x,1", 'id,text,last\n1,x,"1"', "id,text,last", "id,text,last\n1,x,"]
)
def test_a_last_line_without_its_end_is_refused_by_its_number(tmp_path: Path, content: str) -> None:
    said = refusal(written(tmp_path / "a.csv", content), COLUMNS)
    line = content.count("\n") + 1
    assert said == f"line {line} of a.csv, its last, has no line end: the file may have been cut off."


def as_declared(path: Path, dialect: Dialect) -> list[Row]:
    return list(read_rows(SourceFile(path, None), COLUMNS, COLUMNS, "csv", None, dialect))


def test_a_file_that_is_declared_to_end_so_needs_no_last_line_end(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,text,last\n1,x,1")
    assert as_declared(path, Dialect(final_newline=False)) == [{"id": "1", "text": "x", "last": "1"}]


def test_a_declared_separator_and_header_are_used(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "1;a,b;2\n3;;4\n")
    declared = Dialect(delimiter=";", header=tuple(COLUMNS))
    assert as_declared(path, declared) == [
        {"id": "1", "text": "a,b", "last": "2"},
        {"id": "3", "text": None, "last": "4"},
    ]


def test_a_header_where_a_header_is_declared_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "ID,Text, last\n1,x,1\n")
    with pytest.raises(SourceError) as caught:
        as_declared(path, Dialect(header=tuple(COLUMNS)))
    assert told(caught.value, path).startswith("line 1 of a.csv is a header")


def test_a_row_of_other_length_than_the_declared_header_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"1,{SECRET}\n")
    with pytest.raises(SourceError, match=r"the record on line 1 of a\.csv has 2 fields"):
        as_declared(path, Dialect(header=tuple(COLUMNS)))


@pytest.mark.parametrize("delimiter", ["", "a", "7", " ", ".", "\n", '"', "::\n", "=" * 11])
def test_a_separator_that_is_none_is_refused(delimiter: str) -> None:
    with pytest.raises(SourceError, match="is none that we know"):
        Dialect(delimiter=delimiter)


@pytest.mark.parametrize("header", [("a", "a"), ("a", "")])
def test_a_declared_header_needs_a_name_of_its_own_for_each_column(header: tuple[str, ...]) -> None:
    with pytest.raises(SourceError, match="empty or stands there twice"):
        Dialect(header=header)


@pytest.mark.parametrize("kept", ["{}", "{} *a.csv", "{}  a.csv", "{}  ./a.csv"])
def test_a_digest_in_a_file_of_its_own_is_checked(tmp_path: Path, kept: str) -> None:
    path = written(tmp_path / "a.csv", "id\n1\n")
    (tmp_path / "a.csv.sha256").write_text(kept.format(hashlib.sha256(b"id\n1\n").hexdigest().upper()) + "\n")
    fingerprint([SourceFile(path, None)])
    with pytest.raises(SourceError, match=r"a.csv is not the file that a.csv.sha256 describes"):
        fingerprint([SourceFile(written(path, "id\n1\n2\n"), None)])


@pytest.mark.parametrize(("content", "line"), [("", 1), ("<html>", 1), (f"{'0' * 64}  b\n{SECRET}\n", 2)])
def test_a_digest_that_cannot_be_read_is_no_proof(tmp_path: Path, content: str, line: int) -> None:
    path = written(tmp_path / "a.csv", "id\n1\n")
    (tmp_path / "SHA256SUMS").write_text(content)
    with pytest.raises(SourceError) as caught:
        fingerprint([SourceFile(path, None)])
    assert told(caught.value, path) == f"line {line} of SHA256SUMS is no SHA-256."


def test_digests_of_other_files_say_nothing_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  b.csv\n")
    assert fingerprint([SourceFile(written(tmp_path / "a.csv", "id\n1\n"), None)])


def test_a_packed_file_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    line = b"1," + b"x" * 997 + b"\n"
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as packed:
        packed.write(b"id,text\n")
        for _ in range(opening.ALWAYS_UNPACKED // 1_000_000 + 2):
            packed.write(line * 1000)
    assert refusal(path) == "a.csv.gz unpacks to more than 250 times its size."


def test_a_header_of_more_columns_than_any_record_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ",".join(map(str, range(MOST_COLUMNS + 1))) + "\n1\n")
    assert refusal(path, ["1"]) == "line 1 of a.csv has 20,001 fields."
