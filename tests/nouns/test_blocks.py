"""Blocks of a delimited text: read at once, or left to the csv module, they give the same rows and refusals."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
from arriving import written
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from pipelines.errors import SourceError
from pipelines.sources import SourceFile, read_frames, read_rows
from pipelines.sources.blocks import Style, read_block
from pipelines.sources.decoding import CHUNK_BYTES
from pipelines.sources.dialect import Dialect

COLUMNS = ["a", "b"]
TWO = Style(2, ",", quotes=True)
# Where one reader of CSV differs from another: quotes, separators, line ends, and what surrounds them.
pieces = some.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", "x", " ", "\ufeff", "好", '"x"', '"x\n"', "x,y\n", '"x","y"\n']
)
texts = some.lists(pieces, max_size=24).map("".join)


def told(read: Callable[..., Iterable[object]], path: Path, dialect: Dialect) -> tuple[list[object], str]:
    """The rows that were read, or what was said instead."""
    try:
        found = list(read(SourceFile(path, None), COLUMNS, COLUMNS, "csv", None, dialect))
    except SourceError as error:
        return [], str(error)
    return [
        row for each in found for row in (each.iter_rows(named=True) if isinstance(each, pl.DataFrame) else [each])
    ], ""


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, some.booleans(), some.booleans(), some.booleans())
@example('"x""y","\n"\n', True, True, False)
@example('x"y,z\n', True, True, False)
@example('"x"y,z\n', True, True, False)
@example('x,"y\r\n"\r\nz,\r\n', True, True, False)
@example("x,y\n\nz,w\n", True, True, False)
@example("\ufeffx,y\n", True, True, True)
@example("a,b\n", True, True, True)
def test_frames_hold_what_the_csv_module_reads_or_are_refused_in_its_words(
    tmp_path: Path, text: str, quotes: bool, final_newline: bool, declared: bool
) -> None:
    dialect = Dialect(header=("a", "b") if declared else None, quotes=quotes, final_newline=final_newline)
    path = written(tmp_path / "a.csv", text if declared else "a,b\n" + text)
    assert told(read_frames, path, dialect) == told(read_rows, path, dialect)


@settings(deadline=None)
@given(
    some.lists(
        some.tuples(some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\r")), some.text('x\n ,"'))
    )
)
def test_what_a_writer_quotes_where_it_must_is_read_at_once(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("x", "y"), *rows])
    found = read_block(text.getvalue().encode(), TWO)
    assert found is not None
    assert found[0].rows() == [("x", "y"), *rows]
    assert found[1] == b""


@pytest.mark.parametrize(
    "text",
    [
        'x"y,z\n',
        '"x"y,z\n',
        'x, "y"\n',
        '"x" ,y\n',
        "x\n",
        "x,y,z\n",
        "x,y\n\n",
        "x,y\rz,w\n",
        '"x\r\n",y\r\n',
        '"x,y',
        "x\n,y\n",
    ],
)
def test_a_record_in_doubt_is_left_to_the_csv_module(text: str) -> None:
    assert read_block(b"x,y\n" + text.encode(), TWO) is None


def test_a_record_that_is_not_whole_yet_is_left_over() -> None:
    found = read_block('x,y\n好,"z\nw,\n'.encode(), TWO)
    assert found is not None
    assert found[0].rows() == [("x", "y")]
    assert found[1] == '好,"z\nw,\n'.encode()


def test_records_on_the_seam_of_two_pieces_and_doubtful_ones_among_many_are_read(tmp_path: Path) -> None:
    some_lines = ["text, of some length\n" * number for number in range(7)]
    lines = [f'{place},"{some_lines[place % 7]}{place}"' for place in range(60_000)]
    lines[20_000] = '20000,a 5" screen'
    path = written(tmp_path / "a.csv", "a,b\n" + "\n".join(lines) + "\n")
    assert path.stat().st_size > 3 * CHUNK_BYTES
    frames = pl.concat(read_frames(SourceFile(path, None), COLUMNS, COLUMNS, None, None))
    with path.open(encoding="utf-8", newline="") as file:
        assert frames.rows() == [tuple(record) for record in csv.reader(file)][1:]


@pytest.mark.parametrize("faulty", [3, 59_999])
def test_a_fault_behind_many_faultless_blocks_is_told_by_its_line(tmp_path: Path, faulty: int) -> None:
    lines = [f'{place},"a text, of\ntwo lines"' for place in range(60_000)]
    lines[faulty] = f"{faulty},one,too many"
    path = written(tmp_path / "a.csv", "a,b\n" + "\n".join(lines) + "\n")
    with pytest.raises(SourceError, match=f"record on line {2 + 2 * faulty} of a.csv has 3 fields"):
        list(read_frames(SourceFile(path, None), COLUMNS, COLUMNS, None, None))
