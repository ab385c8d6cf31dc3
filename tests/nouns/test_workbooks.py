"""Excel workbooks: the rows that a CSV of the same cells gives, under titles, on several sheets; or a refusal."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from arriving import SECRET, read, refusal, told, written
from books import Rows, book
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources import Row, SourceFile, find_files, read_rows
from pipelines.sources.dialect import Dialect
from pipelines.sources.zipped import MOST_CELLS

REVIEWS: Rows = [["id", "text", "mood"], *([n, f"{SECRET} was here {n}", "good"] for n in range(3))]

# What a sheet cannot hold is not asked of it: control characters, and blanks at the ends, which Excel itself marks.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(LETTERS, min_size=1).map(str.strip).filter(lambda text: text and not text.startswith("="))
CELLS = st.none() | TEXTS | st.integers(-(10**14), 10**14)


def reading(path: Path, columns: list[str], dialect: Dialect, required: Sequence[str] = ()) -> list[Row]:
    return list(read_rows(SourceFile(path, None), columns, required, None, None, dialect))


def refused(path: Path, columns: list[str], dialect: Dialect) -> str:
    """The first line of the refusal, which shows no cell."""
    with pytest.raises(SourceError) as caught:
        reading(path, columns, dialect, columns)
    return told(caught.value, path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_a_sheet_gives_the_rows_that_a_csv_of_its_cells_gives(tmp_path: Path, cells: list[tuple[Any, Any]]) -> None:
    cells = [*cells, ("x", None)]
    table = io.StringIO()
    csv.writer(table).writerows([("a", "b"), *(row for row in cells if row != (None, None))])
    expected = read(written(tmp_path / "a.csv", table.getvalue()), ["a", "b"])
    assert read(book(tmp_path / "a.xlsx", {"S": [("a", "b"), *cells]}), ["a", "b"]) == expected


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (-2.5e-7, "-2.5e-07"),
        (1e300, "1e+300"),
        (110101199003071234, "1.101011990030712e+17"),
        ("007", "007"),
        (True, "true"),
        (datetime(2024, 5, 6, 7, 8, 9), "2024-05-06 07:08:09"),
        (date(2024, 5, 6), "2024-05-06"),
        (time(7, 8, 9), "07:08:09"),
        (timedelta(hours=26, minutes=3), "26:03:00"),
        ("#N/A", None),
        ("", None),
    ],
)
def test_each_kind_of_cell_has_one_text(tmp_path: Path, cell: object, text: str | None) -> None:
    path = book(tmp_path / "a.xlsx", {"S": [["id", "cell"], ["x", cell]]})
    assert read(path, ["id", "cell"]) == [{"id": "x", "cell": text}]


def test_titles_above_the_header_and_blank_rows_are_no_rows(tmp_path: Path) -> None:
    rows = [["Reviews of May"], [], [None, "made by", SECRET], *REVIEWS[:2], [], *REVIEWS[2:], []]
    path = book(tmp_path / "a.xlsx", {"S": rows}, lambda made: made["S"].merge_cells("A1:C1"))
    assert read(path, ["text", "id"]) == read(book(tmp_path / "b.xlsx", {"S": REVIEWS}), ["text", "id"])


def test_a_table_that_begins_elsewhere_is_found(tmp_path: Path) -> None:
    shifted = [[None, None, *row] for row in REVIEWS]
    path = book(tmp_path / "a.xlsx", {"S": [[], [], *shifted]}, lambda made: made["S"].merge_cells("E4:E6"))
    assert [row["mood"] for row in read(path, ["id", "mood"], ["id", "mood"])] == ["good"] * 3


def test_a_label_merged_over_rows_is_that_of_each(tmp_path: Path) -> None:
    rows = [["mood", "text"], ["good", "a"], [None, "b"], [None, "c"], ["bad", "d"], [None, "e"], [None, None]]

    def merge(made: Any) -> None:
        for area in ("A2:A4", "A5:A6"):
            made["S"].merge_cells(area)

    found = read(book(tmp_path / "a.xlsx", {"S": rows}, merge), ["mood", "text"])
    assert [(row["mood"], row["text"]) for row in found] == [
        ("good", "a"),
        ("good", "b"),
        ("good", "c"),
        ("bad", "d"),
        ("bad", "e"),
    ]


def test_visible_sheets_are_read_in_their_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    def hide(made: Any) -> None:
        made["old"].sheet_state = "hidden"
        made.create_sheet("empty")
        made.create_chartsheet("picture")

    months = {"May": [["id"], [1]], "old": [["id"], [9]], "June": [["id"], [2]]}
    path = book(tmp_path / "a.xlsx", months, hide)
    assert read(path, ["id"]) == [{"id": "1"}, {"id": "2"}]
    assert reading(path, ["id"], Dialect(sheets=("old",))) == [{"id": "9"}]
    assert reading(path, ["id"], Dialect(sheets=("J*", "May"))) == [{"id": "1"}, {"id": "2"}]
    assert refused(path, ["id"], Dialect(sheets=("July",))) == "a.xlsx has no sheet 'July'."


def test_a_sheet_without_the_columns_is_refused_until_sheets_are_named(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"Notes": [["who wrote this"], [SECRET]], "Rows": REVIEWS})
    assert (
        refusal(path, ["id", "text"], ["id", "text"])
        == "columns 'id', 'text' are missing from sheet 'Notes' of a.xlsx."
    )
    assert len(reading(path, ["id", "text"], Dialect(sheets=("Rows",)))) == 3


def test_columns_without_a_header_are_named_in_order(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"S": [[5, "a"], [6, "b"]]})
    named = Dialect(header=("stars", "text"))
    assert reading(path, ["text", "stars"], named) == [{"text": "a", "stars": "5"}, {"text": "b", "stars": "6"}]
    assert "more cells than `ingest.header` names" in refused(path, ["stars"], Dialect(header=("stars",)))
    path = book(tmp_path / "b.xlsx", {"S": [["stars", "text"], [6, "b"]]})
    assert "is a header" in refused(path, ["text"], named)


def test_a_workbook_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = book(tmp_path / "whole.xlsx", {"S": REVIEWS}).read_bytes()
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        assert refusal(written(tmp_path / "a.xlsx", whole[:length])).startswith("a.xlsx is ")


def test_a_workbook_with_altered_bytes_is_read_as_it_was_or_refused(tmp_path: Path) -> None:
    """In parts that are not packed a digit may be changed without a trace, but for the checksum."""
    path = book(tmp_path / "whole.xlsx", {"S": REVIEWS})
    plain = io.BytesIO()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(plain, "w") as archive:
        for part in packed.infolist():
            archive.writestr(part.filename, packed.read(part))
    whole, columns = plain.getvalue(), ["id", "text", "mood"]
    expected = read(written(tmp_path / "a.xlsx", whole), columns)
    refusals = 0
    for place in range(0, len(whole), 29):
        altered = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        try:
            assert read(written(tmp_path / "a.xlsx", altered), columns) == expected
        except SourceError:
            refusals += 1
    assert refusals > 100


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"", "a.xlsx is empty."),
        ("a.xlsx", b"id,text\n1,x\n", "a.xlsx is not an Excel workbook."),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "a.xlsx is an old Excel workbook (.xls), or one with a password."),
        ("a.xlsx.gz", b"\x1f\x8b\x08", "a.xlsx.gz is a packed workbook."),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    if name.endswith(".gz"):
        import gzip

        content = gzip.compress(book(tmp_path / "b.xlsx", {"S": REVIEWS}).read_bytes())
    path = written(tmp_path / name, content)
    with pytest.raises(SourceError) as caught:
        list(read_rows(SourceFile(path, None), ["id"], [], "excel", None))
    assert told(caught.value, path) == said


def zipped(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return path


def test_an_archive_that_is_none_and_one_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path / "a.xlsx", data=b"id\n1\n")) == "a.xlsx is a ZIP archive, and no Excel workbook."
    bomb = zipped(tmp_path / "b.xlsx", xl__workbook_xml=bytes(101_000_000))
    assert refusal(bomb) == "b.xlsx unpacks to more than 250 times its size."
    corner = book(tmp_path / "c.xlsx", {"S": REVIEWS}, lambda made: made["S"].cell(1_048_576, 16_384, "stray"))
    assert MOST_CELLS < 1_048_576 * 16_384
    assert refusal(corner) == "a sheet of c.xlsx reaches to XFD1048576."


def test_a_workbook_without_rows_and_one_with_two_columns_of_a_name_are_refused(tmp_path: Path) -> None:
    assert refusal(book(tmp_path / "a.xlsx", {"S": []})) == "a.xlsx has no rows."
    assert refusal(book(tmp_path / "b.xlsx", {"S": REVIEWS[:1]})) == "b.xlsx has no rows."
    twice = book(tmp_path / "c.xlsx", {"S": [["id", "id"], [1, 2]]})
    assert refusal(twice, ["id"]) == "sheet 'S' of c.xlsx has more than one column named 'id'."


def test_workbooks_in_a_folder_are_data(tmp_path: Path) -> None:
    book(tmp_path / "a.xlsx", {"S": REVIEWS})
    book(tmp_path / "~$a.xlsx", {"S": REVIEWS})
    assert [file.path.name for file in find_files(tmp_path, None, None)] == ["a.xlsx"]
