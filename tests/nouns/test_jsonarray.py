"""A JSON array of objects: what lines of them would give, in whatever pieces it comes, or a refusal with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from arriving import SECRET, read, refusal, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proposed import entry, look, made, roles, sentence

from pipelines.errors import SourceError
from pipelines.sources import Row
from pipelines.sources.jsonarray import array_objects

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["id", "text", "more"]), VALUES), min_size=1, max_size=5)


def array(path: Path, columns: list[str], required: list[str] | None = None) -> list[Row]:
    return read(path, columns, required or [], "json")


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBJECTS, st.sampled_from([None, 1]), st.booleans(), st.sampled_from(["utf-8", "utf-16"]))
def test_an_array_gives_the_rows_that_lines_of_its_objects_give(
    tmp_path: Path, objects: list[dict[str, Any]], indent: int | None, ascii_only: bool, encoding: str
) -> None:
    columns = ["id", "text", "more"]
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    lines = "".join(json.dumps(each) + "\n" for each in objects)
    found = array(written(tmp_path / "a.json", text.encode(encoding)), columns)
    assert found == read(written(tmp_path / "a.jsonl", lines), columns)


@given(OBJECTS, st.integers(1, 9), st.sampled_from([None, 1]))
def test_the_pieces_in_which_it_comes_make_no_difference(
    objects: list[dict[str, Any]], size: int, indent: int | None
) -> None:
    text = json.dumps(objects, indent=indent)
    found = [(where, each) for where, _, each in array_objects("a.json", iter(pieces(text, size)))]
    assert found == [(f"in object {number} of a.json", each) for number, each in enumerate(objects, 1)]


def test_an_array_without_line_ends_may_be_longer_than_a_line_may() -> None:
    text = "[" + ",".join(json.dumps({"text": "x" * 1_000_000}) for _ in range(40)) + "]"
    assert sum(len(each["text"]) for _, _, each in array_objects("a.json", iter(pieces(text, 1 << 20)))) == 40_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.json is not one JSON array."),
        ("[]", "a.json has no rows."),
        (" [ ]\n", "a.json has no rows."),
        (f'{{"id": "{SECRET}"}}', "a.json is not one JSON array."),
        (f'[{{"id": 1}}] "{SECRET}"', "a.json is not one JSON array."),
        ('[{"id": 1}]]', "a.json is not one JSON array."),
        (f'[{{"id": 1}}, "{SECRET}"]', "object 2 of a.json is not one whole JSON object."),
        ('[{"id": 1},]', "object 2 of a.json is not one whole JSON object."),
        ('[{"id": 1} {"id": 2}]', "object 2 of a.json is not one whole JSON object."),
        (f'[{{"id": 1}}, {{"id": "{SECRET}"', "object 2 of a.json is not one whole JSON object."),
        ('[{"id": 1}', "object 2 of a.json is not one whole JSON object."),
        (f'[{{"id": 1, "id": "{SECRET}"}}]', "object 1 of a.json is not one whole JSON object."),
        ('[{"id": NaN}]', "object 1 of a.json is not one whole JSON object."),
        ('[{"id": ' + "[" * 100_000 + "}]", "object 1 of a.json is not one whole JSON object."),
        (f'[{{"id": 1}}, {{"id": ["{SECRET}", 7]}}]', "column 'id' in object 2 of a.json holds a list or an object."),
        (
            f'[{{"id": "{SECRET}\\ud83d"}}]',
            "there is a lone surrogate, half of a character, in column 'id' in object 1 of a.json.",
        ),
        (f'[{{"text": "{SECRET}"}}]', "column 'id' is missing from a.json."),
        (f'[{{"text": "{SECRET}\x00"}}]', "a.json has a NUL character on line 1."),
    ],
)
def test_what_is_no_whole_array_of_objects_is_refused_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    assert refusal(written(tmp_path / "a.json", content), required=["id"], format="json") == said


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    whole = json.dumps([{"id": str(i), "text": f"{SECRET} 好"} for i in range(5)], ensure_ascii=False).encode()
    for length in range(len(whole)):
        refusal(written(tmp_path / "a.json", whole[:length]), format="json")


def test_an_object_without_end_is_refused_before_it_fills_the_memory() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        yield '[{"text": "'
        while True:
            taken += 1
            yield "x" * (1 << 20)

    with pytest.raises(SourceError, match="object 1"):
        list(array_objects("a.json", endless()))
    assert taken < 40


def test_an_array_is_proposed_as_a_table_of_its_plain_values(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [sentence(dice, good=place % 2 == 0), place % 2])
    objects = [{"body": text, "label": label, "tags": [1]} for text, label in rows]
    found = look(written(tmp_path / "export.json", json.dumps(objects, indent=1)))
    assert roles(found) == {"text": "body", "label": "label"}
    assert entry(found, "label")["categories"] == ["0", "1"]
    assert found.found.settings == {"format": "json"}
    assert any("tags" in doubt for doubt in found.doubts)
