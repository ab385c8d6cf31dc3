"""What a question may say: values as a source spells them, in the types of JSON or as texts."""

import json

import pytest
from pydantic import ValidationError

from pipelines.record import Record, parse_record
from service.requests import question


@pytest.fixture
def record() -> Record:
    columns = {
        "waterfront": {"type": "boolean", "role": "feature"},
        "class": {"type": "category", "role": "feature", "categories": ["1", "2", "3"]},
        "rooms": {"type": "integer", "role": "feature", "min": 0},
        "price": {"type": "number", "role": "label"},
    }
    return parse_record({"name": "houses", "columns": columns})


def cells(record: Record, **changed: object) -> dict[str, str | None]:
    asked = {"waterfront": True, "class": "1", "rooms": 3} | changed
    return question(record).model_validate_json(json.dumps(asked)).cells(record)


@pytest.mark.parametrize(
    ("said", "cell"), [(True, "true"), (1, "true"), ("1", "true"), ("Yes", "true"), (0, "false"), ("no", "false")]
)
def test_truth_is_said_as_sources_spell_it(record: Record, said: object, cell: str) -> None:
    assert cells(record, waterfront=said)["waterfront"] == cell


def test_a_class_that_is_a_number_may_be_sent_as_one(record: Record) -> None:
    assert cells(record, **{"class": 2})["class"] == cells(record, **{"class": "2"})["class"] == "2"


@pytest.mark.parametrize(
    ("column", "said"),
    [("waterfront", "perhaps"), ("waterfront", 2), ("class", 4), ("class", True), ("class", 1.5), ("rooms", "3")],
)
def test_what_a_column_cannot_hold_is_refused(record: Record, column: str, said: object) -> None:
    with pytest.raises(ValidationError) as caught:
        cells(record, **{column: said})
    assert caught.value.errors()[0]["loc"][-1] == column
