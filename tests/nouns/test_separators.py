"""Separators that CSV has not: of several characters, control characters, and blanks that align columns."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from arriving import SECRET, told, written
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from proposed import chinese, look, made, roles

from pipelines.errors import SourceError
from pipelines.proposing.proposal import Proposal
from pipelines.sources import Row, SourceFile, read_frames, read_rows
from pipelines.sources.dialect import Dialect
from pipelines.sources.separators import UNIT, WHITESPACE

LONG = ("_!_", "::", "||", " +++$+++ ", "\x01", "^", "\t\t")
# None of them holds a part of any separator, nor what ends a line.
CELLS = st.text(st.characters(categories=["L", "N", "Pd", "Ps"], include_characters='",;.'), max_size=9)


def as_declared(path: Path, delimiter: str, columns: Sequence[str], *, quotes: bool = True) -> list[Row]:
    """The rows of a file, read one by one and as frames, which must be the same."""
    declared = Dialect(delimiter, tuple(columns), quotes)
    file = SourceFile(path, None)
    rows = list(read_rows(file, columns, (), "csv", None, declared))
    assert [row for frame in read_frames(file, columns, (), "csv", None, declared) for row in frame.to_dicts()] == rows
    return rows


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    st.sampled_from(LONG),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@example([('"open', 'a "b" c', '""')], "::", "\n")
def test_what_was_parted_by_a_long_separator_is_read_back_exactly(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, end: str
) -> None:
    path = written(tmp_path / "a.txt", "".join(delimiter.join(row) + end for row in rows))
    expected = [{name: cell or None for name, cell in zip("abc", row, strict=True)} for row in rows]
    assert as_declared(path, delimiter, "abc") == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[st.text("abc123.-é味", min_size=1, max_size=6)] * 3), min_size=1, max_size=8),
    st.lists(st.sampled_from([" ", "   ", "\t", " \t "]), min_size=5, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)
def test_aligned_columns_are_read_however_many_blanks_part_them(
    tmp_path: Path, rows: list[tuple[str, str, str]], blanks: list[str], end: str
) -> None:
    before, first, second, after, last = blanks
    text = "".join(f"{before}{a}{first}{b}{second}{c}{after}{end}" for a, b, c in rows) + last
    assert as_declared(written(tmp_path / "a.dat", text + end), WHITESPACE, "abc") == [
        dict(zip("abc", row, strict=True)) for row in rows
    ]


def test_a_cell_in_quotes_keeps_its_blanks_where_blanks_part_cells(tmp_path: Path) -> None:
    path = written(tmp_path / "a.dat", '18.0  8 \t"chevrolet  malibu" \n15.0  6\t""\n')
    assert [row["c"] for row in as_declared(path, WHITESPACE, "abc")] == ["chevrolet  malibu", None]
    path = written(tmp_path / "b.dat", '18 8 5"\n15 6 6"\n')
    assert [row["c"] for row in as_declared(path, WHITESPACE, "abc", quotes=False)] == ['5"', '6"']


@pytest.mark.parametrize("line", [f"1::{SECRET}", f"1::2::{SECRET}::4", f"1::2{UNIT}{SECRET}::3"])
def test_a_record_of_another_width_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "a.dat", f"1::2::3\n{line}\n")
    with pytest.raises(SourceError) as caught:
        list(read_rows(SourceFile(path, None), "abc", (), "csv", None, Dialect("::", ("a", "b", "c"))))
    assert told(caught.value, path).startswith("the record on line 2 of a.dat has ")


def test_the_header_of_a_file_is_parted_as_its_records_are(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id||text\n1||a|b\n")
    rows = read_rows(SourceFile(path, None), ["text"], ["text"], "csv", None, Dialect("||"))
    assert list(rows) == [{"text": "a|b"}]


def proposal(path: Path, lines: Sequence[str]) -> Proposal:
    return look(written(path, "".join(f"{line}\n" for line in lines)))


def news(dice: random.Random, place: int) -> Sequence[object]:
    """As Toutiao's: some lines have a comma among their key words, as many have none or two."""
    words = ",".join(f"词{dice.randrange(900)}" for _ in range(place % 3))
    return [65_000_000 + place, ("news_car", "news_game")[place % 2], chinese(dice, good=place % 2 == 0), words]


@pytest.mark.parametrize("delimiter", ["_!_", "::", "||", "|||", " +++$+++ ", "\x01", "^"])
def test_a_long_separator_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [delimiter.join(map(str, row)) for row in made(300, news)]
    found = proposal(tmp_path / "a.txt", lines)
    assert found.found.settings["delimiter"] == delimiter
    assert roles(found) == {"label": "column_2", "text": "column_3"}
    assert "quotes" not in found.found.settings


def test_bars_with_empty_cells_between_them_stay_bars(tmp_path: Path) -> None:
    lines = [f"{dice}||{place}|{place % 2}" for place, dice in enumerate(made(200, lambda dice, _: [dice.random()]))]
    assert proposal(tmp_path / "a.csv", ["id||size|label", *lines]).found.settings["delimiter"] == "|"


def test_blanks_within_the_cells_of_tabs_part_them_as_well_where_all_have_them(tmp_path: Path) -> None:
    """As in auto-mpg, whose last column alone stands behind a tab."""
    lines = [f'{18 + place % 9}.0   {place % 8}   307.0\t"a car {place}"' for place in range(120)]
    assert proposal(tmp_path / "auto.data", lines).found.settings["delimiter"] == WHITESPACE
    texts = [f"{place}\tone  text{'  of many' * (place % 2)}" for place in range(120)]
    assert "delimiter" not in proposal(tmp_path / "texts.tsv", ["id\ttext", *texts]).found.settings


def test_aligned_numbers_are_a_table_and_verses_are_none(tmp_path: Path) -> None:
    numbers = [f"  {dice[0]:.4f}   {place}\t A{place % 3}  " for place, dice in enumerate(made(200, drawn))]
    found = proposal(tmp_path / "housing.data", numbers)
    assert found.found.settings == {
        "format": "csv",
        "delimiter": WHITESPACE,
        "header": ["column_1", "column_2", "column_3"],
    }
    verses = ["shall I compare thee", "thou art more lovely"] * 100
    assert proposal(tmp_path / "verses.txt", verses).found.settings == {"format": "lines"}


def drawn(dice: random.Random, _: int) -> Sequence[float]:
    return [dice.random()]
