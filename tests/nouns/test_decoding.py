"""Bytes to text: one table in many encodings reads the same, and what is no text is told by its byte."""

import gzip
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, written

from pipelines.sources.decoding import CHUNK_BYTES, LONGEST_LINE, LineDecoder

TABLE = "id,text\n1,crème 好\n2,x\n"
ROWS = [{"id": "1", "text": "crème 好"}, {"id": "2", "text": "x"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030"])
def test_a_byte_order_mark_decides_and_any_line_end_will_do(tmp_path: Path, codec: str, end: str) -> None:
    mark = "\ufeff" if codec in ("utf-16-be", "gb18030") else ""
    path = written(tmp_path / "a.csv", (mark + TABLE.replace("\n", end)).encode(codec))
    assert read(path, ["id", "text"], ["id", "text"]) == ROWS
    assert read(path, ["id", "text"], ["id", "text"], encoding="latin-1" if mark else None) == ROWS


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id\r\n1\r2\n3\r")
    assert [row["id"] for row in read(path, ["id"])] == ["1", "2", "3"]


def test_a_declared_encoding_is_used_where_no_mark_is(tmp_path: Path) -> None:
    for codec in ("gb18030", "utf-16-le", "utf-8", "GBK"):
        text = TABLE.replace("è", "e")
        path = written(tmp_path / "a.csv", text.encode(codec))
        assert read(path, ["text"], encoding=codec)[0] == {"text": "creme 好"}


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "gb18030", "big5",
     "shift_jis", "euc_kr", "koi8_r"],
)  # fmt: skip
def test_a_file_in_any_encoding_is_read_as_it_was_written_or_refused_with_its_place(tmp_path: Path, codec: str) -> None:
    letters = {"big5": "中文", "shift_jis": "かな", "euc_kr": "한글", "koi8_r": "слово", "gb18030": "很好"}
    word = letters.get(codec, "crème")
    path = written(tmp_path / "a.csv", f"id,text\n1,{word}\n".encode(codec))
    if codec in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert read(path, ["text"]) == [{"text": word}]
    else:
        said = refusal(path)
        assert said.startswith("a.csv is not UTF-8: byte offset ") or said == "a.csv has a NUL character on line 1."
    assert read(path, ["text"], encoding=None if codec == "utf-8-sig" else codec) == [{"text": word}]


@pytest.mark.parametrize("name", ["utf8000", "hex", "rot13", "base64", "utf-7", "unicode_escape", "idna", "a\x00b"])
def test_an_encoding_that_is_no_character_set_is_refused(tmp_path: Path, name: str) -> None:
    said = refusal(written(tmp_path / "a.csv", TABLE), encoding=name)
    assert said == f"{name!r} is not an encoding that we know."


@pytest.mark.parametrize("before", [0, 1, CHUNK_BYTES - 12, CHUNK_BYTES - 11, 3 * CHUNK_BYTES + 5])
@pytest.mark.parametrize("packed", [False, True])
def test_bytes_that_are_no_text_are_told_by_their_exact_offset(tmp_path: Path, before: int, packed: bool) -> None:
    start = f"id,text\n1,{SECRET}\n2,".encode() + b"x" * before
    content = start + "好".encode()[:2] + b"y\n3,z\n"
    path = written(tmp_path / ("a.csv.gz" if packed else "a.csv"), gzip.compress(content) if packed else content)
    assert refusal(path) == f"{path.name} is not UTF-8: byte offset {len(start)}, on line 3."


def test_the_offset_counts_the_byte_order_mark(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"\xef\xbb\xbfid\n\xff\n")
    assert refusal(path, ["id"]) == "a.csv is not UTF-8: byte offset 6, on line 2."


def test_a_character_cut_at_the_end_of_the_file_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"id\n" + "好".encode()[:2])
    assert refusal(path, ["id"]) == "a.csv is not UTF-8: byte offset 3, on line 2."
    path = written(tmp_path / "a.csv", b"id\n" + "好".encode("gb18030")[:1])
    assert refusal(path, ["id"], encoding="gb18030") == "a.csv is not GB18030: byte offset 3, on line 2."


@pytest.mark.parametrize("mark", [b"\xff\xfe", b""])
def test_a_lone_surrogate_in_utf_16_is_refused(tmp_path: Path, mark: bytes) -> None:
    path = written(tmp_path / "a.csv", mark + "id\n1\ud83d\n".encode("utf-16-le", "surrogatepass"))
    said = refusal(path, ["id"], encoding="utf-16-le")
    assert said == f"a.csv is not UTF-16-LE: byte offset {len(mark) + 8}, on line 2."


def test_a_lone_surrogate_in_utf_8_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id\n1\ud83d\n".encode("utf-8", "surrogatepass"))
    assert refusal(path, ["id"]) == "a.csv is not UTF-8: byte offset 4, on line 2."


def test_latin_1_read_as_utf_8_is_refused_and_never_mojibake(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,text\n1,crème\n".encode("latin-1"))
    assert refusal(path) == "a.csv is not UTF-8: byte offset 12, on line 2."
    assert read(path, ["text"], encoding="latin-1") == [{"text": "crème"}]


def test_a_nul_character_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", f'id,text\r\n1,"a\r\nb"\r\n2,{SECRET}\x00\r\n')
    assert refusal(path) == "a.csv has a NUL character on line 4."
    path = written(tmp_path / "a.csv", "id,text\n".encode("utf-16-le"))
    assert refusal(path) == "a.csv has a NUL character on line 1."


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"id,text\n" + b"x," * (LONGEST_LINE // 2 + CHUNK_BYTES))
    assert refusal(path) == "line 2 of a.csv has more than 32,000,000 characters."


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "gb18030"])
def test_lines_do_not_depend_on_how_the_bytes_are_cut(size: int, codec: str) -> None:
    text = "a\r\n好\r\r\nb\n\n😀,\u2028\x85\x0b\rend"
    data = text.encode(codec)
    decoder = LineDecoder("a.csv", codec, 0)
    lines = [line for start in range(0, len(data), size) for line in decoder.feed(data[start : start + size])]
    lines += decoder.feed(b"", final=True)
    assert lines == ["a\r\n", "好\r", "\r\n", "b\n", "\n", "😀,\u2028\x85\x0b\r", "end"]
