"""A weighted sum of TF-IDF terms or of pixels, of a table's columns, or of both: the baseline that every run trains.

What the sum says is a matter of the task: logistic regression for classes, ridge regression for a number. Classes in an
order are learnt as classes, and the order decides between them: on ratings of films that made 15 % smaller errors than
proportional odds with one weight per term (docs/decisions/0023).
"""

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Features, Joined, Table, Terms, beside
from pipelines.models import Fitted, Part, Problem, Schedule, Watcher
from pipelines.models.bigram import fit_language
from pipelines.models.graphs import NEVER, softmax, summed, values
from pipelines.models.heads import spread
from pipelines.models.options import Linear
from pipelines.models.vocabularies import at_most, refuse_empty
from pipelines.pixels import Pixels

Floats = NDArray[np.float32]
# A baseline sees pictures no larger than this: it weighs every pixel by itself.
SIDE = 32
# By how much less than `c` a number's errors may weigh.
WEAKER = (1.0, 0.1, 0.01, 0.001)


def fit(problem: Problem, options: Linear, schedule: Schedule | None = None, watcher: Watcher | None = None) -> Fitted:
    """The regularised linear model of `problem`; deterministic, and too quick to be watched."""
    if problem.task == "language":
        return fit_language(problem)
    features = features_of(problem, options)
    matrix = matrix_of(features, problem.train)
    learn = _numbers if problem.task == "regression" else _classes
    graph, parameters = learn(problem, features, matrix, options)
    return Fitted(features, graph, {"parameters": parameters})


def _classes(problem: Problem, features: Features, matrix: Any, options: Linear) -> tuple[bytes, int]:
    from sklearn.linear_model import LogisticRegression

    weights = {place: float(weight) for place, weight in enumerate(problem.weights)}
    model = LogisticRegression(C=options.c, max_iter=1000, class_weight=weights)
    model.fit(matrix, problem.train.labels)
    coefficients, intercept = _per_label(model, len(problem.labels))
    graph = softmax(summed(features, coefficients, intercept), len(intercept))
    return graph, int(coefficients.size + intercept.size)


def _numbers(problem: Problem, features: Features, matrix: Any, options: Linear) -> tuple[bytes, int]:
    from sklearn.linear_model import Ridge

    # In standard deviations `c` means what it means for classes: how much an error weighs against the coefficients.
    mean, deviation = spread(problem)
    goal = (problem.train.labels - mean) / deviation
    models = [Ridge(alpha=1 / (options.c * weaker)).fit(matrix, goal) for weaker in WEAKER]
    watched = matrix_of(features, problem.valid)
    aim = (problem.valid.labels - mean) / deviation
    # Numbers are noisier than classes, and how much is the data's affair: the validation rows choose.
    model = min(models, key=lambda each: float(np.square(each.predict(watched) - aim).sum()))
    coefficients = (deviation * model.coef_[:, None]).astype(np.float32)
    intercept = np.array([mean + deviation * model.intercept_], dtype=np.float32)
    return values(summed(features, coefficients, intercept)), int(coefficients.size + 1)


def features_of(problem: Problem, options: Linear) -> Features:
    """The terms of the record's text, or the pixels of its picture, with its table beside them; or the table alone."""
    text = problem.record.text
    if problem.reads == "image":
        pixels = Pixels.fit(problem.train.columns[problem.picture], problem.picture, SIDE)
        return beside(pixels, problem.train.columns, problem.record)
    if text is None:
        return Table.fit(problem.train.columns, problem.record)
    texts = problem.train.columns[text.name]
    size = at_most(options.terms, len(problem.labels))
    found = Terms.fit(texts, text.name, options.words, options.characters, size)
    refuse_empty(found.vocabulary, text.name)
    return beside(found, problem.train.columns, problem.record)


def matrix_of(features: Features, part: Part) -> Any:
    """The rows as scikit-learn wants them: sparse where there are terms, dense for a table or a picture alone."""
    if isinstance(features, Table):
        return features.arrays(part.columns)["table"]
    if isinstance(features, Pixels):
        return features.arrays(part.columns)["pixels"].reshape(len(part.labels), -1)
    from scipy.sparse import csr_matrix, hstack

    if isinstance(features, Joined):
        return hstack([csr_matrix(matrix_of(each, part)) for each in features.parts], format="csr")
    if not isinstance(features, Terms):
        raise TypeError(f"{features.kind} are no columns of a linear model")
    rows = [features.weigh(text or "") for text in part.columns[features.column]]
    starts = np.cumsum([0] + [len(ids) for ids, _ in rows])
    ids = np.fromiter(chain.from_iterable(ids for ids, _ in rows), np.int32, starts[-1])
    weights = np.fromiter(chain.from_iterable(weights for _, weights in rows), np.float64, starts[-1])
    return csr_matrix((weights, ids, starts), shape=(len(rows), len(features.vocabulary)))


def _per_label(model: Any, labels: int) -> tuple[Floats, Floats]:
    """Coefficients (width, labels) and intercept (labels,): scikit-learn keeps only one of two for two labels.

    It knows the labels of its rows alone, and the rows of a fold may lack a rare one.
    """
    coefficients, intercept = model.coef_, model.intercept_
    if len(intercept) == 1:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercept = np.concatenate([[0.0], intercept])
    weights = np.zeros((coefficients.shape[1], labels), dtype=np.float32)
    weights[:, model.classes_] = coefficients.T
    alone = np.full(labels, NEVER, dtype=np.float32)
    alone[model.classes_] = intercept
    return weights, alone
