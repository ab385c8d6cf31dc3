"""A graph made smaller answers nearly as before, and is smaller; what cannot be done is refused."""

import numpy as np
import pytest
from onnx import TensorProto, helper, load_from_string, numpy_helper
from onnxruntime import InferenceSession

from pipelines.compression import Compression, compress
from pipelines.errors import ParameterError

WIDTH, HIDDEN = 60, 40
ROWS = np.random.default_rng(5).normal(size=(50, WIDTH)).astype(np.float32)


def network(hidden: int = HIDDEN) -> bytes:
    """Two dense layers with weights by chance, of the first layer most of them small."""
    rng = np.random.default_rng(3)
    first = (rng.normal(size=(WIDTH, hidden)) ** 3 / WIDTH).astype(np.float32)
    second = (rng.normal(size=(hidden, 3)) / 3).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["table", "first"], ["before"]),
        helper.make_node("Relu", ["before"], ["after"]),
        helper.make_node("MatMul", ["after", "second"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["answer"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("table", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def answers(graph: bytes) -> np.ndarray:
    (found,) = InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, {"table": ROWS})
    return np.asarray(found)


@pytest.mark.parametrize(
    ("how", "share", "off"),
    [
        (Compression("float16"), 0.6, 2e-3),
        (Compression("int8"), 0.5, 5e-2),
        (Compression(prune=0.8), 0.8, 0.5),
        (Compression("float16", prune=0.7), 0.55, 0.5),
        (Compression("int8", prune=0.5), 0.5, 0.3),
    ],
    ids=str,
)
def test_a_smaller_graph_answers_nearly_as_before(how: Compression, share: float, off: float) -> None:
    before, after = network(), compress(network(), how)
    assert len(after) < share * len(before)
    moved = np.abs(answers(after) - answers(before)).max()
    assert 0 < moved < off


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_pruning_leaves_the_largest_weights_as_they_are_and_the_rest_out(share: float) -> None:
    graph = load_from_string(compress(network(), Compression(prune=share))).graph
    whole = {tensor.name: numpy_helper.to_array(tensor) for tensor in load_from_string(network()).graph.initializer}
    sparse = {tensor.values.name: numpy_helper.to_array(tensor.values) for tensor in graph.sparse_initializer}
    dense = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept = np.sort(np.abs((sparse | dense)["first"][(sparse | dense)["first"] != 0]))
    largest = np.sort(np.abs(whole["first"]).ravel())[-len(kept) :]
    assert len(kept) == pytest.approx((1 - share) * whole["first"].size, abs=1)
    assert np.array_equal(kept, largest)
    assert bool(sparse) == (share == 0.9)  # places cost more than they save while many weights stay


def test_of_equal_weights_none_is_pruned_for_the_others() -> None:
    model = load_from_string(network())
    marks = (np.arange(WIDTH * HIDDEN).reshape(WIDTH, HIDDEN) % 3 > 0).astype(np.float32)  # as a tree's sets of codes
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(marks, "first"))
    graph = load_from_string(compress(model.SerializeToString(), Compression(prune=0.5))).graph
    assert np.array_equal(numpy_helper.to_array(graph.initializer[0]), marks)


def test_a_weight_beyond_sixteen_bits_stays_finite() -> None:
    model = load_from_string(network())
    weights = numpy_helper.to_array(model.graph.initializer[0]).copy()
    weights[0, 0] = 1e9
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "first"))
    assert np.isfinite(answers(compress(model.SerializeToString(), Compression("float16")))).all()


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ParameterError, match="Expected the share"):
        compress(network(), Compression(prune=share))


def test_a_graph_without_weights_is_refused() -> None:
    with pytest.raises(ParameterError, match="no weights"):
        compress(network(hidden=1), Compression("int8"))
