"""Parquet: typed columns as the one text that each value has, and damage refused."""

import datetime
import decimal
import gzip
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from arriving import SECRET, read, refusal, written
from pyarrow import feather, parquet

from pipelines.errors import SourceError
from pipelines.pictures import picture_cell, stored_png
from pipelines.sources import SourceFile, read_frames
from pipelines.sources.columnar import picture_columns


def table(path: Path, **columns: object) -> Path:
    parquet.write_table(pyarrow.table(columns), path, row_group_size=1000)
    return path


def test_scalars_have_one_text_and_null_is_none(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.parquet",
        text=["NA", "", None],
        whole=[3, None, -1],
        real=[1.0, 0.1, float("nan")],
        short=pyarrow.array([0.1, None, 1e10], pyarrow.float32()),
        flag=[True, False, None],
        money=[decimal.Decimal("1.50"), None, None],
        day=[datetime.date(2026, 1, 2), None, None],
        word=pyarrow.array(["a", "b", None]).dictionary_encode(),
    )
    columns = ["text", "whole", "real", "short", "flag", "money", "day", "word", "gone"]
    assert [list(row.values()) for row in read(path, columns)] == [
        ["NA", "3", "1.0", "0.1", "true", "1.50", "2026-01-02", "a", None],
        ["", None, "0.1", None, "false", None, None, "b", None],
        [None, "-1", None, "10000000000.0", None, None, None, None, None],
    ]


def test_rows_of_many_batches_come_in_order_and_in_the_columns_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", a=list(range(40_000)), b=["x"] * 40_000)
    rows = read(path, ["b", "a"], ["a"])
    assert [row["a"] for row in rows] == [str(number) for number in range(40_000)]
    assert list(rows[0]) == ["b", "a"]


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", text=[SECRET])
    assert refusal(path, required=["id"]) == "column 'id' is missing from a.parquet."


def test_a_repeated_column_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table([[1], [2]], names=["id", "id"]), tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet") == "a.parquet has more than one column named 'id'."


@pytest.mark.parametrize("value", [[SECRET], {"a": SECRET}, {"bytes": SECRET}])
def test_a_column_of_lists_or_structures_is_refused_by_name(tmp_path: Path, value: object) -> None:
    path = table(tmp_path / "a.parquet", id=[value], other=[[1]])
    assert refusal(path) == "column 'id' of a.parquet holds neither text, numbers, times, booleans nor pictures."
    assert read(path, ["gone"]) == [{"gone": None}]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("beside", [False, True])
def test_pictures_are_read_as_their_pixels_alone_whether_a_path_stands_beside_them(
    tmp_path: Path, kind: str, beside: bool
) -> None:
    pictures = [stored_png(number.to_bytes(8, "big"), 4, 2) for number in range(600)]
    values: list[Any] = [{"bytes": each, "path": SECRET} if beside else each for each in pictures]
    values[7] = None
    whole = pyarrow.table({"id": values, "label": list(range(600))})
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        parquet.write_table(whole, path)
    else:
        feather.write_feather(whole, path)
    assert picture_columns(path) == ("id",)
    expected = [picture_cell(each) for each in pictures]
    rows = read(path, ["id", "label"])
    assert [row["id"] for row in rows] == [*expected[:7], None, *expected[8:]]
    assert [row["label"] for row in rows] == [str(number) for number in range(600)]


def test_bytes_that_are_no_picture_are_refused_with_their_row(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", id=[None, SECRET.encode()])
    assert refusal(path) == "column 'id' in row 2 of a.parquet is not read: it is no picture of a kind that is read."


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_frames_of_pictures_are_small(tmp_path: Path, kind: str) -> None:
    path, whole = tmp_path / f"a.{kind}", pyarrow.table({"id": [stored_png(bytes(8), 4, 2)] * 600})
    parquet.write_table(whole, path) if kind == "parquet" else feather.write_feather(whole, path)
    frames = list(read_frames(SourceFile(path, None), ["id"], ["id"], None, None))
    assert [frame.height for frame in frames] == [256, 256, 88]


def test_a_nul_character_is_refused_with_its_row(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", id=["x"] * 20_000 + [f"{SECRET}\x00"])
    assert refusal(path) == "there is a NUL character in column 'id' in row 20001 of a.parquet."


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    offsets = pyarrow.py_buffer((0).to_bytes(4, "little") + (3).to_bytes(4, "little"))
    surrogate = pyarrow.py_buffer("\ud83d".encode("utf-8", "surrogatepass"))
    path = table(tmp_path / "a.parquet", id=pyarrow.Array.from_buffers(pyarrow.string(), 1, [None, offsets, surrogate]))
    assert refusal(path) == "column 'id' in rows 1 to 1 of a.parquet has bytes that are not UTF-8."


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    assert refusal(table(tmp_path / "a.parquet", id=pyarrow.array([], "int64"))) == "a.parquet has no rows."


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    whole = table(tmp_path / "a.parquet", id=[SECRET, "b"]).read_bytes()
    for length in range(len(whole)):
        assert refusal(written(tmp_path / "a.parquet", whole[:length])).startswith("a.parquet is ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "a.parquet is empty."),
        (f"id,text\n1,{SECRET}\n".encode(), "a.parquet is not a Parquet file."),
        (b"PK\x03\x04" + SECRET.encode(), "a.parquet is a ZIP archive or an Excel workbook (.xlsx)."),
        (b"PAR1" + SECRET.encode() * 9 + b"PAR1", "a.parquet is cut off or damaged."),
    ],
)
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert refusal(written(tmp_path / "a.parquet", content)) == said


def test_parquet_packed_again_is_refused(tmp_path: Path) -> None:
    whole = table(tmp_path / "a.parquet", id=["x"]).read_bytes()
    said = refusal(written(tmp_path / "a.parquet.gz", gzip.compress(whole)))
    assert said == "a.parquet.gz is Parquet packed with gzip."


def arrow(path: Path, *, stream: bool = False, rows: int = 5) -> Path:
    """An Arrow file of texts and numbers."""
    table = pyarrow.table({"id": list(range(rows)), "text": [f"{SECRET} {row}" for row in range(rows)]})
    with path.open("wb") as file:
        opened = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
        with opened(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return path


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
def test_an_arrow_file_reads_as_parquet_does(tmp_path: Path, stream: bool) -> None:
    path = arrow(tmp_path / "a.feather", stream=stream)
    assert read(path, ["text", "id"])[-1] == {"text": f"{SECRET} 4", "id": "4"}
    assert "missing" in refusal(path, ["id", "mood"], ["mood"])


@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
def test_an_arrow_file_cut_anywhere_is_refused(tmp_path: Path, stream: bool) -> None:
    whole = arrow(tmp_path / "whole.arrow", stream=stream).read_bytes()
    for length in [*range(0, len(whole) - 12, 5), *range(len(whole) - 12, len(whole))]:
        said = refusal(written(tmp_path / "a.arrow", whole[:length]))
        assert said.startswith("a.arrow is ")


def test_an_arrow_file_with_altered_bytes_is_read_or_refused_and_never_believed(tmp_path: Path) -> None:
    whole = arrow(tmp_path / "whole.arrow").read_bytes()
    for place in range(8, len(whole), 7):
        altered = written(tmp_path / "a.arrow", whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            rows = read(altered, ["id", "text"])
        except SourceError:
            continue
        assert len(rows) <= 5


def test_an_arrow_file_without_rows_and_what_is_none_are_refused(tmp_path: Path) -> None:
    assert refusal(arrow(tmp_path / "a.arrow", rows=0)) == "a.arrow has no rows."
    assert "is a ZIP archive" in refusal(written(tmp_path / "b.arrow", b"PK\x03\x04" + bytes(40)))
    assert refusal(written(tmp_path / "c.arrow", b"id,text\n")) == "c.arrow is not an Arrow file."
