"""Values below their ancestors, as a tree whose leaves stand in a row: neighbours have a nearest ancestor."""

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
    def over(cls, values: Sequence[str | None], ancestors: Ancestors) -> "Hierarchy":
        """The tree of `values`; one that has no ancestors there, a missing one too, stands directly below the root."""
        paths = {value: _from_the_root(value, ancestors) for value in values}
        ordered = sorted(paths, key=lambda value: (value is None, paths[value]))
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


def _numbered(paths: Sequence[tuple[str, ...]]) -> list[int]:
    """A number for each path; equal neighbours share one."""
    changes = [one != other for one, other in zip(paths[1:], paths, strict=False)]
    return [0, *np.cumsum(changes, dtype=np.int64).tolist()] if paths else []
