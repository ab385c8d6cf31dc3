"""Several models -> one graph: each member's own, and behind them the pool that makes one answer of theirs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.features import Features
from pipelines.models import Fitted
from pipelines.models.ensembles import FLOOR, Pool
from pipelines.together import Together, prefix

IR = 9
ROWS = "n"


def merged(members: Sequence[Fitted], pool: Pool) -> tuple[Features, bytes]:
    """The features and the graph of an ensemble; what members read alike is computed once."""
    from onnx import TensorProto, checker, helper, load_from_string

    parts: list[Features] = []
    for member in members:
        if member.features not in parts:
            parts.append(member.features)
    graphs = _alike([load_from_string(member.graph) for member in members])
    inputs: dict[str, Any] = {}
    nodes: list[Any] = []
    constants: list[Any] = []
    for place, (member, model) in enumerate(zip(members, graphs, strict=True)):
        _take(model, place, prefix(parts.index(member.features)), inputs, nodes, constants)
    more, held = _pooled(len(members), pool)
    answer = "value" if pool.numbers else "probabilities"
    output = helper.make_tensor_value_info(answer, TensorProto.FLOAT, [ROWS, len(pool.bias)])
    graph = helper.make_graph(nodes + more, "ensemble", list(inputs.values()), [output], constants + held)
    found = helper.make_model(
        graph, opset_imports=_imports(graphs), ir_version=max(IR, *(m.ir_version for m in graphs))
    )
    checker.check_model(found)
    return Together(tuple(parts)), bytes(found.SerializeToString())


def _alike(models: list[Any]) -> list[Any]:
    """`models` in the newest version of the operators that any of them is written in."""
    from onnx import version_converter

    versions = [max(each.version for each in model.opset_import if each.domain == "") for model in models]
    newest = max(versions)
    return [
        model if version == newest else version_converter.convert_version(model, newest)
        for model, version in zip(models, versions, strict=True)
    ]


def _imports(models: Sequence[Any]) -> list[Any]:
    from onnx import helper

    found: dict[str, int] = {}
    for model in models:
        for each in model.opset_import:
            found[each.domain] = max(found.get(each.domain, 0), each.version)
    return [helper.make_opsetid(domain, version) for domain, version in found.items()]


def _take(model: Any, place: int, shared: str, inputs: dict[str, Any], nodes: list[Any], constants: list[Any]) -> None:
    """Add a member's nodes, all names its own; its inputs are those of the features that it shares."""
    from onnx import compose, helper

    named = compose.add_prefix(model, f"m{place}_").graph
    held = {constant.name for constant in named.initializer}
    for each in (each for each in named.input if each.name not in held):
        name = shared + each.name.removeprefix(f"m{place}_")
        nodes.append(helper.make_node("Identity", [name], [each.name]))
        each.name = name
        for size in each.type.tensor_type.shape.dim:
            # Two texts' lengths are two: a runtime takes sizes of one name for equal.
            if size.dim_param and size.dim_param != ROWS:
                size.dim_param = shared + size.dim_param
        inputs.setdefault(name, each)
    nodes.extend(named.node)
    nodes.append(helper.make_node("Identity", [named.output[0].name], [f"answer{place}"]))
    constants.extend(named.initializer)


def _pooled(members: int, pool: Pool) -> tuple[list[Any], list[Any]]:
    """The nodes that make one answer of the members' answers, and their constants."""
    from onnx import helper, numpy_helper

    values: dict[str, Any] = {"bias": np.array(pool.bias, dtype=np.float32)}
    values |= {f"weight{place}": np.float32(weight) for place, weight in enumerate(pool.weights)}
    nodes, heard = [], "answer"
    if not pool.numbers:
        values["floor"], heard = np.float32(FLOOR), "logarithm"
        for place in range(members):
            nodes += [
                helper.make_node("Max", [f"answer{place}", "floor"], [f"heard{place}"]),
                helper.make_node("Log", [f"heard{place}"], [f"logarithm{place}"]),
            ]
    nodes += [
        helper.make_node("Mul", [f"{heard}{place}", f"weight{place}"], [f"weighed{place}"]) for place in range(members)
    ]
    total = "value" if pool.numbers else "scores"
    nodes.append(helper.make_node("Sum", [*(f"weighed{place}" for place in range(members)), "bias"], [total]))
    if not pool.numbers:
        nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1))
    return nodes, [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
