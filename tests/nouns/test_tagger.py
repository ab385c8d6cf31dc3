"""People in English text by the shipped tagger: found whole, anywhere, at the right offsets, however odd the text."""

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy import tagger
from pipelines.privacy.amounts import find_amounts
from pipelines.privacy.entities import EVERYTHING, IDENTIFYING, NAMES, find_people, find_people_in, merged
from pipelines.privacy.placeholders import replace
from pipelines.privacy.spans import Span
from pipelines.privacy.tagger import TYPES, Tagger, find_entities, find_entities_in
from pipelines.privacy.words import FEATURES, ROWS, ends, features, is_taggable, pieces

# Written for this test; the training has other sentences and draws its names.
SAID = [
    ("Yesterday Rosalind Achterberg phoned the shop again.", "PERSON", "Rosalind Achterberg"),
    ("Ask Mr Tobias Lindqvist about the broken hinge.", "PERSON", "Lindqvist"),
    ("my name is priyanka and i need help", "PERSON", "priyanka"),
    ("We flew from Lisbon to Nairobi in one day.", "LOCATION", "Nairobi"),
    ("She teaches at the University of Tromsø.", "ORGANISATION", "University of Tromsø"),
    ("It was bought on 14 March 2019 and broke at once.", "DATE", "14 March 2019"),
    ("Our new neighbour is Portuguese.", "DEMOGRAPHIC", "Portuguese"),
    ("He paid 4,200 euros for the boat.", "QUANTITY", "4,200 euros"),
]
NOBODY = [
    "The battery lasts long and the colours are bright.",
    "Works Great! Would Buy Again.",
    "i hate this thing so much",
    "CLICK SAVE AND THEN CLOSE THE WINDOW",
]


@pytest.mark.parametrize(("text", "kind", "said"), SAID)
def test_what_points_at_a_person_is_found(text: str, kind: str, said: str) -> None:
    start = text.index(said)
    assert any(
        span.type == kind and span.start <= start and start + len(said) <= span.end for span in find_entities(text)
    )


@pytest.mark.parametrize("text", NOBODY)
def test_a_text_without_people_keeps_every_word(text: str) -> None:
    assert find_people(text) == []


@given(st.text(max_size=300))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    parts = pieces(text)
    assert "".join(parts) == text
    assert ends(parts) == [len("".join(parts[: place + 1])) for place in range(len(parts))]


@given(st.text(min_size=1, max_size=60))
def test_the_features_of_a_word_are_rows_of_the_table(word: str) -> None:
    found = features(pieces(word)[0])
    assert len(found) == FEATURES
    assert 0 < found[0] < ROWS
    assert all(0 <= row < ROWS for row in found)


def test_a_word_keeps_its_rows_for_ever() -> None:
    # The shipped table was learned with these; another hash would make noise of it.
    assert features("Anna ")[:4] == [23203, 3862, 11890, 21524]
    assert features("Anna") != features("Anna ")


def test_one_text_and_many_give_the_same() -> None:
    texts = [text for text, _, _ in SAID] * 40 + NOBODY + ["", " ", "\n"]
    # Texts of one word, that together would read as a name.
    texts += [word for text, _, _ in SAID for word in text.split()]
    together = find_entities_in(texts)
    assert [[(s.start, s.end, s.type) for s in spans] for spans in together] == [
        [(s.start, s.end, s.type) for s in find_entities(text)] for text in texts
    ]


def own(**sizes: int) -> Tagger:
    """The shipped tagger in other sizes, that remembers nothing yet."""
    shipped = tagger.shipped()
    return Tagger(shipped.graph, shipped.table, shipped.scale, shipped.limits, **sizes)


def test_where_a_long_text_is_cut_makes_no_difference() -> None:
    text = " ".join(f"{said} Nothing else was said on that {place}." for place in range(60) for said, _, _ in SAID)
    whole, cut = find_entities(text), own(part=1009).find([text])[0]
    assert len(whole) > 300
    assert [(s.start, s.end, s.type) for s in cut] == [(s.start, s.end, s.type) for s in whole]


def test_offsets_are_those_of_the_original() -> None:
    text = "My name is Rosa\u200blind Ach\u00adterberg,\u2060 thanks."
    (span,) = [span for span in find_entities(text) if span.type == "PERSON"]
    assert text[span.start : span.end] == "Rosa\u200blind Ach\u00adterberg"


@given(
    st.lists(
        st.sampled_from(
            ["Anna ", "Mr ", "\ud800", "\u200b", "\x00", "王小明", "\n", "9", "\U0001f600", "é", "٣", "x" * 99]
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_no_text_is_too_odd(parts: list[str]) -> None:
    text = "".join(parts)
    found = find_people(text, EVERYTHING)
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@pytest.mark.parametrize("text", ["a" * 400_000, "\n" * 400_000, "\x00" * 400_000, "A.B." * 10_000, "\ud83d" * 40_000])
def test_a_text_made_to_hurt_is_read_to_its_end(text: str) -> None:
    assert all(span.end <= len(text) for span in find_entities(text))


def test_words_that_were_never_met_do_not_fill_the_memory() -> None:
    small = own(part=5000, forms=500)
    letters = str.maketrans("0123456789", "abcdefghij")
    small.find([" ".join(str(text * 1000 + word).translate(letters) for word in range(400)) for text in range(40)])
    assert small._known is not None
    assert len(small._known.numbers) < 500 + 5000


def test_chinese_is_left_to_others() -> None:
    assert find_entities("我叫王小明，住在北京市朝阳区。") == []
    assert not is_taggable("王小明")


def test_what_was_taken_out_is_not_found_again() -> None:
    assert find_people("<PERSON> lives in <LOCATION>, call <PHONE> <PHONE>") == []


def test_the_types_to_take_out_can_be_chosen() -> None:
    texts = [text for text, _, _ in SAID]
    assert {span.type for spans in find_people_in(texts, NAMES) for span in spans} == {
        "PERSON",
        "LOCATION",
        "ORGANISATION",
    }
    assert "QUANTITY" in {span.type for spans in find_people_in(texts, EVERYTHING) for span in spans}
    assert "QUANTITY" not in {span.type for spans in find_people_in(texts, IDENTIFYING) for span in spans}


def test_patterns_come_first_and_the_rest_of_a_name_is_not_lost() -> None:
    text = "Rosalind Achterberg, rosalind@example.org, came."
    assert replace(text, find_people(text)) == "<PERSON>, <EMAIL>, came."
    sure = [Span(5, 10, "EMAIL", 1.0)]
    found = merged("ab cd12345, ef gh", sure, [Span(0, 17, "PERSON", 0.5)])
    assert [(span.start, span.end, span.type) for span in found] == [
        (0, 5, "PERSON"),
        (5, 10, "EMAIL"),
        (12, 17, "PERSON"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It cost EUR 5,000 or £20.", ["EUR 5,000", "£20"]),
        ("a plot of 1,200 square metres, 4.5% of it", ["1,200 square metres", "4.5%"]),
        ("54,525,000 Turkish Liras, 3 million euros", ["54,525,000 Turkish Liras", "3 million euros"]),
        ("in 2005 PLN 10 was paid", ["PLN 10"]),
        ("12 Elm Street, section 5000, 3 men, 1996", []),
    ],
)
def test_amounts_are_found_by_their_shape(text: str, wanted: list[str]) -> None:
    assert [text[span.start : span.end] for span in find_amounts(text)] == wanted
    assert find_amounts("1," * 50_000) == find_amounts("1" * 100_000) == []


def _spans(kind: str) -> st.SearchStrategy[list[Span]]:
    cuts = st.lists(st.integers(0, 40), max_size=10, unique=True).map(sorted)
    return cuts.map(lambda at: [Span(a, b, kind, 0.5) for a, b in zip(at[::2], at[1::2], strict=False)])


@given(st.text("ab ,.", min_size=40, max_size=40), _spans("EMAIL"), _spans("PERSON"))
def test_merging_covers_what_either_found_and_nothing_twice(text: str, sure: list[Span], others: list[Span]) -> None:
    found = merged(text, sure, others)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert [span for span in found if span.type == "EMAIL"] == sure
    covered = {place for span in found for place in range(span.start, span.end)}
    asked = {place for span in (*sure, *others) for place in range(span.start, span.end)}
    assert covered <= asked
    assert {place for place in asked if text[place].isalnum()} <= covered


def test_what_is_shipped_is_small_and_holds_no_word() -> None:
    graph, table, card = (Path(tagger.__file__).with_name(f"tagger.{end}") for end in ("onnx", "npy", "json"))
    assert sum(path.stat().st_size for path in (graph, table, card)) < 5_000_000
    content = np.load(table, allow_pickle=False)
    assert (content.dtype, content.shape[0]) == (np.int8, ROWS)
    assert set(json.loads(card.read_text("utf-8"))) == {"limits", "scale", "learned_from"}
    # Of what is text in the graph, all is names of operations and of their results.
    nodes = onnx.load_from_string(graph.read_bytes()).graph
    named = [*nodes.initializer, *nodes.node, *nodes.input, *nodes.output, nodes]
    stems = {re.sub(r"[\d.].*", "", each.name) for each in named}
    told = "tagger words there chances begin block end zeros to from rows far none before after around"
    assert stems <= set(told.split())
    assert all(each.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.INT64) for each in nodes.initializer)
    assert not any(each.doc_string for each in named)


def test_every_type_can_be_found() -> None:
    assert set(json.loads(Path(tagger.__file__).with_name("tagger.json").read_text("utf-8"))["limits"]) == set(TYPES)
