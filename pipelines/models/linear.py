"""Logistic regression on TF-IDF terms or on a table's columns: the baseline that every run trains."""

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Table, Terms
from pipelines.models import Fitted, Part, Problem, Schedule, Watcher
from pipelines.models.options import Linear

OPSET = 17


def fit(problem: Problem, options: Linear, schedule: Schedule | None = None, watcher: Watcher | None = None) -> Fitted:
    """The regularised logistic regression of `problem`; deterministic, and too quick to be watched."""
    from sklearn.linear_model import LogisticRegression

    features = _features(problem, options)
    matrix = _matrix(features, problem.train)
    weights = {place: float(weight) for place, weight in enumerate(problem.weights)}
    model = LogisticRegression(C=options.c, max_iter=1000, class_weight=weights)
    model.fit(matrix, problem.train.labels)
    coefficients, intercept = _per_label(model)
    graph = (
        _terms_graph(coefficients, intercept) if isinstance(features, Terms) else _table_graph(coefficients, intercept)
    )
    return Fitted(features, graph, {"parameters": int(coefficients.size + intercept.size)})


def _features(problem: Problem, options: Linear) -> Terms | Table:
    text = problem.record.text
    if text is None:
        return Table.fit(problem.train.columns, problem.record)
    texts = problem.train.columns[text.name]
    return Terms.fit(texts, text.name, options.words, options.characters, options.terms)


def _matrix(features: Terms | Table, part: Part) -> Any:
    """The training rows as scikit-learn wants them: sparse for terms, dense for tables."""
    if isinstance(features, Table):
        return features.arrays(part.columns)["table"]
    from scipy.sparse import csr_matrix

    rows = [features.weigh(text or "") for text in part.columns[features.column]]
    starts = np.cumsum([0] + [len(ids) for ids, _ in rows])
    ids = np.fromiter(chain.from_iterable(ids for ids, _ in rows), np.int32, starts[-1])
    weights = np.fromiter(chain.from_iterable(weights for _, weights in rows), np.float64, starts[-1])
    return csr_matrix((weights, ids, starts), shape=(len(rows), len(features.vocabulary)))


def _per_label(model: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coefficients (width, labels) and intercept (labels,): scikit-learn keeps only one of two for two labels."""
    coefficients, intercept = model.coef_, model.intercept_
    if len(intercept) == 1:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercept = np.concatenate([[0.0], intercept])
    return coefficients.T.astype(np.float32), np.asarray(intercept, dtype=np.float32)


def _terms_graph(coefficients: NDArray[np.float32], intercept: NDArray[np.float32]) -> bytes:
    """Softmax of the weighted sum of the rows of `coefficients` that a text's terms name; the last row is padding."""
    from onnx import TensorProto, helper, numpy_helper

    padded = np.concatenate([coefficients, np.zeros((1, coefficients.shape[1]), dtype=np.float32)])
    nodes = [
        helper.make_node("Gather", ["coefficients", "terms"], ["rows"]),
        helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "middle"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "intercept"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    inputs = [
        helper.make_tensor_value_info("terms", TensorProto.INT64, ["n", "length"]),
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["n", "length"]),
    ]
    constants = {
        "coefficients": padded,
        "intercept": intercept,
        "last": np.array([2], dtype=np.int64),
        "middle": np.array([1], dtype=np.int64),
    }
    return _serialise(nodes, inputs, [numpy_helper.from_array(v, n) for n, v in constants.items()], len(intercept))


def _table_graph(coefficients: NDArray[np.float32], intercept: NDArray[np.float32]) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Gemm", ["table", "coefficients", "intercept"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info("table", TensorProto.FLOAT, ["n", coefficients.shape[0]])]
    constants = {"coefficients": coefficients, "intercept": intercept}
    return _serialise(nodes, inputs, [numpy_helper.from_array(v, n) for n, v in constants.items()], len(intercept))


def _serialise(nodes: list[Any], inputs: list[Any], constants: list[Any], labels: int) -> bytes:
    from onnx import TensorProto, checker, helper

    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", labels])
    graph = helper.make_graph(nodes, "linear", inputs, [output], constants)
    # An intermediate representation that runtimes of the last two years all read.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model)
    return bytes(model.SerializeToString())
