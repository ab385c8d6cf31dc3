"""Rows cut into batches: every row once, in an order of chance that comes again, no longer than they need to be."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.models.batches import Batches, ahead, measured


def texts(lengths: list[int], size: int, **own: Any) -> Batches:
    """Rows as long as said, each filled with its own number + 1."""
    tokens = np.zeros((len(lengths), max([*lengths, 1])), dtype=np.int32)
    for row, length in enumerate(lengths):
        tokens[row, :length] = row + 1
    labels = np.arange(len(lengths))
    found = measured({"tokens": tokens}, ("tokens",))
    weights = np.ones(len(lengths), dtype=np.float32)
    return Batches({"tokens": tokens}, labels, weights, size, ("tokens",), found, **own)


LENGTHS = st.lists(st.integers(0, 90), min_size=1, max_size=200)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 3), st.sampled_from([1, 2, 16]))
def test_an_epoch_has_every_row_once_and_nothing_of_a_row_is_cut_off(
    lengths: list[int], size: int, epoch: int, fill: int
) -> None:
    rows = texts(lengths, size, fill=fill)
    batches = list(rows.epoch(7, epoch))
    assert len(batches) == rows.count
    real = [label for batch in batches for label in batch.labels[: batch.rows]]
    assert sorted(real) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.labels) % fill == 0
        assert (np.count_nonzero(batch.inputs["tokens"], axis=1) == [lengths[label] for label in batch.labels]).all()


@given(LENGTHS, st.integers(1, 40), st.integers(2, 5))
def test_rows_that_fill_up_change_no_mean(lengths: list[int], size: int, fill: int) -> None:
    for batch in texts(lengths, size, fill=fill).epoch(1, 0):
        losses = batch.labels * 1.5 + 1
        mean = (losses * batch.weights).sum() / len(losses)
        assert mean == pytest.approx(losses[: batch.rows].mean(), rel=1e-5)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 3), st.data())
def test_an_epoch_gone_on_with_has_the_batches_that_were_left(
    lengths: list[int], size: int, epoch: int, data: st.DataObject
) -> None:
    rows = texts(lengths, size)
    start = data.draw(st.integers(0, rows.count))

    def drop(inputs: dict[str, Any], chance: np.random.Generator) -> dict[str, Any]:
        return {name: np.where(chance.random(values.shape) < 0.5, 0, values) for name, values in inputs.items()}

    whole, rest = list(rows.epoch(5, epoch, augment=drop)), list(rows.epoch(5, epoch, start, drop))
    assert len(rest) == len(whole) - start
    for mine, theirs in zip(rest, whole[start:], strict=True):
        assert (mine.labels == theirs.labels).all()
        assert (mine.inputs["tokens"] == theirs.inputs["tokens"]).all()


def test_another_epoch_and_another_seed_have_another_order() -> None:
    rows = texts(list(range(1, 81)), 8)
    orders = [np.concatenate(rows.order(seed, epoch)).tolist() for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    assert len({tuple(order) for order in orders}) == 3


def test_texts_stand_beside_others_as_long_and_there_are_few_shapes() -> None:
    chance = np.random.default_rng(1)
    lengths = np.clip(chance.lognormal(4.2, 0.6, 4000), 1, 400).astype(int).tolist()
    rows = texts(lengths, 32, step=56, fill=32)
    shapes = {batch.inputs["tokens"].shape for batch in rows.epoch(1, 0)}
    assert len(shapes) <= 8
    places = sum(batch.inputs["tokens"].size for batch in texts(lengths, 32).epoch(1, 0))
    assert places < 1.15 * sum(lengths)
    assert 3 * places < len(lengths) * max(lengths)


def test_in_order_every_row_comes_once_with_its_place() -> None:
    rows = texts([3, 50, 0, 20, 7], 2)
    places = [place for found, batch in rows.inorder() for place in found if (batch.labels == found).all()]
    assert sorted(places) == [0, 1, 2, 3, 4]
    assert list(texts([], 2).inorder()) == []


def test_what_is_made_ahead_comes_in_order_and_its_failures_come_through() -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)
        raise LookupError("no more")

    made = ahead(numbers())
    assert [next(made) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(LookupError, match="no more"):
        next(made)
