"""Values below their ancestors, as a tree whose leaves stand in a row: neighbours have a nearest ancestor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Shares = NDArray[np.float64]
Ancestors = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Hierarchy:
    """A tree over values: `ancestors` (levels, values), from the values themselves up to one root.

    `sizes` (levels, values) counts the values below each of these ancestors.
    """

    values: tuple[str | None, ...]
    ancestors: Integers
    sizes: Integers

    @classmethod
    def over(cls, counts: Mapping[str | None, int], ancestors: Ancestors) -> "Hierarchy":
        """The tree of the values in `counts`, at each branch the most frequent first, so that one cut sets it apart.

        A value that has no ancestors, a missing one too, stands directly below the root.
        """
        paths = {value: _from_the_root(value, ancestors) for value in counts}
        below = Counter[tuple[str, ...]]()
        for value, path in paths.items():
            below.update({path[:step]: counts[value] for step in range(1, len(path) + 1)})
        ordered = sorted(paths, key=lambda value: _turns(paths[value], below))
        depth = max((len(path) for path in paths.values()), default=1)
        levels = [[paths[value][: depth - level] for value in ordered] for level in range(depth)] + [[()] * len(paths)]
        numbers = np.array([_numbered(level) for level in levels], dtype=np.int64).reshape(len(levels), len(paths))
        sizes = np.stack([np.bincount(level, minlength=1)[level] for level in numbers])
        return cls(tuple(ordered), numbers, sizes)

    def level(self, first: Integers, last: Integers) -> Integers:
        """How far above the values the nearest common ancestor of `first` to `last` stands: 0 for one value alone."""
        apart = self.ancestors[:, first] != self.ancestors[:, last]
        return np.asarray(apart.sum(axis=0), dtype=np.int64)

    def size(self, first: Integers, last: Integers) -> Integers:
        """How many values stand below the nearest common ancestor of `first` to `last`."""
        return np.asarray(self.sizes[self.level(first, last), first], dtype=np.int64)


def _from_the_root(value: str | None, ancestors: Ancestors) -> tuple[str, ...]:
    """The way to `value`; a star, as many files write the root, is no ancestor of its own."""
    if value is None:
        return ("",)
    return (*(step for step in reversed(ancestors.get(value, ())) if step != "*"), value)


def _turns(path: tuple[str, ...], below: Mapping[tuple[str, ...], int]) -> list[tuple[int, str]]:
    """Where `path` turns at each branch: towards the most rows first."""
    return [(-below[path[: step + 1]], name) for step, name in enumerate(path)]


def _numbered(paths: Sequence[tuple[str, ...]]) -> list[int]:
    """A number for each path; equal neighbours share one."""
    changes = [one != other for one, other in zip(paths[1:], paths, strict=False)]
    return [0, *np.cumsum(changes, dtype=np.int64).tolist()] if paths else []
