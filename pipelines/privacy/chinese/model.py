"""The learned model that ships with the package: tables of numbers, no text and nobody's name."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.characters import CODES, fold
from pipelines.privacy.chinese.decoding import names
from pipelines.privacy.chinese.features import features
from pipelines.privacy.chinese.tags import OUTSIDE, TAGS

FILE = Path(__file__).with_name("names.npz")


@dataclass(frozen=True, slots=True)
class Model:
    """All that reading names needs.

    folding: (65536,) codes of characters to folded codes; words, contexts: tables of `lexicon`;
    roles: (65536, 8) log-odds of each character's roles in names; weights: (features, tags), 1 = 1/`scale` nats;
    transitions: (tags, tags) nats; caution: nats that "outside" gets ahead.
    """

    folding: NDArray[np.uint16]
    words: NDArray[np.uint16]
    contexts: NDArray[np.uint16]
    roles: NDArray[np.int8]
    weights: NDArray[np.int8]
    scale: float
    transitions: NDArray[np.float32]
    caution: float

    def find(self, text: str) -> list[tuple[int, int, int, float]]:
        """Return begin, end, first tag and lead of each name in a text of moderate length."""
        return list(names(self.scores(text), self.transitions))

    def scores(self, text: str) -> NDArray[np.float32]:
        """Return the score of every tag for every character, in nats: (characters, tags)."""
        found = features(fold(text, self.folding), self.words, self.contexts, self.roles)
        # The weights of a feature, one byte for each tag, are read as one number of eight bytes.
        rows = self.weights.view(np.uint64).ravel()
        total = np.zeros(len(text) * TAGS, np.int16)
        for column in found:
            total += rows[column].view(np.int8)
        scores = (total.reshape(-1, TAGS) / self.scale).astype(np.float32)
        scores[:, OUTSIDE] += self.caution
        return scores


@cache
def load() -> Model:
    """Return the shipped model, read once in a process."""
    return read(FILE)


def read(file: Path) -> Model:
    """Read a model that `flywheel.chinese_names.packing` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        folding = np.arange(CODES, dtype=np.uint16)
        folding[arrays["folded"]] = arrays["folds_to"]
        roles = np.full((CODES, 8), -16, np.int8)
        roles[arrays["has_roles"]] = arrays["roles"]
        return Model(
            folding,
            arrays["words"],
            arrays["contexts"],
            roles,
            arrays["weights"],
            float(arrays["scale"]),
            arrays["transitions"],
            float(arrays["caution"]),
        )
