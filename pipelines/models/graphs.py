"""ONNX graphs of weighted sums: of a text's terms, of a table's columns, of both; and what the sums come to."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Features, Joined, Table, Terms
from pipelines.ngrams import NGrams
from pipelines.pixels import Pixels

if TYPE_CHECKING:
    import onnx

OPSET = 17
# The score of a label that no row taught: a chance of some billionths, whatever the others score.
NEVER = -20.0
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sum:
    """The nodes whose output `scores` is (n, outputs), with their inputs and constants."""

    outputs: int
    nodes: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)


def summed(features: Features, coefficients: Floats, intercept: Floats, *, presence: bool = False) -> Sum:
    """The sum of `features` by `coefficients` (width, outputs), the parts' one below the other, and `intercept`.

    With `presence` a term counts once, whatever its weight.
    """
    from onnx import helper

    found = Sum(coefficients.shape[1])
    start, sums = 0, []
    for part in features.parts if isinstance(features, Joined) else (features,):
        width = _width(part)
        sums.append(_added(found, part, coefficients[start : start + width], presence))
        start += width
    found.constants["intercept"] = intercept
    found.nodes.append(helper.make_node("Sum", [*sums, "intercept"], ["scores"]))
    return found


def _width(part: Features) -> int:
    """How many numbers of a row are weighed."""
    if isinstance(part, Terms | NGrams):
        return len(part.vocabulary)
    if isinstance(part, Pixels):
        return part.height * part.width * part.channels
    if not isinstance(part, Table):
        raise TypeError(f"{part.kind} are no columns of a linear model")
    return part.width


def _added(found: Sum, part: Features, coefficients: Floats, presence: bool) -> str:
    if isinstance(part, Terms | NGrams):
        return _terms(found, coefficients, presence)
    return _pixels(found, part, coefficients) if isinstance(part, Pixels) else _table(found, coefficients)


def _terms(found: Sum, coefficients: Floats, presence: bool) -> str:
    """The weighted sum of the rows of `coefficients` that a text's terms name; one more row is for padding."""
    from onnx import TensorProto, helper

    found.nodes.extend(
        [
            helper.make_node("Gather", ["term coefficients", "terms"], ["rows"]),
            *([helper.make_node("Sign", ["weights"], ["present"])] if presence else []),
            # A product of matrices adds up as it goes; a text has thousands of n-grams.
            helper.make_node("Unsqueeze", ["present" if presence else "weights", "middle"], ["row"]),
            helper.make_node("MatMul", ["row", "rows"], ["products"]),
            helper.make_node("Squeeze", ["products", "middle"], ["of terms"]),
        ]
    )
    found.inputs.extend(
        [
            helper.make_tensor_value_info("terms", TensorProto.INT64, ["n", "length"]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["n", "length"]),
        ]
    )
    found.constants["term coefficients"] = np.concatenate(
        [coefficients, np.zeros_like(coefficients, shape=(1, found.outputs))]
    )
    found.constants["middle"] = np.array([1], dtype=np.int64)
    return "of terms"


def _table(found: Sum, coefficients: Floats) -> str:
    from onnx import TensorProto, helper

    found.nodes.append(helper.make_node("MatMul", ["table", "column coefficients"], ["of columns"]))
    found.inputs.append(helper.make_tensor_value_info("table", TensorProto.FLOAT, ["n", coefficients.shape[0]]))
    found.constants["column coefficients"] = coefficients
    return "of columns"


def _pixels(found: Sum, part: Pixels, coefficients: Floats) -> str:
    from onnx import TensorProto, helper

    found.nodes.append(helper.make_node("Flatten", ["pixels"], ["light"], axis=1))
    found.nodes.append(helper.make_node("MatMul", ["light", "pixel coefficients"], ["of pixels"]))
    found.inputs.append(helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", *part.shape]))
    found.constants["pixel coefficients"] = coefficients
    return "of pixels"


def softmax(scores: Sum, labels: int) -> bytes:
    """The graph that turns (n, labels) `scores` into probabilities."""
    from onnx import helper

    scores.nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1))
    return _answering(scores, "probabilities", labels)


def values(scores: Sum) -> bytes:
    """The graph whose answer the (n, 1) `scores` are."""
    from onnx import helper

    scores.nodes.append(helper.make_node("Identity", ["scores"], ["value"]))
    return _answering(scores, "value", 1)


def _answering(scores: Sum, answer: str, width: int) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    output = helper.make_tensor_value_info(answer, TensorProto.FLOAT, ["n", width])
    constants = [numpy_helper.from_array(value, name) for name, value in scores.constants.items()]
    return serialised(helper.make_graph(scores.nodes, "linear", scores.inputs, [output], constants))


def serialised(graph: "onnx.GraphProto", **versions: int) -> bytes:
    """`graph` as a model, checked; `versions` of sets of operators besides ONNX's own."""
    from onnx import checker, helper

    imports = [helper.make_opsetid(domain, version) for domain, version in {"": OPSET, **versions}.items()]
    # An intermediate representation that runtimes of the last two years all read.
    model = helper.make_model(graph, opset_imports=imports, ir_version=9)
    checker.check_model(model)
    return bytes(model.SerializeToString())
