"""JSON Lines: one object per line, each value as its one text."""

import json
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def test_scalars_have_one_text_and_null_is_none(tmp_path: Path) -> None:
    line = '{"a": 3, "b": 100000.0, "c": true, "d": false, "e": null, "f": "", "g": "NA", "h": 1e22, "i": "007"}\n'
    [row] = read(written(tmp_path / "a.jsonl", line), list("abcdefghij"))
    assert list(row.values()) == ["3", "100000.0", "true", "false", None, "", "NA", "1e+22", "007", None]


def test_a_list_of_texts_is_read_as_the_lines_of_one(tmp_path: Path) -> None:
    """As poems stand in collections of them."""
    path = written(tmp_path / "a.jsonl", '{"lines": ["床前明月光，", "疑是地上霜。"]}\n{"lines": []}\n')
    assert [row["lines"] for row in read(path, ["lines"])] == ["床前明月光，\n疑是地上霜。", None]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1), st.booleans())
def test_texts_are_read_back_exactly(tmp_path: Path, texts: list[str], ascii_only: bool) -> None:
    lines = [json.dumps({"text": text}, ensure_ascii=ascii_only) for text in texts]
    path = written(tmp_path / "a.ndjson", "\n".join(lines))
    assert [row["text"] for row in read(path, ["text"], ["text"])] == texts


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.jsonl has no rows."),
        ("\n\n", "a.jsonl has no rows."),
        (f'{{"id": 1}}\n{{"id": "{SECRET}"\n', "line 2 of a.jsonl is not one whole JSON object."),
        (f'[{{"id": "{SECRET}"}}]\n', "line 1 of a.jsonl is not one whole JSON object."),
        (f'"{SECRET}"\n', "line 1 of a.jsonl is not one whole JSON object."),
        (f'{{"id": 1, "id": "{SECRET}"}}\n', "line 1 of a.jsonl is not one whole JSON object."),
        ('{"id": NaN}\n', "line 1 of a.jsonl is not one whole JSON object."),
        ('{"id": ' + "9" * 5000 + "}\n", "line 1 of a.jsonl is not one whole JSON object."),
        ('{"id": ' + "[" * 100_000 + "}\n", "line 1 of a.jsonl is not one whole JSON object."),
        ('{"id": 1}\n\n{"id": 2}\n', "line 2 of a.jsonl is blank, with more lines below it."),
        (f'{{"id": 1}}\n{{"id": ["{SECRET}", 7]}}\n', "column 'id' on line 2 of a.jsonl holds a list or an object."),
        (f'{{"id": {{"{SECRET}": 1}}}}\n', "column 'id' on line 1 of a.jsonl holds a list or an object."),
        (
            f'{{"id": "{SECRET}\\ud83d"}}\n',
            "there is a lone surrogate, half of a character, in column 'id' on line 1 of a.jsonl.",
        ),
        (f'{{"id": "{SECRET}\\u0000"}}\n', "there is a NUL character in column 'id' on line 1 of a.jsonl."),
        (
            '{"id": "' + "x" * 10_000_001 + '"}\n',
            "there is more than 10,000,000 characters in column 'id' on line 1 of a.jsonl.",
        ),
        (f'{{"text": "{SECRET}"}}\n{{"text": "x"}}\n', "column 'id' is missing from a.jsonl."),
    ],
)
def test_what_is_not_whole_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    assert refusal(written(tmp_path / "a.jsonl", content), required=["id"]) == said


def test_an_escaped_pair_of_surrogates_is_one_character(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.jsonl", '{"id": "\\ud83d\\ude00"}\n'), ["id"]) == [{"id": "😀"}]


def test_a_key_that_one_line_leaves_out_is_none_there(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"text": "x"}\n{"id": 2}\n\n')
    assert read(path, ["id", "text"], ["id", "text"]) == [{"id": None, "text": "x"}, {"id": "2", "text": None}]


def test_a_file_cut_at_any_byte_gives_whole_rows_or_nothing(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"{SECRET} 好"} for i in range(8)]
    whole = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    ends = {end for end in range(len(whole) + 1) if end and (whole[:end] + b"\n").endswith((b"}\n", b"}\n\n"))}
    for length in range(len(whole)):
        path = written(tmp_path / "a.jsonl", whole[:length])
        if length in ends:
            found = read(path, ["id", "text"])
            assert found == rows[: len(found)]
        else:
            refusal(path)
