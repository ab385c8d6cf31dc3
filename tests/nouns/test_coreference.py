"""Who is who in one document: one person keeps one placeholder, however the name is written, and two keep two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from naming import marked

from pipelines.privacy.coreference import canonical, link_spans
from pipelines.privacy.people import link
from pipelines.privacy.person_names import parse
from pipelines.privacy.placeholders import PLACEHOLDER, put
from pipelines.privacy.text import clean, instead
from pipelines.privacy.text_rules import TextRules


def people(text: str) -> list[int]:
    """The person of each mention, counted from 0."""
    plain, spans = marked(text)
    return link_spans(plain, spans).identities


def placed(text: str, rules: TextRules = TextRules()) -> str:
    plain, spans = marked(text)
    return put(plain, spans, instead(plain, spans, rules))


@pytest.mark.parametrize(
    "text",
    [
        "[John Smith], later [Smith]",
        "[John Smith], later Mr [Smith], Mr. [Smith] and [Mr Smith]",
        "[John Smith], later [John]",
        "[John Smith], later [JOHN SMITH], [john  smith] and [John\nSmith]",
        "[John Smith], [Smith, John], [J. Smith] and [Smith, J.]",
        "[John Paul Smith], [John Smith] and [J. P. Smith]",
        "[Dr. John Smith Jr.] and [Prof. Smith]",
        "[John Smith's], [Smith’s]",
        "[Ｊｏｈｎ Ｓｍｉｔｈ] and [Jo\u200bhn Smith]",
        "Mr [Smith], in full [John Smith], called [John]",
        "[J. Smith], in full [John Smith]",
        "[Ludwig van Beethoven], later [Beethoven] and [van Beethoven]",
        "[Ana-María O’Neil], later Ms [O'Neil]",
        "[张伟]来了，[张先生]说，[小张]走了",
        "[张伟]来了，[张]先生说",
        "[李志强]和[志强]",
        "[欧阳修]，[欧阳先生]，[欧阳老师]",
        "[约翰·史密斯]，[史密斯]，[约翰]",
        "[老王]，[王总]",
    ],
)
def test_all_these_are_one_person(text: str) -> None:
    assert set(people(text)) == {0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[John Smith], [Jane Smith], [Smith]", [0, 1, 1]),
        ("[John Smith], [Jane Smith], [John Smith], [Smith]", [0, 1, 0, 0]),
        ("[John Smith], [Jane Smith], [J. Smith], [Jane], [John]", [0, 1, 1, 1, 0]),
        ("[Mr Smith], [Ms Smith], [Mr Smith]", [0, 1, 0]),
        ("Mr [Smith] met Mrs [Smith]", [0, 1]),
        ("[John P. Smith], [John Q. Smith], [John P. Smith]", [0, 1, 0]),
        ("[John Smith], [Peter Jones], [Smith], [Peter]", [0, 1, 0, 1]),
        ("[Smith], [John Smith], [Adam Smith], [John]", [0, 0, 1, 0]),
        ("[张伟]，[张强]，[张先生]，[张伟]", [0, 1, 1, 0]),
        ("[James Lee], [John James], [James]", [0, 1, 1]),
        ("[John James], [James Lee], [James]", [0, 1, 1]),
        ("[小张]，[老张]", [0, 1]),
        ("[张先生]，[张女士]，[李女士]", [0, 1, 2]),
    ],
)
def test_two_people_stay_two_and_a_bare_surname_is_whoever_was_last(text: str, expected: list[int]) -> None:
    assert people(text) == expected


@pytest.mark.parametrize(
    ("type", "one", "other"),
    [
        ("EMAIL", "Jo@Example.COM", "jo@example.com"),
        ("PHONE", "+86 138 0001 2345", "138-0001-2345"),
        ("PHONE", "＋８６１３８０００１２３４５", "13800012345"),
        ("PHONE", "+1 (202) 555-0123", "202.555.0123"),
        ("PHONE", "+44 20 7946 0958", "020 7946 0958"),
        ("PHONE", "+44 (0)20 7946 0958", "020 7946 0958"),
        ("URL", "https://www.example.com/A/", "example.com/a"),
        ("IP", "2001:db8:0::1", "2001:DB8::1"),
        ("CARD", "4111 1111 1111 1111", "4111111111111111"),
        ("ID", "110105 19491231 002x", "11010519491231002X"),
        ("MAC", "00-1A-2B-3C-4D-5E", "00:1a:2b:3c:4d:5e"),
        ("ADDRESS", "12  Elm Road", "12 elm road"),
    ],
)
def test_two_spellings_of_one_identifier_are_equal(type: str, one: str, other: str) -> None:
    assert canonical(type, one) == canonical(type, other)


def test_an_extension_makes_another_phone() -> None:
    assert canonical("PHONE", "202-555-0123 x12") != canonical("PHONE", "202-555-0123")


def test_one_person_needs_no_number_and_several_get_theirs_in_the_order_of_appearance() -> None:
    assert placed("[Ann Lee] met [Ann]") == "<PERSON> met <PERSON>"
    assert placed("[Ann Lee] met [Bob Ray]; [Lee] left") == "<PERSON_1> met <PERSON_2>; <PERSON_1> left"


def test_other_types_are_numbered_only_where_that_was_asked_for() -> None:
    text = "[a@b.org|EMAIL] or [c@d.org|EMAIL], not [A@B.org|EMAIL], says [Ann]"
    assert placed(text) == "<EMAIL> or <EMAIL>, not <EMAIL>, says <PERSON>"
    assert placed(text, TextRules(numbered="all")) == "<EMAIL_1> or <EMAIL_2>, not <EMAIL_1>, says <PERSON>"
    assert placed("[Ann] and [Bob]", TextRules(numbered="none")) == "<PERSON> and <PERSON>"


def test_numbers_go_on_behind_those_that_a_text_already_has() -> None:
    assert placed("<PERSON_3> met [Ann]") == "<PERSON_3> met <PERSON_4>"
    assert placed("<PERSON> met [Ann]") == "<PERSON> met <PERSON_1>"
    assert placed("<EMAIL_9> of [Ann]") == "<EMAIL_9> of <PERSON>"


def test_a_numbered_placeholder_is_a_placeholder() -> None:
    for text in ("<PERSON_1>", "<EMAIL_12>", "order no. <ID_2> 12", "@<HANDLE_3>"):
        assert PLACEHOLDER.search(text)
        assert clean(text) == (text, [])


GIVEN = ("Anna", "Bob", "Carl", "Dora")
NAMES = ("Smith", "Jones", "Brown", "Lee")
MENTIONS = some.builds(
    lambda form, given, surname: form.format(given=given, surname=surname, initial=given[0]),
    some.sampled_from(
        [
            *("{given} {surname}", "{surname}", "Mr {surname}", "Ms {surname}", "{initial}. {surname}", "{given}"),
            *("{surname}, {given}", "Dr {given} {surname}"),
        ]
    ),
    some.sampled_from(GIVEN),
    some.sampled_from(NAMES),
)
# Every name gets another one; initials go along, because "A. Smith" says no more than that.
RENAMED = {"Anna": "Ewald", "Bob": "Fritz", "Carl": "Gesa", "Dora": "Hanne", "Smith": "Moser", "Jones": "Nagel"}
RENAMED |= {"Brown": "Opitz", "Lee": "Pohl"}


def renamed(mention: str) -> str:
    words = [RENAMED.get(word.strip(","), word.strip(",")) + "," * word.endswith(",") for word in mention.split()]
    initials = {name[0] + ".": RENAMED[name][0] + "." for name in GIVEN}
    return " ".join(initials.get(word, word) for word in words)


@settings(deadline=None)
@given(some.lists(MENTIONS, max_size=30))
def test_who_is_who_does_not_depend_on_what_people_are_called(mentions: list[str]) -> None:
    assert link(map(parse, mentions))[0] == link(map(parse, map(renamed, mentions)))[0]


@settings(deadline=None)
@given(some.lists(MENTIONS, max_size=30))
def test_equal_full_names_are_one_person_and_contradicting_ones_are_not(mentions: list[str]) -> None:
    places, _ = link(map(parse, mentions))
    full = [(parse(m), place) for m, place in zip(mentions, places, strict=True) if parse(m).surname]
    written = [(name, place) for name, place in full if len(name.given[0]) > 1]
    for name, place in written:
        for other, there in written:
            assert (place == there) == ((name.given, name.surname) == (other.given, other.surname))


@settings(deadline=None)
@given(some.lists(some.text(some.characters(exclude_categories=()), max_size=20), max_size=10))
def test_whatever_a_tagger_calls_a_name_is_somebody(mentions: list[str]) -> None:
    places, found = link(map(parse, mentions))
    assert len(places) == len(mentions)
    assert set(places) == set(range(len(found)))


@pytest.mark.no_cover  # long, over lines that others count
def test_a_hundred_thousand_namesakes_are_told_apart() -> None:
    mentions = [f"Anna{'abcdefghij'[n % 10]}{'klmnopqrstuvwxyzabcd'[n // 10 % 20]} Smith" for n in range(100_000)] + [
        "Smith"
    ]
    places, found = link(map(parse, mentions))
    assert len(found) == 200
    assert places[-1] == places[-2]
