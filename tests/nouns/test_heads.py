"""How a network ends: probabilities in an order, numbers in the label's units, a table beside a text; and as ONNX."""

from typing import Any

import numpy as np
import pytest

from pipelines.bundle import Bundle
from pipelines.features import Features, Joined, Table, Tokens, beside, from_json, to_json
from pipelines.models import Part, Problem
from pipelines.models.heads import head, join, loss, spread
from pipelines.models.measuring import validate, validation
from pipelines.models.neural import export, prepare
from pipelines.record import Column, Record

DICE = np.random.default_rng(7)
TEXTS = [" ".join(DICE.choice(["fine", "poor", "slow", "quick", "late"], 4)) for _ in range(64)]
PRICES = [None if place % 9 == 0 else float(price) for place, price in enumerate(DICE.normal(40, 9, 64))]
COLUMNS = {"said": TEXTS, "price": PRICES, "kind": [("a", "b", None)[place % 3] for place in range(64)]}
BESIDE = (Column("price", "number", "feature"), Column("kind", "category", "feature"))
STARS = ("1", "2", "3", "4")


def record(label: Column) -> Record:
    return Record("said", (Column("said", "text", "text"), *BESIDE, label))


ORDERED = record(Column("stars", "category", "label", categories=STARS, ordered=True))
NUMBER = record(Column("worth", "number", "label"))
PLACES = DICE.integers(0, 4, 64)
WORTH = 1000 + 300 * DICE.normal(0, 1, 64)


def problem(of: Record, labels: Any) -> Problem:
    part = Part(COLUMNS, labels)
    named = STARS if of is ORDERED else ()
    return Problem(of, named, part, part, np.ones(len(named)), 7, of.task)


def taught(of: Problem) -> tuple[Any, Features]:
    """A network on text and table together that has seen the rows a few times."""
    import keras

    prepare(7)
    tokens = Tokens.fit(TEXTS, "said", 8, 100)
    features = beside(tokens, COLUMNS, of.record)
    words = keras.Input((None,), dtype="int32", name="tokens")
    hidden = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(tokens.rows, 4)(words))
    inputs, hidden = join(features, words, hidden)
    network = keras.Model(inputs, head(of, hidden))
    network.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss(of))
    network.fit(features.arrays(COLUMNS), of.train.labels, epochs=3, batch_size=16, verbose=0)
    return network, features


def test_probabilities_in_an_order_and_their_thresholds_are_the_same_as_onnx() -> None:
    posed = problem(ORDERED, PLACES)
    network, features = taught(posed)
    expected = network.predict(features.arrays(COLUMNS), verbose=0)
    assert expected.sum(axis=1) == pytest.approx(np.ones(64), abs=1e-6)
    assert expected.min() > 0
    arrays = {name: values[:2] for name, values in features.arrays(COLUMNS).items()}
    bundle = Bundle("any", STARS, features, export(network, arrays), task="ordinal")
    np.testing.assert_allclose(bundle.probabilities(COLUMNS), expected, atol=1e-5)
    # Whoever scores higher is nowhere more likely to be low.
    order = np.argsort(expected @ np.arange(4))
    assert (np.diff(expected[order].cumsum(axis=1)[:, :-1], axis=0) <= 1e-6).all()


def test_a_number_comes_in_its_own_units_and_the_same_as_onnx() -> None:
    posed = problem(NUMBER, WORTH)
    network, features = taught(posed)
    expected = network.predict(features.arrays(COLUMNS), verbose=0)[:, 0]
    assert 700 < expected.mean() < 1300
    arrays = {name: values[:2] for name, values in features.arrays(COLUMNS).items()}
    graph = export(network, arrays)
    bundle = Bundle("any", (), features, graph, task="regression")
    np.testing.assert_allclose(bundle.values(COLUMNS), expected, rtol=1e-5)
    narrow = Bundle("any", (), features, graph, task="regression", limits=(990.0, 1010.0))
    assert narrow.values(COLUMNS).min() >= 990
    assert narrow.values(COLUMNS).max() <= 1010
    told = validate(network, posed, validation(network, posed, features.arrays(COLUMNS)))
    error = np.mean(((expected - WORTH) / WORTH.std()) ** 2)
    assert told["valid_loss"] == pytest.approx(error)
    assert told["valid_r2"] == pytest.approx(1 - error)
    assert network.evaluate(features.arrays(COLUMNS), WORTH, verbose=0) == pytest.approx(error, rel=1e-4)


def test_a_table_stands_beside_the_text_only_where_the_record_has_one() -> None:
    tokens = Tokens.fit(TEXTS, "said", 8, 100)
    alone = Record("said", (Column("said", "text", "text"), Column("worth", "number", "label")))
    assert beside(tokens, COLUMNS, alone) is tokens
    together = beside(tokens, COLUMNS, NUMBER)
    assert isinstance(together, Joined)
    assert [type(part) for part in together.parts] == [Tokens, Table]
    assert set(together.arrays(COLUMNS)) == {"tokens", "table"}
    assert from_json(to_json(together)) == together


def test_equal_numbers_have_no_spread_to_divide_by() -> None:
    assert spread(problem(NUMBER, np.full(64, 5.0))) == (5.0, 1.0)
