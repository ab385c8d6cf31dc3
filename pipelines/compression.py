"""A trained graph made smaller: weights left out, or kept in fewer bits. What it costs, `evaluate` measures.

Works on the ONNX graph alone, so that every family can be made smaller in the same way.
"""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ParameterError

# A model as it was before it was made smaller: it is measured, and never promoted.
UNCOMPRESSED = "uncompressed"
# What is smaller than this has nothing to give: scales, biases, shapes.
FEWEST = 256
# What the place of a weight costs in a sparse tensor, in bytes, beside the weight itself.
PLACE = 8


@dataclass(frozen=True)
class Compression:
    """How a model is made smaller before it is measured and served.

    `prune` is the share of each tensor's weights that are set to zero, the smallest ones first (magnitude pruning);
    `weights` is how those that stay are kept.
    """

    weights: Literal["float32", "float16", "int8"] = "float32"
    prune: float = 0.0

    @property
    def asked(self) -> bool:
        """Whether there is anything to do."""
        return self != Compression()

    def __str__(self) -> str:
        pruned = [f"{100 * self.prune:g} % of the weights pruned"] if self.prune else []
        return ", ".join([*pruned, f"{self.weights} weights"])


def compress(graph: bytes, how: Compression) -> bytes:
    """`graph` with smaller weights. Raises ParameterError where `how` cannot be, or the graph has no weights."""
    import onnx

    if not 0 <= how.prune < 1:
        raise ParameterError(
            f"params.yaml: `train.compression.prune` is {how.prune:g}.",
            "Expected the share of the weights that are left out: 0 or more, and less than 1.",
            "begin with 0.5, and see in the report what it costs.",
        )
    model = onnx.load_from_string(graph)
    if not any(True for _ in _weights(model)):
        raise ParameterError(
            "train: this model has no weights that could be kept in fewer bits.",
            f"Expected, with `train.compression`, a family with a tensor of {FEWEST} weights or more.",
            "take `compression` out of params.yaml, or choose a larger model.",
        )
    if how.prune:
        _prune(model, how.prune)
    if how.weights == "int8":
        model = _in_int8(model)
    elif how.weights == "float16":
        _halve(model)
    _store_sparsely(model)
    return bytes(model.SerializeToString())


def _weights(model: Any, *kinds: int) -> Iterator[tuple[Any, NDArray[Any]]]:
    """Each tensor of weights in the graph, float32 where no other `kinds` are named, and its values."""
    from onnx import TensorProto, numpy_helper

    for tensor in model.graph.initializer:
        if tensor.data_type in (kinds or (TensorProto.FLOAT,)) and np.prod(tensor.dims) >= FEWEST:
            yield tensor, numpy_helper.to_array(tensor)


def _prune(model: Any, share: float) -> None:
    """Set the smallest weights of each tensor to zero (Han et al. 2015, per layer)."""
    from onnx import numpy_helper

    for tensor, values in _weights(model):
        limit = np.quantile(np.abs(values), share)
        # Weights as large as the limit stay: of equal ones, as the marks of a set are, none is smaller than another.
        kept = np.where(np.abs(values) >= limit, values, np.float32(0))
        tensor.CopyFrom(numpy_helper.from_array(kept, tensor.name))


def _halve(model: Any) -> None:
    """Keep weights in 16 bits; the runtime widens them once when it loads, and calculates in 32 as before."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor, values in list(_weights(model)):
        name = tensor.name
        largest = float(np.finfo(np.float16).max)  # beyond it a weight would become infinite
        narrow = np.clip(values, -largest, largest).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(narrow, f"{name}_float16"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    for place, cast in enumerate(casts):
        model.graph.node.insert(place, cast)


def _in_int8(model: Any) -> Any:
    """Weights in 8 bits with a scale for each channel; what runs through them is scaled as it comes (dynamic)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It advises every caller to merge operators first, which the runtime does by itself.
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory(prefix="flywheel-int8-") as folder:
            before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
            onnx.save(model, str(before))
            quantize_dynamic(before, after, per_channel=True, weight_type=QuantType.QInt8)
            return onnx.load(str(after))
    finally:
        logging.disable(logging.NOTSET)


def _store_sparsely(model: Any) -> None:
    """Write tensors that are mostly zeros as their places and values; a runtime fills them up when it loads."""
    from onnx import TensorProto, helper, numpy_helper

    for tensor, values in list(_weights(model, TensorProto.FLOAT, TensorProto.FLOAT16)):
        places = np.flatnonzero(values)
        if len(places) * (PLACE + values.itemsize) >= values.nbytes:
            continue
        kept = numpy_helper.from_array(values.ravel()[places], tensor.name)
        where = numpy_helper.from_array(places.astype(np.int64), f"{tensor.name}_places")
        model.graph.sparse_initializer.append(helper.make_sparse_tensor(kept, where, list(tensor.dims)))
        model.graph.initializer.remove(tensor)
