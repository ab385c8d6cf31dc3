"""Which piece follows which: the baseline of every language model, counted in one pass."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipelines.letters import Letters
from pipelines.models import Fitted, Problem
from pipelines.models.graphs import serialised

# The table has a number for each pair.
MOST = 1024
# A unigram counts as so many sightings of each piece's followers (Dirichlet smoothing, MacKay & Peto 1995).
PRIOR = 2.0


def fit_language(problem: Problem) -> Fitted:
    """The smoothed bigram model of the characters of `problem`; deterministic, and too quick to be watched."""
    texts = problem.train.columns[problem.text]
    features = Letters.fit(texts, problem.text, MOST, "characters", MOST)
    table = likely(features, texts)
    return Fitted(features, _graph(table), {"parameters": int(table.size)})


def likely(features: Letters, texts: Iterable[str | None]) -> NDArray[np.float32]:
    """The probability that each piece follows each: (before, after), rows sum to one."""
    size = features.rows
    counts = np.zeros(size * size)
    for text in texts:
        stream = np.array([0, *features.read(text or ""), 0])
        counts += np.bincount(stream[:-1] * size + stream[1:], minlength=size * size)
    pairs = counts.reshape(size, size)
    alone = (pairs.sum(axis=0) + 1) / (pairs.sum() + size)
    smoothed = (pairs + PRIOR * alone) / (pairs.sum(axis=1, keepdims=True) + PRIOR)
    return np.asarray(smoothed, dtype=np.float32)


def _graph(table: NDArray[np.float32]) -> bytes:
    """The row of `table` that each letter names."""
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node("Gather", ["table", "letters"], ["probabilities"])
    given = helper.make_tensor_value_info("letters", TensorProto.INT32, ["n", "length"])
    found = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", "length", table.shape[1]])
    return serialised(helper.make_graph([node], "bigram", [given], [found], [numpy_helper.from_array(table, "table")]))
