"""The checks that no column expectation can say by itself."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.checks import is_well_decoded, labels_agree, normal, rows_are_new, texts_are_well_decoded
from pipelines.record import Column, Record

TEXT = Column("text", "text", "text")
LABEL = Column("label", "category", "label")
SUBJECT = Column("who", "text", "subject")
SPLIT = Column("part", "category", "split")


def agree(*rows: tuple[str | None, str | None, str]) -> list[bool]:
    """Whether each (text, label, origin) passes."""
    frame = pl.DataFrame(rows, schema={"text": pl.String, "label": pl.String, "origin": pl.String}, orient="row")
    return labels_agree(frame, Record("r", (TEXT, LABEL))).to_list()


@pytest.mark.parametrize("text", ["好用", "naïve café", "plain", "", "Ünïcödé", "日本語とテスト", "🙂 nice", "señor"])
def test_text_as_people_write_it_is_well_decoded(text: str) -> None:
    assert is_well_decoded(text)


@pytest.mark.parametrize("text", ["好用", "naïve café", "señor", "Größe", "日本語", "🙂"])
def test_utf_8_that_was_read_as_latin_1_is_found(text: str) -> None:
    assert not is_well_decoded(text.encode().decode("latin-1"))


def test_a_lost_character_is_found() -> None:
    assert not is_well_decoded("I lik\ufffd it")


@given(some.text(some.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=1))
def test_every_text_beyond_ascii_is_found_once_it_was_read_as_latin_1(text: str) -> None:
    assert not is_well_decoded(text.encode().decode("latin-1"))


@given(some.text(some.characters(min_codepoint=0x100, exclude_categories=["Cs"], exclude_characters="\ufffd")))
def test_no_text_beyond_latin_1_is_suspected(text: str) -> None:
    assert is_well_decoded(text)


def test_a_missing_text_is_not_wrongly_decoded() -> None:
    frame = pl.DataFrame({"text": [None, "å¥½"], "label": ["a", "b"]})
    assert texts_are_well_decoded(frame, Record("r", (TEXT, LABEL))).to_list() == [True, False]


def test_the_second_of_two_equal_rows_of_one_person_is_a_repetition() -> None:
    rows = {"subject": ["s", "s", "t", "s"], "who": ["a", "a", "a", "a"], "text": ["x", "x", "x", "y"]}
    frame = pl.DataFrame(rows | {"label": ["l"] * 4})
    assert rows_are_new(frame, Record("r", (SUBJECT, TEXT, LABEL))).to_list() == [True, False, True, True]


def test_equal_rows_without_a_subject_are_two_peoples() -> None:
    frame = pl.DataFrame({"text": ["x", "x"], "label": ["l", "l"]})
    assert rows_are_new(frame, Record("r", (TEXT, LABEL))).to_list() == [True, True]


def test_one_text_with_two_labels_is_disputed_in_all_its_rows() -> None:
    rows = (("Good  thing", "a", "source"), ("ｇood thing", "b", "source"), ("other", "a", "source"))
    assert agree(*rows) == [False, False, True]


def test_feedback_beats_the_label_of_the_source() -> None:
    assert agree(("x", "a", "source"), ("x", "b", "feedback"), ("x", "a", "source")) == [False, True, False]


def test_feedback_that_contradicts_itself_settles_nothing() -> None:
    assert agree(("x", "a", "feedback"), ("x", "b", "feedback"), ("x", "a", "source")) == [False, False, False]


def test_a_missing_label_or_text_disputes_nothing() -> None:
    assert agree(("x", None, "source"), ("x", "a", "source")) == [True, True]
    assert agree((None, "a", "source"), (None, "b", "source")) == [True, True]


def test_rows_of_a_standard_test_split_are_left_as_they_are() -> None:
    rows = [("x", "a", "source", "train"), ("x", "b", "source", "test"), ("x", "b", "source", None)]
    frame = pl.DataFrame(rows, schema=["text", "label", "origin", "part"], orient="row")
    assert labels_agree(frame, Record("r", (TEXT, LABEL, SPLIT))).to_list() == [False, True, False]


def test_a_table_has_no_text_to_dispute() -> None:
    frame = pl.DataFrame({"label": ["a", "b"], "origin": ["source"] * 2})
    assert labels_agree(frame, Record("r", (LABEL, Column("n", "number", "feature")))).to_list() == [True, True]


@given(some.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normal(normal(text)) == normal(text)
