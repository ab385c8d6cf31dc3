"""What can be compared with an identifier is found in any surroundings, and what is too common is not looked for."""

import base64

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.leaks.disguises import readings
from pipelines.leaks.patterns import count_kinds, prose
from pipelines.leaks.tokens import tokens, tokens_of

AROUND = st.sampled_from([" ", "\n", '"', "'", "<", ">", "(", ")", ",", ";", "=", "/", "|", "\x00", "\t", "用户"])
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
EMAILS = st.builds("{}.{}{}@{}.example.com".format, WORDS, WORDS, st.integers(0, 999), WORDS)
NUMBERS = st.integers(10**9, 10**15).map(str)
IDS = st.builds("{}-{:04d}{}{:02d}".format, WORDS, st.integers(0, 9999), WORDS, st.integers(10, 99))
GROUPING = st.sampled_from(["", " ", "-", ".", " ("])


@given(value=st.one_of(EMAILS, NUMBERS, IDS.filter(lambda value: len(value) >= 8)), before=AROUND, after=AROUND)
def test_an_identifier_is_found_whatever_stands_beside_it(value: str, before: str, after: str) -> None:
    wanted = tokens_of(value)
    assert wanted
    assert wanted & tokens(pl.Series([f"something{before}{value.upper()}{after}else"]))


@given(number=NUMBERS, groups=st.lists(st.integers(2, 5), min_size=8, max_size=8), between=GROUPING)
def test_a_number_is_found_in_any_groups(number: str, groups: list[int], between: str) -> None:
    parts, rest = [], number
    for size in groups:
        parts.append(rest[:size])
        rest = rest[size:]
    written = between.join(part for part in [*parts, rest] if part)
    assert tokens_of(number) & tokens(pl.Series([f"call {written}, please"]))


@pytest.mark.parametrize(
    "value", ["Lee", "Paris", "Emma Clark", "united", "30", "1984", "2025-11-22", "20251122", "yes"]
)
def test_what_is_short_or_a_word_or_a_date_is_not_telling(value: str) -> None:
    assert tokens_of(value) == set()


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(content: bytes) -> None:
    for reading in readings(content):
        tokens(pl.Series([reading], dtype=pl.String))


@given(
    text=st.text("abcdefghij @.-0123456789", min_size=24, max_size=80), lead=st.sampled_from(["", "a", "ab/", "x=1&t="])
)
def test_base64_is_undone_wherever_it_begins(text: str, lead: str) -> None:
    packed = lead.encode() + base64.b64encode(text.encode())
    assert any(text[6:-6] in reading for reading in readings(packed))


def test_patterns_read_what_people_read_and_no_markup() -> None:
    page = b"<html><style>a{width:4111111111111111px}</style><td title='x'>jo&#64;example.org</td></html>"
    assert dict(count_kinds(prose(page, ".html"))) == {"EMAIL": 1}


def test_a_toll_free_number_is_a_firms() -> None:
    assert not count_kinds(pl.Series(["call 1-800-555-0123 or 400-555-0123 today"]))
    assert dict(count_kinds(pl.Series(["call 212-555-0123 today"]))) == {"PHONE": 1}
