"""The portable model: a graph for an inference runtime, and everything around it as JSON. No pickle anywhere.

The bundle that is measured is the bundle that is served: `evaluate`, `promote` and the service all predict by
this file, without the library that trained the model.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import BundleError
from pipelines.features import Columns, Features, from_json, to_json
from pipelines.files import digest, read_json, replacing, write_json
from pipelines.privacy.text_rules import TextRules, rules_from_json
from pipelines.record import Task

GRAPH, CARD = "model.onnx", "bundle.json"
FORMAT = 1
# Rows per call of the runtime: padding to the longest text of a batch costs memory, not correctness.
BATCH = 256


@dataclass(frozen=True)
class Bundle:
    """A model that answers by an ONNX graph: (n, labels) probabilities, or (n, 1) numbers where there are no labels.

    `limits` bound a number: beyond them no label lies. `text` is how its training texts were cleaned, and hence how
    whatever it is asked has to be.
    """

    family: str
    labels: tuple[str, ...]
    features: Features
    graph: bytes
    about: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 0
    text: TextRules = TextRules()
    task: Task = "classification"
    limits: tuple[float | None, float | None] = (None, None)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads  # 0: as many as there are cores
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])

    def probabilities(self, columns: Columns) -> NDArray[np.float64]:
        """The probability of each label for each row: (n, labels), rows sum to one."""
        found = np.maximum(self.outputs(columns, len(self.labels)), 0)
        return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float64)

    def values(self, columns: Columns) -> NDArray[np.float64]:
        """The number that each row is answered by, (n,), in the label's units and within its limits."""
        found = self.outputs(columns, 1)[:, 0]
        low, high = self.limits
        return np.asarray(np.clip(found, -np.inf if low is None else low, np.inf if high is None else high))

    def decided(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """The place of the label that (n, labels) `probabilities` come to: the likeliest, or the middle of an order.

        In an order it is the median: the first label that, with those below it, is as likely as not. No other answer
        is fewer steps away from the true one on average.
        """
        if self.task == "ordinal":
            return median_label(probabilities)
        return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)

    def outputs(self, columns: Columns, width: int) -> NDArray[np.float64]:
        """What the graph answers to each row: (n, width)."""
        rows = len(next(iter(columns.values())))
        parts = [self._batch({n: v[i : i + BATCH] for n, v in columns.items()}) for i in range(0, rows, BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, width))

    def run(self, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """What the graph answers to arrays as `features` makes them."""
        (found,) = self._session.run(None, dict(arrays))
        return np.asarray(found, dtype=np.float64)

    def _batch(self, columns: Columns) -> NDArray[np.float64]:
        return self.run(self.features.arrays(columns))


def median_label(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first label of each row (n, labels in their order) up to which the probabilities add up to a half."""
    reached = np.cumsum(probabilities, axis=1) >= 0.5 - 1e-9
    return np.asarray(reached.argmax(axis=1), dtype=np.int64)


def write_bundle(bundle: Bundle, folder: Path) -> str:
    """Write `bundle` to `folder`, whole or not at all; its digest."""
    card = {
        "format": FORMAT,
        "family": bundle.family,
        "task": bundle.task,
        "limits": list(bundle.limits),
        "labels": list(bundle.labels),
        "graph_sha256": hashlib.sha256(bundle.graph).hexdigest(),
        "about": dict(bundle.about),
        "text": bundle.text.to_json(),
        "features": to_json(bundle.features),
    }
    with replacing(folder) as draft:
        draft.mkdir(parents=True)
        (draft / GRAPH).write_bytes(bundle.graph)
        write_json(draft / CARD, card)
    return digest(folder)


def read_bundle(folder: Path, expected: str | None = None, threads: int = 0) -> Bundle:
    """The bundle in `folder`. Raises BundleError where its digest is not `expected`, or files do not fit together."""
    if not (folder / GRAPH).is_file() or not (folder / CARD).is_file():
        raise BundleError(
            f"No model bundle stands in {folder.name}.",
            f"Expected the files {GRAPH} and {CARD}.",
            "train again (`flywheel run`), or roll back to a version that is whole (`flywheel rollback`).",
        )
    if expected is not None and digest(folder) != expected:
        raise _altered(folder)  # before a byte of it is parsed
    try:
        card, graph = read_json(folder / CARD), (folder / GRAPH).read_bytes()
    except (ValueError, TypeError):
        raise _altered(folder) from None
    if card.get("graph_sha256") != hashlib.sha256(graph).hexdigest() or card.get("format") != FORMAT:
        raise _altered(folder)
    content: Any = card
    # Bundles from before there was a choice have no "text"; their rules are the default.
    text = _text_rules(content["text"], folder) if "text" in content else TextRules()
    return Bundle(
        family=content["family"],
        labels=tuple(content["labels"]),
        features=from_json(content["features"]),
        graph=graph,
        about=content["about"],
        threads=threads,
        text=text,
        # Bundles from before there was a choice answer by a label.
        task=content.get("task", "classification"),
        limits=tuple(content.get("limits", (None, None))),
    )


def _text_rules(content: Any, folder: Path) -> TextRules:
    try:
        return rules_from_json(content)
    except (ValueError, TypeError, KeyError):
        raise BundleError(
            f"The model bundle in {folder.name} wants its texts cleaned in a way that this version does not know.",
            "Expected a mode and finders of `anonymise.text` in params.yaml.",
            "serve it with the version of Flywheel that trained it, or train again (`flywheel run`).",
        ) from None


def _altered(folder: Path) -> BundleError:
    return BundleError(
        f"The model bundle in {folder.name} is not the one that was measured.",
        "Expected the bytes whose digest stands in the ledger.",
        "roll back to another version (`flywheel rollback`), or train again (`flywheel run`).",
    )
