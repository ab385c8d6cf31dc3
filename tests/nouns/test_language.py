"""Language models: no text is lost in pieces, what is said of it adds up, and what is written follows from the seed."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workspaces import lines

from flywheel.generate import generate
from pipelines.bundle import Bundle
from pipelines.errors import DataError, ParameterError, TrainingError
from pipelines.features import Terms, from_json, to_json
from pipelines.language import UNICODE, Manner, chosen, go_on, text_losses
from pipelines.letters import END, UNKNOWN, Letters
from pipelines.models import Part, Problem, gpt
from pipelines.models.linear import fit
from pipelines.models.neural import export, prepare
from pipelines.models.options import Gpt, Linear
from pipelines.record import Column, Record

RECORD = Record("rhymes", (Column("text", "text", "text"),))
RHYME = "one, two, buckle my shoe. three, four, knock at the door. 一二三, 一二三.\n"
TEXTS = [RHYME * 3, RHYME, RHYME[:20]]
NOTHING = np.zeros(0, dtype=np.int64)


def posed(train: list[str], valid: list[str]) -> Problem:
    return Problem(
        RECORD, (), Part({"text": train}, NOTHING), Part({"text": valid}, NOTHING), np.ones(0), 7, "language"
    )


def bigram() -> Bundle:
    fitted = fit(posed(TEXTS, TEXTS[:1]), Linear())
    return Bundle("linear", (), fitted.features, fitted.graph)


@pytest.mark.parametrize("level", ["characters", "words"])
@given(text=st.text(alphabet=sorted(set(RHYME)), max_size=60))
def test_a_text_of_known_characters_comes_back_from_its_numbers(level: Any, text: str) -> None:
    features = Letters.fit(TEXTS, "text", 16, level, 100)
    assert features.write(features.read(text)) == text


def test_words_are_whole_where_they_are_common_and_spelled_where_they_are_not() -> None:
    features = Letters.fit(TEXTS, "text", 16, "words", 100)
    assert [features.write([number]) for number in features.read("knock at the 一二")] == [
        "k", "n", "o", "c", "k", " at", " the", " ", "一", "二"]  # fmt: skip
    assert features.write(features.read("é")) == "\ufffd"
    assert from_json(to_json(features)) == features
    small = Letters.fit(TEXTS, "text", 16, "words", 5)
    assert len(small.pieces) == 5


@given(st.lists(st.text(alphabet="onetw ,", max_size=30), min_size=1, max_size=4), st.integers(2, 12))
def test_windows_hold_every_piece_once_foretold_by_those_before_it(texts: list[str], length: int) -> None:
    features = Letters.fit(TEXTS, "text", length, "characters", 100)
    stream = [END, *(number for text in texts for number in [*features.read(text), END])]
    given_, following = features.windows(texts)
    assert given_.shape == following.shape
    width = given_.shape[1]
    assert width == min(length, len(stream) - 1)
    assert np.array_equal(given_[:, 1:], following[:, :-1])
    whole = [*following[:-1].ravel(), *following[-1][-((len(stream) - 2) % width + 1) :]]
    assert whole == stream[1:]


def test_the_bigram_says_how_likely_each_pair_is_and_all_pairs_add_up() -> None:
    bundle = bigram()
    features = bundle.features
    assert isinstance(features, Letters)
    table = bundle.run({"letters": np.arange(features.rows, dtype=np.int32)[None]})[0]
    assert np.abs(table.sum(axis=1) - 1).max() < 1e-5
    q, u = features.read("ck")
    assert table[q, u] == table[q].max(), "k follows c in every rhyme"


def test_a_text_costs_what_its_characters_cost_one_after_the_other() -> None:
    bundle = bigram()
    features = bundle.features
    table = bundle.run({"letters": np.arange(features.rows, dtype=np.int32)[None]})[0]
    stream = [END, *features.read("two"), END]
    by_hand = -sum(math.log(table[a, b]) for a, b in pairwise(stream)) / 4
    found = text_losses(bundle, ["two", "", None, "twé"])
    assert found[0] == pytest.approx(by_hand, rel=1e-5)
    assert found[1] == found[2] == pytest.approx(-math.log(table[END, END]), rel=1e-5)
    assert found[3] > math.log(UNICODE) / 4, "a character that cannot be foretold is one of all"


def small(**more: Any) -> tuple[Letters, Any]:
    options = Gpt(length=8, layers=2, heads=2, width=8, **more)
    features = Letters.fit(TEXTS, "text", options.length, options.level, options.vocabulary)
    prepare(7)
    network = gpt.build(features, options)
    chance = np.random.default_rng(3)
    network.set_weights([chance.normal(0, 0.4, weight.shape) for weight in network.get_weights()])
    return features, network


def test_the_graph_of_a_gpt_answers_as_its_network_does_at_every_length_it_sees() -> None:
    features, network = small()
    graph = export(network, features.arrays({"text": TEXTS[:2]}))
    bundle = Bundle("gpt", (), features, graph)
    given_, _ = features.windows(TEXTS)
    for width in (1, 5, 8):
        found, wanted = bundle.run({"letters": given_[:, :width]}), np.asarray(network(given_[:, :width]))
        assert found.shape == (len(given_), width, features.rows)
        assert np.abs(found - wanted).max() < 1e-5
    # What follows may not be seen: changing it changes nothing of what was foretold before it.
    changed = given_.copy()
    changed[:, 5:] = UNKNOWN
    same = bundle.run({"letters": given_})[:, :5] - bundle.run({"letters": changed})[:, :5]
    assert np.abs(same).max() < 1e-6


def test_what_is_written_follows_from_the_seed_and_the_likeliest_needs_none() -> None:
    bundle = bigram()
    first, again, other = (go_on(bundle, "one", 30, Manner(1.5, 0, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) <= 30
    assert go_on(bundle, "kno", 20, Manner(0, 0, 1)) == go_on(bundle, "kno", 20, Manner(3.0, 1, 2))


def test_a_text_that_seems_whole_is_written_on_all_the_same() -> None:
    bundle = bigram()
    for text in TEXTS:
        assert all(go_on(bundle, text, 8, Manner(0.5, 0, seed)) for seed in range(20))
    assert not go_on(bundle, TEXTS[0], 0, Manner())


@settings(max_examples=25)
@given(st.integers(1, 6), st.floats(0.05, 5), st.integers(0, 10_000))
def test_only_the_likeliest_are_chosen_and_never_what_cannot_be_written(k: int, temperature: float, seed: int) -> None:
    likely = np.array([0.1, 0.5, 0.1, 0.05, 0.1, 0.15])
    ranked = [5, 0, 2, 4, 3]
    number = chosen(likely, Manner(temperature, k, seed), np.random.default_rng(seed))
    assert number in {*ranked[:k], *((4,) if k == 3 else ())}
    assert number != UNKNOWN


def test_a_model_that_writes_nothing_and_texts_without_a_character_are_refused() -> None:
    labels = Bundle("linear", ("a", "b"), Terms("text", 1, 1, {}, []), b"")
    with pytest.raises(DataError, match="writes no text") as caught:
        go_on(labels, "one", 3, Manner())
    assert len(lines(caught.value)) == 3
    for problem in (posed([""], [""]), posed(TEXTS, [""])):
        with pytest.raises(TrainingError, match="no text to learn from") as refused:
            gpt.posed(problem, Letters.fit(problem.train.columns["text"], "text", 8, "characters", 100))
        assert len(lines(refused.value)) == 3
    for length, manner in ((0, Manner()), (1, Manner(-1)), (1, Manner(1, -1)), (1, Manner(1, 1, -1))):
        with pytest.raises(ParameterError, match="generate: --"):
            generate("one", length, manner)
