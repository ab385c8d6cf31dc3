"""One order and one set of names for an ONNX graph, so that equal models are equal bytes.

The exporter names and orders nodes by the order of Python sets, which changes from process to process.
"""

import hashlib
from typing import Any


def canonical(graph: bytes) -> bytes:
    """The same model, each value named by a digest of how it is computed, nodes ordered by depth and name.

    Values that are computed alike become one. Names of inputs stay.
    """
    from onnx import ModelProto, checker

    model = ModelProto.FromString(graph)
    names, depths = _named_constants(model.graph)
    for value in model.graph.input:
        names[value.name], depths[value.name] = value.name, 0
    nodes: dict[tuple[int, str], Any] = {}
    for node in model.graph.node:  # ONNX wants them in topological order, so what a node reads is named already
        depth = 1 + max([depths[name] for name in node.input if name], default=0)
        content = _digest(node, [names.get(name, "") for name in node.input])
        for place, name in enumerate(node.output):
            names[name], depths[name] = f"v{content}_{place}" if name else "", depth
        nodes[depth, content] = node
    _rename(model.graph, names, [nodes[key] for key in sorted(nodes)])
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _named_constants(graph: Any) -> tuple[dict[str, str], dict[str, int]]:
    from onnx import numpy_helper

    names = {}
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        content = f"{values.dtype} {values.shape} ".encode() + values.tobytes()
        names[tensor.name] = "c" + hashlib.sha256(content).hexdigest()[:16]
    return names, dict.fromkeys(names, 0)


def _digest(node: Any, inputs: list[str]) -> str:
    content = hashlib.sha256(f"{node.domain} {node.op_type} {inputs}".encode())
    for attribute in sorted(node.attribute, key=lambda attribute: str(attribute.name)):
        content.update(attribute.SerializeToString(deterministic=True))
    return content.hexdigest()[:16]


def _rename(graph: Any, names: dict[str, str], nodes: list[Any]) -> None:
    kept = {}
    for tensor in graph.initializer:
        kept[names[tensor.name]] = tensor
        tensor.name = names[tensor.name]
    ordered = [kept[name] for name in sorted(kept)]
    for node in nodes:
        node.input[:] = [names.get(name, "") for name in node.input]
        node.output[:] = [names[name] for name in node.output]
        node.name = node.output[0]
    for output in graph.output:
        output.name = names[output.name]
    for place, value in enumerate([*graph.input, *graph.output]):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if size.dim_param:
                size.dim_param = f"d{place}_{axis}"
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    constants = [type(tensor).FromString(tensor.SerializeToString()) for tensor in ordered]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(copies)
    graph.initializer.extend(constants)
