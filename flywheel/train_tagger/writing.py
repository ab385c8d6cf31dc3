"""What training made, written down: the network's graph operation by operation, and its table in small integers.

Equal weights give equal bytes, which an exporter that names things anew in each process does not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.tagger import DEPTH, DILATIONS


def graph(weights: dict[str, NDArray[Any]]) -> bytes:
    """The ONNX graph (words (n, DEPTH), there (n, 1)) -> chances (n, labels)."""
    from onnx import TensorProto, helper

    writer = _Writer({name: value.astype(np.float32) for name, value in weights.items()})
    state = writer.dense("begin", "words", normed=None)
    for place, reach in enumerate(DILATIONS):
        state = writer.dense(f"block{place}", writer.around(state, reach, place), normed=state)
    logits = writer.affine("end", state)
    writer.add("Softmax", [logits], "chances", axis=-1)
    labels = weights["end/bias"].shape[0]
    made = helper.make_graph(
        writer.nodes,
        "tagger",
        [
            helper.make_tensor_value_info("words", TensorProto.FLOAT, ["n", DEPTH]),
            helper.make_tensor_value_info("there", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, ["n", labels])],
        writer.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString(deterministic=True))


def table(weights: dict[str, NDArray[Any]]) -> tuple[NDArray[np.int8], float]:
    """The table in small integers, and what one of them is worth."""
    values = weights["table/embeddings"]
    # The few largest numbers are cut off: a finer scale for all others is worth more.
    scale = float(np.quantile(np.abs(values), 0.9999)) / 127
    return np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale


class _Writer:
    """The nodes of a graph and its constants, as they are added."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operation, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def affine(self, layer: str, state: str) -> str:
        kernel = self.constant(f"{layer}.kernel", self.weights[f"{layer}/kernel"])
        bias = self.constant(f"{layer}.bias", self.weights[f"{layer}/bias"])
        return self.add("Gemm", [state, kernel, bias], f"{layer}.affine")

    def dense(self, layer: str, inputs: str, normed: str | None) -> str:
        """A dense layer, added to `normed` where there is one, normalised, and nothing where there is no word."""
        state = self.add("Relu", [self.affine(layer, inputs)], f"{layer}.relu")
        if normed:
            state = self.add("Add", [normed, state], f"{layer}.sum")
        gamma = self.constant(f"{layer}.gamma", self.weights[f"{layer}_norm/gamma"])
        beta = self.constant(f"{layer}.beta", self.weights[f"{layer}_norm/beta"])
        state = self.add("LayerNormalization", [state, gamma, beta], f"{layer}.norm", axis=-1, epsilon=1e-5)
        return self.add("Mul", [state, "there"], f"{layer}.there")

    def around(self, state: str, reach: int, place: int) -> str:
        """Each word's state between those of the words `reach` before and after it."""
        zeros = self.constant(f"zeros{place}", np.zeros((reach, self.weights["begin/bias"].shape[0]), np.float32))
        starts, ends, rows = (
            self.constant(f"{name}{place}", np.array([value], np.int64))
            for name, value in (("to", -reach), ("from", reach), ("rows", 0))
        )
        far = self.constant(f"far{place}", np.array([np.iinfo(np.int64).max], np.int64))
        none = self.constant(f"none{place}", np.array([0], np.int64))
        before = self.add("Slice", [state, none, starts, rows], f"before{place}.cut")
        before = self.add("Concat", [zeros, before], f"before{place}", axis=0)
        after = self.add("Slice", [state, ends, far, rows], f"after{place}.cut")
        after = self.add("Concat", [after, zeros], f"after{place}", axis=0)
        return self.add("Concat", [before, state, after], f"around{place}", axis=1)
