"""The learned model as one small file of arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flywheel.chinese_names.crf import Learned
from pipelines.privacy.chinese.characters import CODES
from pipelines.privacy.chinese.tags import FOLLOWS

_SMALLEST = 0.012  # nats: a smaller weight is left out
CAUTION = 0.4  # nats that "outside" gets ahead; chosen on a quarter of CLUENER's training sentences


@dataclass(frozen=True, slots=True)
class Tables:
    """What the features are read from."""

    folding: NDArray[np.uint16]
    words: NDArray[np.uint16]
    contexts: NDArray[np.uint16]
    roles: NDArray[np.int8]


def pack(file: Path, tables: Tables, learned: Learned) -> int:
    """Write the model, its weights as bytes, and return the size of the file in bytes."""
    weights = np.where(np.abs(learned.weights) < _SMALLEST, 0, learned.weights)
    scale = 127 / float(np.abs(weights).max())
    folded = np.flatnonzero(tables.folding != np.arange(CODES))
    has_roles = np.flatnonzero((tables.roles > -16).any(axis=1))
    np.savez_compressed(
        file,
        folded=folded.astype(np.uint16),
        folds_to=tables.folding[folded],
        words=tables.words,
        contexts=tables.contexts,
        has_roles=has_roles.astype(np.uint16),
        roles=tables.roles[has_roles],
        weights=np.round(weights * scale).astype(np.int8),
        scale=np.float64(scale),
        transitions=np.where(FOLLOWS, learned.transitions, 0).astype(np.float32),
        caution=np.float32(CAUTION),
    )
    return file.stat().st_size
