"""The record: every contradiction is refused in three lines that name the nearest right word."""

import copy
from typing import Any

import pytest
from workspaces import REVIEWS, lines

from pipelines.errors import RecordError
from pipelines.record import ROLES, TYPES, Record, parse_record

COLUMNS: dict[str, dict[str, Any]] = REVIEWS["columns"]  # type: ignore[assignment]


def changed(**columns: Any) -> dict[str, Any]:
    """REVIEWS with some columns changed, added, or (None) taken out."""
    found = copy.deepcopy(COLUMNS) | columns
    return {"name": "reviews", "columns": {name: entry for name, entry in found.items() if entry is not None}}


def refusal(section: object) -> list[str]:
    with pytest.raises(RecordError, match=r"params\.yaml") as caught:
        parse_record(section)
    return lines(caught.value)


def test_a_record_knows_its_columns_by_their_roles() -> None:
    record = parse_record(REVIEWS)
    assert record.names == tuple(COLUMNS)
    assert record.label.name == "mood"
    assert record.text is not None
    assert record.text.name == "text"
    subject = record.with_role("subject")
    assert subject is not None
    assert subject.name == "user"
    assert record.with_role("split") is None
    assert record["age"].is_numeric
    assert not record["city"].is_numeric


def test_a_column_is_required_and_reveals_nothing_unless_it_says_so() -> None:
    record = parse_record(changed(plain={"type": "number"}))
    assert record["plain"].required
    assert record["plain"].privacy == "none"
    assert not record["city"].required


def test_values_are_spelled_as_they_stand_in_the_data() -> None:
    """YAML reads a bare `yes` as true, and 0 as a number."""
    columns = changed(
        consent={"type": "category", "role": "consent", "granted": [True, "ja", 1]},
        mood={"type": "category", "role": "label", "categories": [0, "no"]},
    )
    record = parse_record(columns)
    assert record["consent"].granted == ("yes", "Yes", "YES", "true", "True", "TRUE", "ja", "1")
    numbers = {"type": "integer", "role": "label", "categories": [1.0, "02", 3]}
    assert parse_record(changed(mood=numbers))["mood"].categories == ("1", "2", "3")
    assert parse_record(changed(mood=numbers | {"type": "number"}))["mood"].categories == ("1.0", "2.0", "3.0")
    assert record["mood"].categories == ("0", "no")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("categories", "good", "no list"),  # its letters would be taken for categories
        ("categories", 5, "no list"),
        ("categories", None, "no list"),
        ("missing", {"a": 1}, "no list"),
        ("missing", [["a"]], "no list"),
        ("granted", True, "no list"),
        ("granted", "ja", "no list"),
        ("granted", [None], "a bare yes"),
        ("categories", [True, False], "a bare yes"),  # were they yes and no, or True and False?
        ("missing", [None], "a bare yes"),
        ("missing", ["?", "?"], "twice"),
        ("required", "maybe", "neither true nor false"),
        ("unique", 1, "neither true nor false"),
        ("ordered", "yes", "neither true nor false"),
        ("max", "long", "no number"),
        ("min", True, "no number"),
    ],
)
def test_a_key_that_holds_what_it_cannot_mean_is_refused(key: str, value: object, told: str) -> None:
    assert told in refusal(changed(city={"type": "category", key: value}))[0]


def test_bounds_with_nothing_between_them_are_refused() -> None:
    assert "greater" in refusal(changed(age={"type": "integer", "min": 9, "max": 8}))[0]
    assert parse_record(changed(age={"type": "integer", "min": 9, "max": 9}))["age"].max == 9


@pytest.mark.parametrize("section", [None, "text", [], {}, {"columns": ["a"]}, {"name": "x"}])
def test_a_record_without_columns_is_refused(section: object) -> None:
    assert "does not list its columns" in refusal(section)[0]


@pytest.mark.parametrize(
    ("section", "wrong", "nearest"),
    [
        (REVIEWS | {"colums": {}}, "colums", "columns"),
        (changed(city={"type": "category", "privcy": "quasi"}), "privcy", "privacy"),
        (changed(city={"type": "category", "requird": False}), "requird", "required"),
        (changed(city={"type": "categry"}), "categry", "category"),
        (changed(city={"type": "category", "role": "feture"}), "feture", "feature"),
        (changed(city={"type": "category", "privacy": "quasy"}), "quasy", "quasi"),
    ],
)
def test_a_wrong_word_is_told_with_the_nearest_right_one(section: object, wrong: str, nearest: str) -> None:
    what, expected, fix = refusal(section)
    assert f"'{wrong}'" in what
    assert nearest in expected
    assert f"'{nearest}'" in fix


def test_a_word_that_is_near_none_gets_no_guess() -> None:
    what, expected, fix = refusal(changed(city={"type": "category", "zzzzzz": 1}))
    assert "zzzzzz" in what
    assert "privacy" in expected
    assert fix == "Fix: remove 'zzzzzz'."
    assert all(name in refusal(changed(city={"type": "qqqq"}))[1] for name in TYPES)


def test_a_column_without_a_type_is_refused() -> None:
    assert "record.columns.city.type" in refusal(changed(city={"privacy": "quasi"}))[0]


@pytest.mark.parametrize("entry", ["text", ["text"], 3])
def test_a_column_that_is_no_mapping_is_refused(entry: object) -> None:
    assert "`record.columns.city` is not a mapping" in refusal(changed(city=entry))[0]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "feature"])
def test_a_role_belongs_to_one_column(role: str) -> None:
    first, second = ({"type": "text", "role": role, "granted": ["yes"]} for _ in range(2))
    what, expected, _ = refusal(changed(first=first, second=second))
    assert "first" in what
    assert "second" in what
    assert role in expected


def test_several_columns_may_be_features() -> None:
    columns = changed(
        text=None, first={"type": "number", "role": "feature"}, second={"type": "text", "role": "feature"}
    )
    assert [column.name for column in parse_record(columns).features] == ["first", "second"]


def test_a_record_says_what_to_predict_from_what() -> None:
    assert "what to predict from what" in refusal(changed(text=None))[0]
    table = {"type": "integer", "role": "feature"}
    assert "what to predict from what" in refusal(changed(mood=None, age=table))[0]


def test_consent_says_which_values_grant_it() -> None:
    what, expected, _ = refusal(changed(consent={"type": "category", "role": "consent"}))
    assert "consent" in what
    assert "granted" in expected


def test_an_empty_value_is_never_a_role_by_accident() -> None:
    record = parse_record(changed(city={"type": "category", "role": None}))
    assert isinstance(record, Record)
    assert record["city"].role is None


@pytest.mark.parametrize(("kind", "form"), [("time", "yesterday"), ("text", "%Y"), ("time", 7)])
def test_a_form_of_times_that_is_none_is_refused(kind: str, form: object) -> None:
    section = {"columns": {"x": {"type": kind, "format": form}, "y": {"type": "category", "role": "label"}}}
    with pytest.raises(RecordError, match=r"`record.columns.x.format` says how no time and no number is written"):
        parse_record(section)
