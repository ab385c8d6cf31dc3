"""A model's answers -> its scores, by its task."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipelines.answering import Answered
from pipelines.bootstrap import Measure
from pipelines.errors import DataError
from pipelines.estimates import number_measures, order_measures
from pipelines.perplexity import text_measures, unigram_nats
from pipelines.scores import Scores, scores_of


def measured(answered: Answered, texts: tuple[Sequence[str], Sequence[str]], *, draws: int, seed: int) -> Scores:
    """How good the answers are. Of language alone, `texts` are those that were learnt, and those that were asked about.

    Raises DataError where an answer is no finite number.
    """
    if not np.isfinite(answered.found).all():
        raise DataError(
            "scores: an answer that is not a finite number.",
            "Expected finite numbers of every row.",
            "train again; if it stays, lower the learning rate, for the training has diverged.",
        )
    match answered.task:
        case "regression":
            true = answered.true.astype(np.float64)
            found = number_measures(true, answered.found, answered.people, draws=draws, seed=seed)
            return _without_classes(answered, found)
        case "language":
            usual = unigram_nats(*texts)
            found = text_measures(answered.found, answered.characters, usual, answered.people, draws=draws, seed=seed)
            return _without_classes(answered, found)
        case "ordinal":
            scores = _of_classes(answered, draws, seed)
            predicted = answered.predicted.astype(np.int64)
            steps = order_measures(answered.classes, predicted, answered.people, draws=draws, seed=seed)
            return replace(scores, measures=scores.measures | steps, task="ordinal")
        case "classification":
            return _of_classes(answered, draws, seed)


def _of_classes(answered: Answered, draws: int, seed: int) -> Scores:
    predicted = answered.predicted.astype(np.int64)
    asked = (answered.labels, answered.classes, answered.found, predicted, answered.people)
    return scores_of(*asked, draws=draws, seed=seed)


def _without_classes(answered: Answered, found: dict[str, Measure]) -> Scores:
    return Scores(len(answered.names), [], found, {}, {}, [], answered.task)
