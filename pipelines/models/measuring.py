"""How good a network is on the validation rows, and which epoch was the best."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models import Problem, devices
from pipelines.models.batches import Arrays, Batches, cut
from pipelines.models.checkpoints import Progress
from pipelines.models.heads import loss

if TYPE_CHECKING:
    import keras

# Rows at a time.
SIZE = 512


def validation(network: "keras.Model", problem: Problem, arrays: Arrays) -> Batches:
    """The validation rows of `problem`, in the batches in which `network` is asked about them."""
    labels, compiled = problem.valid.labels, devices.compiled()
    return cut(network, arrays, labels, np.ones(len(labels), dtype=np.float32), SIZE, compiled=compiled)


def validate(network: "keras.Model", problem: Problem, rows: Batches) -> dict[str, float]:
    """The loss of `network` on the validation rows; accuracy and macro-F1 where it says how likely each label is."""
    total, predicted = 0.0, np.zeros(rows.rows, dtype=np.int64)
    chosen, labels = loss(problem), len(problem.labels)
    for places, batch in rows.inorder():
        found = devices.answer(network, batch.inputs)[: batch.rows]
        answers = batch.labels[: batch.rows]
        total += float(np.sum(losses(chosen, answers, found)))
        if (likely := answers.ndim == 1 and found.shape == (batch.rows, labels)) and labels > 1:
            predicted[places] = found.argmax(axis=1)
    measures = {"valid_loss": total / max(1, rows.rows)}
    if not rows.rows or not likely or labels < 2:
        return measures
    accuracy = float((predicted == rows.labels).mean())
    return {**measures, "valid_accuracy": accuracy, "valid_macro_f1": macro_f1(rows.labels, predicted, labels)}


def losses(chosen: Any, answers: NDArray[Any], found: NDArray[Any]) -> NDArray[np.float64]:
    """The loss of each row."""
    if chosen == "sparse_categorical_crossentropy" and answers.ndim == 1:
        right = found.astype(np.float64)[np.arange(len(answers)), answers]
        return np.asarray(-np.log(np.clip(right, 1e-15, 1)))
    import keras

    each = np.asarray(_each(keras.losses.get(chosen), answers, found.astype(np.float32)), dtype=np.float64)
    return np.asarray(each.reshape(len(answers), -1).mean(axis=1))


def _each(rule: Any, answers: NDArray[Any], found: NDArray[Any]) -> Any:
    """What `rule` finds row by row: a loss of Keras's that would take the mean is asked for what it takes it of."""
    return rule.call(answers, found) if hasattr(rule, "call") else rule(answers, found)


def macro_f1(true: NDArray[np.int64], predicted: NDArray[np.int64], labels: int) -> float:
    """The mean over labels of the harmonic mean of precision and recall; over those that occur or are predicted."""
    hits = np.bincount(true[true == predicted], minlength=labels)
    asked = np.bincount(true, minlength=labels) + np.bincount(predicted, minlength=labels)
    return float((2 * hits[asked > 0] / asked[asked > 0]).mean())


def better(measures: dict[str, float], progress: Progress, monitor: str) -> bool:
    """Whether an epoch with these measures is better than all before: of equals by `monitor`, that of less loss."""
    if not progress.best_epoch:
        return True
    return _rank(measures, monitor) < _rank(progress.history[progress.best_epoch - 1], monitor)


def _rank(measures: dict[str, float], monitor: str) -> tuple[float, float]:
    # A model whose answers are no labels has a loss alone.
    return (-measures.get(f"valid_{monitor}", 0.0) if monitor != "loss" else 0.0), measures["valid_loss"]
