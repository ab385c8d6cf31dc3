"""Whom a private training protects: the units, each with its rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def of_rows(count: int) -> NDArray[np.int32]:
    """Every row by itself: (count, 1)."""
    return np.arange(count, dtype=np.int32)[:, None]


def of_subjects(subjects: Sequence[str], most: int) -> NDArray[np.int32]:
    """The places of each subject's rows, its last `most` ones: (subjects, rows of the one that has the most).

    Places are filled up by -1. What is kept of a subject depends on that subject's rows alone: else one person's
    coming could change what is learnt of another.
    """
    places: dict[str, list[int]] = {}
    for place, subject in enumerate(subjects):
        places.setdefault(subject, []).append(place)
    table = np.full((len(places), most), -1, dtype=np.int32)
    for unit, own in enumerate(places.values()):
        kept = own[-most:]
        table[unit, : len(kept)] = kept
    return table
