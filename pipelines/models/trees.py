"""Boosted trees -> ONNX, decision by decision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.graphs import NEVER, serialised

MACHINE_LEARNING = 3  # the version of ONNX's operators for trees that runtimes of the last years all read


def trees_graph(
    model: Any, categories: list[int], width: int, trees: int, labels: int, scale: tuple[float, float] | None = None
) -> tuple[bytes, int]:
    """The first `trees` rounds of scikit-learn's `model` as a graph, and how many leaves they have.

    It answers with probabilities of so many `labels`, of which the model's rows may lack some; or with numbers where
    there is a `scale`: their mean and standard deviation.

    The first columns of its input (n, width) hold codes of so many `categories` each. ONNX's trees of this version know
    no sets: each set that a split asks for becomes a column, which a table looks up by the code. Inputs are float32, so
    a threshold rounded down to float32 decides as the original does.
    """
    from onnx import TensorProto, helper

    sets = Sets(categories, width)
    attributes, leaves = _attributes(model, sets, trees)
    nodes, constants = sets.lookups()
    scored = len(model._baseline_prediction.ravel())
    nodes.append(
        helper.make_node(
            "TreeEnsembleRegressor", ["asked"], ["raw"], domain="ai.onnx.ml", n_targets=scored, **attributes
        )
    )
    more, held, answer = _numbers(scale) if scale else _probabilities(scored, model.classes_, labels)
    nodes += more
    constants += held
    graph = helper.make_graph(
        nodes,
        "boosting",
        [helper.make_tensor_value_info("table", TensorProto.FLOAT, ["n", width])],
        [answer],
        constants,
    )
    return serialised(graph, **{"ai.onnx.ml": MACHINE_LEARNING}), leaves


def _probabilities(scored: int, seen: NDArray[Any], labels: int) -> tuple[list[Any], list[Any], Any]:
    """The nodes that make probabilities of the trees' sums, their constants, and the output."""
    from onnx import TensorProto, helper

    # Two labels have one score: the second's, while the first's is zero.
    spread = np.zeros((scored, labels), dtype=np.float32)
    spread[np.arange(scored), seen[-scored:]] = 1
    never = np.full(labels, NEVER, dtype=np.float32)
    never[seen] = 0
    nodes = [
        helper.make_node("MatMul", ["raw", "spread"], ["known"]),
        helper.make_node("Add", ["known", "never"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", labels])
    return nodes, [_constant("spread", spread), _constant("never", never)], answer


def _numbers(scale: tuple[float, float]) -> tuple[list[Any], list[Any], Any]:
    """The nodes that make numbers in the label's own units of the trees' sums, their constants, and the output."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Mul", ["raw", "deviation"], ["scaled"]),
        helper.make_node("Add", ["scaled", "mean"], ["value"]),
    ]
    held = [
        _constant(name, np.array(each, dtype=np.float32))
        for name, each in zip(("mean", "deviation"), scale, strict=True)
    ]
    return nodes, held, helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])


class Sets:
    """The sets of codes that splits ask for: a column each, behind those of the input."""

    def __init__(self, categories: list[int], width: int) -> None:
        self.categories = categories
        self.found: list[dict[bytes, NDArray[np.float32]]] = [{} for _ in categories]
        self.asked: dict[tuple[int, bytes], int] = {}
        self.width = width

    def column(self, feature: int, bits: NDArray[np.uint32], missing: bool) -> int:
        """The number, in order of first use, of the column that is 1 where the code of `feature` is in `bits`."""
        codes = np.arange(self.categories[feature])
        inside = (bits[codes // 32] >> (codes % 32).astype(np.uint32)) & 1
        members = np.append(inside, missing).astype(np.float32)
        key = members.tobytes()
        self.found[feature].setdefault(key, members)
        return self.asked.setdefault((feature, key), len(self.asked))

    def places(self) -> NDArray[np.int64]:
        """Where the column of each number stands in what the trees are asked about."""
        starts = np.cumsum([self.width] + [len(each) for each in self.found])
        ranks = [{key: rank for rank, key in enumerate(each)} for each in self.found]
        return np.array([starts[feature] + ranks[feature][key] for feature, key in self.asked], dtype=np.int64)

    def lookups(self) -> tuple[list[Any], list[Any]]:
        """The nodes that make `asked` of `table`, and their constants."""
        from onnx import TensorProto, helper

        nodes, constants, columns = [], [], ["table"]
        for feature, sets in enumerate(self.found):
            if not sets:
                continue
            name = f"codes{feature}"
            constants.append(_constant(f"{name}_at", np.array(feature, dtype=np.int64)))
            constants.append(_constant(f"{name}_missing", np.array(self.categories[feature], dtype=np.float32)))
            constants.append(_constant(f"{name}_sets", np.stack(list(sets.values()), axis=1)))
            nodes += [
                helper.make_node("Gather", ["table", f"{name}_at"], [f"{name}_given"], axis=1),
                helper.make_node("IsNaN", [f"{name}_given"], [f"{name}_is_missing"]),
                helper.make_node("Where", [f"{name}_is_missing", f"{name}_missing", f"{name}_given"], [f"{name}_all"]),
                helper.make_node("Cast", [f"{name}_all"], [f"{name}_whole"], to=TensorProto.INT64),
                helper.make_node("Gather", [f"{name}_sets", f"{name}_whole"], [name], axis=0),
            ]
            columns.append(name)
        nodes.append(helper.make_node("Concat", columns, ["asked"], axis=1))
        return nodes, constants


def _attributes(model: Any, sets: Sets, trees: int) -> tuple[dict[str, Any], int]:
    """What ONNX's operator is told of every node of every tree, and how many of them are leaves."""
    found: dict[str, list[Any]] = {f"nodes_{name}": [] for name in NODES}
    leaves: dict[str, list[Any]] = {f"target_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")}
    grown = [(target, tree) for rounds in model._predictors[:trees] for target, tree in enumerate(rounds)]
    numbers: list[int] = []
    for number, (target, tree) in enumerate(grown):
        nodes = tree.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        count = len(nodes)
        asked, thresholds, is_set = _questions(tree, sets)
        numbers += is_set.tolist()
        found["nodes_treeids"] += [number] * count
        found["nodes_nodeids"] += range(count)
        found["nodes_featureids"] += asked.tolist()
        found["nodes_values"] += thresholds.tolist()
        # A set's column is 1 inside, and what is inside goes left: "greater than a half" is true on the left.
        kinds = np.where(is_leaf, "LEAF", np.where(is_set, "BRANCH_GT", "BRANCH_LEQ"))
        found["nodes_modes"] += kinds.tolist()
        found["nodes_truenodeids"] += np.where(is_leaf, 0, nodes["left"]).tolist()
        found["nodes_falsenodeids"] += np.where(is_leaf, 0, nodes["right"]).tolist()
        found["nodes_missing_value_tracks_true"] += np.where(is_leaf, 0, nodes["missing_go_to_left"]).tolist()
        places = np.flatnonzero(is_leaf)
        leaves["target_treeids"] += [number] * len(places)
        leaves["target_nodeids"] += places.tolist()
        leaves["target_ids"] += [target] * len(places)
        leaves["target_weights"] += nodes["value"][places].tolist()
    at, asked_all = sets.places(), np.array(found["nodes_featureids"])
    is_set_all = np.array(numbers, dtype=bool)
    if is_set_all.any():
        asked_all[is_set_all] = at[asked_all[is_set_all]]
    found["nodes_featureids"] = asked_all.tolist()
    base = model._baseline_prediction.ravel().astype(float).tolist()
    return {**found, **leaves, "base_values": base}, len(leaves["target_ids"])


NODES = (
    "treeids",
    "nodeids",
    "featureids",
    "values",
    "modes",
    "truenodeids",
    "falsenodeids",
    "missing_value_tracks_true",
)


def _questions(tree: Any, sets: Sets) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]:
    """For each node the column that it asks about, the threshold, and whether the column is the number of a set."""
    nodes = tree.nodes
    is_set = nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)
    asked = nodes["feature_idx"].astype(np.int64)
    thresholds = rounded_down(nodes["num_threshold"])
    for place in np.flatnonzero(is_set):
        node = nodes[place]
        bits = tree.raw_left_cat_bitsets[node["bitset_idx"]]
        asked[place] = sets.column(int(asked[place]), bits, bool(node["missing_go_to_left"]))
        thresholds[place] = 0.5
    return asked, thresholds, is_set


def rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The greatest float32 that is no greater than each of `thresholds`: x <= t is as true of it, for a float32 x."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest).astype(np.float32)


def _constant(name: str, value: NDArray[Any]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(value, name)
