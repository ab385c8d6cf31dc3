"""Training rows as batches: in an order of chance that comes out the same again, texts beside others as long."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

    from pipelines.models import Augment

Arrays = dict[str, NDArray[Any]]
Item = TypeVar("Item")

# Texts are sorted by length within so many batches: enough to find others as long, too few to order the epoch.
POOL = 64
# Texts are cut and padded to multiples of this, and no shorter: a convolution has to fit in.
MULTIPLE = 8
# What is compiled for each shape anew may see no more lengths than this.
LENGTHS = 8


@dataclass(frozen=True)
class Batch:
    """Some rows: inputs by name, answers, and how much each row counts; `rows` of them are real, others fill up."""

    inputs: Arrays
    labels: NDArray[Any]
    weights: NDArray[np.float32]
    rows: int


@dataclass(frozen=True)
class Batches:
    """The rows of a part, to be cut into batches of `size`.

    `lengths` (rows,) says how much of its sequences a row fills; None where inputs have no length of their own, or
    where batches are not sorted by it. `step` is what lengths are rounded up to. `fill` makes every batch a multiple
    of so many rows, by rows that count for nothing.
    """

    arrays: Arrays
    labels: NDArray[Any]
    weights: NDArray[np.float32]
    size: int
    sequences: tuple[str, ...] = ()
    lengths: NDArray[np.int64] | None = None
    step: int = MULTIPLE
    fill: int = 1

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.labels)

    @property
    def count(self) -> int:
        """How many batches an epoch has."""
        return -(-self.rows // self.size)

    def order(self, seed: int, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each batch of an epoch: a function of seed and epoch alone."""
        chance = np.random.default_rng([seed, epoch])
        shuffled = chance.permutation(self.rows)
        if self.lengths is None:
            return np.split(shuffled, range(self.size, self.rows, self.size))
        pool, found = self.size * POOL, []
        for start in range(0, self.rows, pool):
            part = shuffled[start : start + pool]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            found += np.split(part, range(self.size, len(part), self.size))
        return [found[place] for place in chance.permutation(len(found))]

    def epoch(self, seed: int, epoch: int, start: int = 0, augment: "Augment | None" = None) -> Iterator[Batch]:
        """The batches of an epoch from batch `start` on; what `augment` does to one depends on its number alone."""
        for place, rows in enumerate(self.order(seed, epoch)[start:], start):
            batch = self.take(rows)
            if augment is None:
                yield batch
            else:
                inputs = augment(batch.inputs, np.random.default_rng([seed, epoch, place]))
                yield Batch(inputs, batch.labels, batch.weights, batch.rows)

    def inorder(self) -> Iterator[tuple[NDArray[np.int64], Batch]]:
        """All rows once, the shortest first, each batch with the places of its rows."""
        order = np.arange(self.rows) if self.lengths is None else np.argsort(self.lengths, kind="stable")
        for rows in np.split(order, range(self.size, self.rows, self.size)) if self.rows else []:
            yield rows, self.take(rows)

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """These rows, no longer than the longest of them needs."""
        real = len(rows)
        filled = np.resize(rows, -(-real // self.fill) * self.fill)
        width = self._width(rows)
        inputs = {
            name: values[filled, :width] if name in self.sequences else values[filled]
            for name, values in self.arrays.items()
        }
        weights = self.weights[filled]
        if len(filled) > real:
            # Keras divides by all rows: those that are real count for more, those that fill up for nothing.
            weights = weights * np.float32(len(filled) / real)
            weights[real:] = 0
        return Batch(inputs, self.labels[filled], weights, real)

    def _width(self, rows: NDArray[np.int64]) -> int | None:
        """How long the sequences of a batch have to be; None for all of it."""
        if self.lengths is None:
            return None
        return int(-(-max(int(self.lengths[rows].max()), 1) // self.step) * self.step)


def cut(
    network: "keras.Model",
    arrays: Arrays,
    labels: NDArray[Any],
    weights: NDArray[np.float32],
    size: int,
    *,
    bucketing: bool = True,
    compiled: bool = False,
    devices: int = 1,
) -> Batches:
    """The batches of these rows for `network`; where it is `compiled` for each shape, there are few shapes.

    Sequences are the inputs whose second axis is open in the network; they are padded by zeros at their end.
    """
    named = {tensor.name: tensor.shape for tensor in network.inputs}
    sequences = tuple(name for name in arrays if len(named[name]) > 1 and named[name][1] is None)
    # A label for each place of a sequence would have to be cut with it.
    lengths = measured(arrays, sequences) if bucketing and sequences and labels.ndim == 1 else None
    longest = max((arrays[name].shape[1] for name in sequences), default=0)
    step = max(MULTIPLE, -(-longest // (LENGTHS * MULTIPLE)) * MULTIPLE) if compiled else MULTIPLE
    fill = -(-size // devices) * devices if compiled else devices
    return Batches(arrays, labels, weights, size, sequences, lengths, step, fill)


def measured(arrays: Arrays, sequences: tuple[str, ...]) -> NDArray[np.int64]:
    """How long each row is: the last place, in any of its `sequences`, that is not padding."""
    found = []
    for name in sequences:
        there = arrays[name] != 0
        there = there.any(axis=tuple(range(2, there.ndim)))
        found.append(np.where(there.any(axis=1), there.shape[1] - there[:, ::-1].argmax(axis=1), 1))
    return np.asarray(np.max(found, axis=0), dtype=np.int64)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """`items` in their order, the next one made by a thread while one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1) as maker:
        waiting: Future[Any] = maker.submit(next, iterator, end)
        while (item := waiting.result()) is not end:
            waiting = maker.submit(next, iterator, end)
            yield item
