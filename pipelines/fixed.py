"""Features that are fixed before any row is seen: from the record alone, for training with differential privacy.

A vocabulary, a mean or the edges of steps that are taken from the training rows would tell of them without noise.
"""

import numpy as np

from pipelines.errors import ParameterError
from pipelines.features import Table, Tokens
from pipelines.pixels import COLOUR, GREY, Pixels
from pipelines.record import Column, Record
from pipelines.scale import STEPS, Scale

BUCKETS = 32
# From here on a range is walked in steps that grow: counts and sums of money gather at its lower end.
WIDE = 1000.0


def fixed_tokens(column: str, length: int, size: int) -> Tokens:
    """The first `length` tokens of a text, each by its hash among `size` ids: there is no vocabulary to leak."""
    return Tokens(column, length, {}, size - 2)


def fixed_pixels(column: str, size: tuple[int, ...]) -> Pixels:
    """Pixels of this height, width and number of channels. Raises ParameterError where `size` is no size."""
    if len(size) == 3 and min(size) > 0 and size[2] in (GREY, COLOUR):
        return Pixels(column, *size)
    raise ParameterError(
        "params.yaml: `pictures.size` of `train.cnn` or `train.mlp` is no size of pictures.",
        "Expected height, width, and 1 channel for grey or 3 for colour; with `train.privacy` it cannot be left out.",
        "write for example `pictures: {size: [28, 28, 1]}`.",
    )


def fixed_table(record: Record) -> Table:
    """A table whose scales come from the record's ranges, and its categories from the record's lists.

    Categories without a list are hashed. Raises ParameterError where a number has no range.
    """
    numbers = {column.name: _scale(column) for column in record.features if column.is_numeric}
    others = [column for column in record.features if not column.is_numeric]
    listed = {column.name: sorted(column.categories) for column in others if column.categories}
    return Table(numbers, listed, {column.name: BUCKETS for column in others if not column.categories})


def _scale(column: Column) -> Scale:
    if column.min is None or column.max is None or column.max <= column.min:
        raise ParameterError(
            f"params.yaml: `record.columns.{column.name}` has no range, and `train.privacy` is set.",
            "Expected `min` and `max`: to take them from the rows would tell of single people.",
            f"give `{column.name}` the range that it can have, from what you know without the data.",
        )
    low, high = float(column.min), float(column.max)
    inner = np.linspace(0, 1, STEPS + 2)
    edges = low + np.expm1(inner * np.log1p(high - low)) if high - low > WIDE else low + inner * (high - low)
    middle = float(edges[len(edges) // 2])
    return Scale(middle, float((edges[-1] - edges[0]) / np.sqrt(12)), edges.tolist())
