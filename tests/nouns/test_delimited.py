"""CSV and TSV: cells stay exactly as they stand, and what is not whole is refused."""

import csv
import io
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, written
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources import SourceFile, read_frames
from pipelines.sources.columns import LONGEST_CELL
from pipelines.sources.delimited import RECORDS_AT_ONCE

# All text that UTF-8 can hold, except NUL, which is refused.
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    st.sampled_from(["NA", "null", "None", "007", "1e5", '"', '""', ",", "a\nb", "a\r\nb", "\r", "味道，好", " x "]),
)


def test_cells_stay_as_they_stand_and_empty_ones_are_none(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'id,text,more\n007,NA,\n1e5," null ",x\n,"",y\n')
    assert read(path, ["more", "id", "text"]) == [
        {"more": None, "id": "007", "text": "NA"},
        {"more": "x", "id": "1e5", "text": " null "},
        {"more": "y", "id": None, "text": None},
    ]


def test_rows_have_the_columns_asked_for_in_that_order(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "c,b,a\n1,2,3\n")
    assert [list(row.items()) for row in read(path, ["a", "d", "c"])] == [[("a", "3"), ("d", None), ("c", "1")]]
    assert read(path, ["b"]) == [{"b": "2"}]
    assert read(path, []) == [{}]


def test_spaces_around_names_of_the_header_are_stripped_but_not_those_of_cells(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.csv", "id, text \n1, x \n"), ["text"], ["text"]) == [{"text": " x "}]


def test_columns_without_a_name_are_nobody_s(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,text,,\n1,x,note,\n2,y,,\n")
    assert read(path, ["id", "text"], ["text"]) == [{"id": "1", "text": "x"}, {"id": "2", "text": "y"}]


def test_a_tsv_file_is_separated_by_tabs(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.tsv", "id\ttext\n1\ta,b\n"), ["text"]) == [{"text": "a,b"}]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1), st.sampled_from(["\n", "\r\n", "\r"]))
@example([["\x85", "\u2028", "\x1c\x0b\x0c"]], "\n")
def test_what_a_csv_writer_wrote_is_read_back_exactly(tmp_path: Path, rows: list[list[str]], end: str) -> None:
    text = io.StringIO(newline="")
    # The writer leaves line ends other than its own unquoted, unless it is told to quote all cells.
    quoting = csv.QUOTE_MINIMAL if end == "\r\n" else csv.QUOTE_ALL
    csv.writer(text, lineterminator=end, quoting=quoting).writerows([["a", "b", "c"], *rows])
    path = written(tmp_path / "a.csv", text.getvalue())
    expected = [{name: cell or None for name, cell in zip("abc", row, strict=True)} for row in rows]
    assert read(path, ["a", "b", "c"]) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv is empty."),
        ("\ufeff", "a.csv is empty."),
        ("\nid,text\n1,x\n", "line 1 of a.csv is blank."),
        ("id,text\n", "a.csv has no rows."),
        ("id,text\n\n\n", "a.csv has no rows."),
        (f"id,text\n{SECRET}\n1,x\n", "the record on line 2 of a.csv has 1 field."),
        (f"id,text\n1,x\n2,{SECRET},z\n3,x\n", "the record on line 3 of a.csv has 3 fields."),
        (f'id,text\n1,"a\nb\nc"\n2,{SECRET},z\n', "the record on line 5 of a.csv has 3 fields."),
        (f"id,text\n1,x\n{SECRET}", "the record on line 3 of a.csv has 1 field."),
        (f"id,text\n1,x\n\n2,{SECRET}\n", "line 3 of a.csv is blank, with more lines below it."),
        (f"id,text\r\r\n1,{SECRET}\r\r\n", "line 2 of a.csv is blank, with more lines below it."),
        (f'id,text\n1,x\n2,"{SECRET}\n3,x\n', "a quote in the record on line 3 of a.csv is never closed."),
        (f'"id,text\n1,{SECRET}\n', "a quote in the record on line 1 of a.csv is never closed."),
        (
            f'id,text\n1,"x"{SECRET}\n',
            "a quoted cell of the record on line 2 of a.csv goes on behind its closing quote.",
        ),
        (f"id;text\n1;{SECRET}\n", "the columns of a.csv are separated by semicolons."),
        (f"id\ttext\n1\t{SECRET}\n", "the columns of a.csv are separated by tabs."),
    ],
)
def test_what_is_not_whole_is_refused_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    assert refusal(written(tmp_path / "a.csv", content), required=["id"]) == said


def test_a_short_record_is_told_how_many_fields_the_header_has(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Expected the 3 of the header"):
        read(written(tmp_path / "a.csv", "a,b,c\n1,2\n"), ["a"])


@pytest.mark.parametrize("end", ["\n", "\n\n", "\r\n\r\n\r\n"])
def test_blank_lines_may_stand_below_the_last_record(tmp_path: Path, end: str) -> None:
    assert read(written(tmp_path / "a.csv", "id,text\n1,x" + end), ["text"]) == [{"text": "x"}]


def test_a_name_that_stands_twice_in_the_header_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"id,text, text\n1,{SECRET},x\n")
    assert refusal(path) == "a.csv has more than one column named 'text'."


def test_the_values_of_a_file_without_a_header_are_not_told_as_its_names(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f"{SECRET},1,{SECRET}\n{SECRET},2,x\n")
    assert refusal(path) == "a.csv has more than one column of the same name: at positions 1, 3."
    path = written(tmp_path / "a.csv", f"{SECRET},1\n{SECRET},2\n")
    assert refusal(path, ["Mallory"], ["Mallory"]) == "column 'Mallory' is missing from a.csv."


def test_a_missing_column_is_told_with_the_nearest_name_there(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", f"id,ratings\n1,{SECRET}\n")
    with pytest.raises(SourceError) as caught:
        read(path, ["id", "rating", "note"], ["id", "rating"])
    assert str(caught.value).split("\n") == [
        "ingest: column 'rating' is missing from reviews.csv.",
        "Expected the 3 columns of `record` in params.yaml; found 1 of them (closest name there: 'ratings').",
        "Fix: add the column to the source, or mark it `required: false` in `record`.",
    ]


def test_a_name_in_other_letter_case_is_the_nearest_even_where_no_other_column_is_known(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"found none of them .closest name there: 'TEXT'"):
        read(written(tmp_path / "a.csv", "TEXT,ID\nx,1\n"), ["text"], ["text"])


def test_many_missing_columns_are_named_up_to_five(tmp_path: Path) -> None:
    wanted = [f"c{i}" for i in range(9)]
    said = refusal(written(tmp_path / "a.csv", "x\n1\n"), wanted, wanted)
    assert said == "columns 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more are missing from a.csv."


def test_a_cell_may_be_ten_million_characters_long_and_no_longer(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,text\n1," + "x" * LONGEST_CELL + "\n")
    assert len(read(path, ["text"])[0]["text"] or "") == LONGEST_CELL
    path = written(tmp_path / "a.csv", "id,text\n1," + "x" * (LONGEST_CELL + 1) + "\n")
    assert refusal(path) == "a cell on line 2 of a.csv has more than 10,000,000 characters."


def frame_rows(path: Path, columns: list[str]) -> list[dict[str, str | None]]:
    """The rows of one file, read as frames."""
    return [row for frame in read_frames(SourceFile(path, None), columns, (), None, None) for row in frame.to_dicts()]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_frames_hold_the_rows_that_are_read_one_by_one(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    content = io.StringIO(newline="")
    csv.writer(content, quoting=csv.QUOTE_ALL).writerows([("id", "text"), *rows])
    path = written(tmp_path / "a.csv", content.getvalue())
    assert frame_rows(path, ["text", "more", "id"]) == read(path, ["text", "more", "id"])


@pytest.mark.parametrize("quoted", ["7", '"7\n8"'])
def test_frames_may_have_more_columns_than_polars_takes_at_a_time(tmp_path: Path, quoted: str) -> None:
    names = [f"f{number}" for number in range(1200)]
    cells = [quoted, *(str(number) for number in range(1, 1200))]
    path = written(tmp_path / "a.csv", f"{','.join(names)}\n{','.join(cells)}\n")
    assert frame_rows(path, names) == read(path, names)


@pytest.mark.parametrize("faulty", [0, 1, RECORDS_AT_ONCE - 1, RECORDS_AT_ONCE, 2 * RECORDS_AT_ONCE + 7])
@pytest.mark.parametrize(("fault", "said"), [("a,b,c", "has 3 fields"), ('a,"b"x', "behind its closing quote")])
def test_a_fault_is_told_by_its_line_wherever_it_stands(tmp_path: Path, faulty: int, fault: str, said: str) -> None:
    """Every third record stands on two lines."""
    records = ['one,"two\nlines"' if number % 3 == 0 else "one,two" for number in range(3 * RECORDS_AT_ONCE)]
    records[faulty] = fault
    line = 2 + sum(1 + record.count("\n") for record in records[:faulty])
    message = refusal(written(tmp_path / "a.csv", "\n".join(["id,text", *records]) + "\n"))
    assert f"line {line} of" in message
    assert said in message


@pytest.mark.parametrize("below", ["", "\n\n", "\none,two\n"])
def test_a_blank_line_is_told_by_its_line_unless_it_ends_the_file(tmp_path: Path, below: str) -> None:
    records = ['one,"two\nlines"'] * (RECORDS_AT_ONCE + 3)
    path = written(tmp_path / "a.csv", "\n".join(["id,text", *records]) + "\n\n" + below)
    if below.strip():
        assert f"line {2 + 2 * len(records)} of a.csv is blank" in refusal(path)
    else:
        assert len(frame_rows(path, ["id"])) == len(records)
