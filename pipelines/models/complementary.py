"""The complementary error function, which ONNX does not have, by the error function, which it has."""


def without_erfc(graph: bytes) -> bytes:
    """An ONNX graph in which erfc(x) is 1 - erf(x): the exporter leaves it in where a network uses the exact GELU."""
    import numpy as np
    from onnx import checker, helper, load_from_string, numpy_helper

    model = load_from_string(graph)
    if all(node.op_type != "Erfc" for node in model.graph.node):
        return graph
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Erfc":
            nodes.append(node)
            continue
        part = f"{node.output[0]}/erf"
        nodes.append(helper.make_node("Erf", node.input, [part], name=f"{node.name}/erf"))
        nodes.append(helper.make_node("Sub", ["erfc/one", part], node.output, name=node.name))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(numpy_helper.from_array(np.array(1, dtype=np.float32), "erfc/one"))
    checker.check_model(model)
    return bytes(model.SerializeToString())
