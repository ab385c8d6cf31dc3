"""Keys that stay in memory: 48 bytes for each, where a dictionary of Python's takes 250.

They lie in sorted runs by the first half of their names, as in `seen`. A name whose first half another one has, which
nobody will meet, is not found: whoever asks then looks it up in the store.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.seen import Flags, Halves

KEY = 32
# Runs are merged up to this length: longer ones would need three times their memory while they are.
LONGEST_RUN = 1 << 18


class Kept:
    """A growing map of names to keys of 32 bytes."""

    def __init__(self) -> None:
        self.count = 0
        self._runs: list[tuple[Halves, NDArray[Any]]] = []

    def take(self, names: Halves, keys: list[bytes]) -> None:
        """Take in the `keys` of these different `names`, which are not here yet."""
        if keys:
            self.count += len(keys)
            self._runs.append(_in_order(names, np.frombuffer(b"".join(keys), dtype=f"V{KEY}")))
            self._merge()

    def find(self, names: Halves) -> tuple[Flags, list[bytes]]:
        """Which of `names` are here, and a key for each; that of a name which is not is of no meaning."""
        here = np.zeros(len(names), dtype=np.bool_)
        keys = np.zeros(len(names), dtype=f"V{KEY}")
        # In order, because neighbours are then found in what the processor has just read.
        order = np.argsort(names[:, 0])
        asked = names[order]
        for firsts, found in self._runs:
            place = np.searchsorted(firsts[:, 0], asked[:, 0])
            place[place == len(firsts)] = 0
            alike = np.flatnonzero((firsts[place] == asked).all(axis=1))
            here[order[alike]] = True
            keys[order[alike]] = found[place[alike]]
        return here, keys.tolist()

    def _merge(self) -> None:
        """Merge the newest runs while they are about as long as those before them, as one counts in binary."""
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            if len(self._runs[-2][0]) + len(self._runs[-1][0]) > LONGEST_RUN:
                return
            names, keys = zip(self._runs.pop(), self._runs.pop(), strict=True)
            self._runs.append(_in_order(np.concatenate(names), np.concatenate(keys)))


def _in_order(names: Halves, keys: NDArray[Any]) -> tuple[Halves, NDArray[Any]]:
    order = np.argsort(names[:, 0], kind="stable")  # which merges runs that are in order already
    return np.asfortranarray(names[order]), keys[order]
