"""A profile and new rows side by side: trait by trait, how far it moved, and whether that is an alarm."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from pipelines.drift.effects import apart, kolmogorov, pieces_apart, wasserstein
from pipelines.drift.profile import Profile, answers_of
from pipelines.drift.traits import Trait, subjects_of, values_of
from pipelines.gates import holm
from pipelines.record import Record

# From which PSI on a difference matters: 0.1 is what credit scoring calls "some change", 0.25 "a large one" (Siddiqi
# 2006). Pieces of words are many and each is rare: on real tweets half of it is a change of subject.
MATTERS, LARGE = 0.1, 0.25
PIECES_MATTER = 0.05
SIGNIFICANT = 0.05
FEWEST = 30


@dataclass(frozen=True)
class Moved:
    """How one trait of the new rows differs from the champion's: effect sizes, a p-value adjusted for all traits."""

    name: str
    kind: str
    rows: int
    psi: float
    cramers_v: float
    divergence: float
    p_value: float
    alarm: bool
    figures: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        return asdict(self) | {"figures": dict(self.figures)}


@dataclass(frozen=True)
class Comparison:
    """All traits side by side, those that moved most first; `now` holds the new rows' counts for the pictures."""

    rows: int
    moved: tuple[Moved, ...]
    now: Mapping[str, Trait]

    @property
    def alarms(self) -> list[Moved]:
        """The traits that moved, beyond chance and by an amount that matters."""
        return [each for each in self.moved if each.alarm]


def compare_rows(
    profile: Profile,
    rows: pl.DataFrame,
    record: Record,
    predictions: pl.DataFrame | None = None,
    matters: float = MATTERS,
    significant: float = SIGNIFICANT,
) -> Comparison:
    """How `rows`, and the champion's `predictions` of them in the same order, differ from its `profile`."""
    values, subjects = values_of(rows, record, profile.vocabulary), subjects_of(rows)
    if predictions is not None:
        values |= answers_of(predictions)
    now = {name: before.again(values[name], subjects) for name, before in profile.traits.items() if name in values}
    return compare_traits(profile.traits, now, rows.height, matters, significant)


def compare_traits(
    before: Mapping[str, Trait],
    now: Mapping[str, Trait],
    rows: int,
    matters: float = MATTERS,
    significant: float = SIGNIFICANT,
) -> Comparison:
    """An alarm wants both: a PSI of `matters` or more, and a p-value below `significant` after Holm (1979).

    The second holds the chance that two samples of one distribution give any alarm at all to `significant` at most,
    whatever the number of traits is; the first keeps what matters to nobody quiet when there are many rows.
    """
    found = [_moved(name, before[name], trait) for name, trait in now.items()]
    adjusted = holm([each.p_value for each in found])
    judged = [
        Moved(**{**vars(each), "p_value": p_value, "alarm": _alarms(each, p_value, matters, significant)})
        for each, p_value in zip(found, adjusted, strict=True)
    ]
    return Comparison(rows, tuple(sorted(judged, key=lambda each: (not each.alarm, -each.psi, each.name))), now)


def _alarms(moved: Moved, p_value: float, matters: float, significant: float) -> bool:
    least = matters * PIECES_MATTER / MATTERS if moved.kind == "pieces" else matters
    return moved.rows >= FEWEST and moved.psi >= least and p_value < significant


def _moved(name: str, before: Trait, now: Trait) -> Moved:
    if before.kind == "pieces":
        effect = pieces_apart(before.array, before.weight, now.array, now.weight)
        figures: dict[str, float] = {}
    else:
        effect = apart(before.array, now.array, ordered=before.kind == "number")
        figures = _figures(before, now)
    sizes = (effect.psi, effect.cramers_v, effect.divergence, effect.p_value)
    return Moved(name, before.kind, now.rows, *sizes, alarm=False, figures=figures)


def _figures(before: Trait, now: Trait) -> dict[str, float]:
    missing = {"missing_before": _share(before, -1), "missing_now": _share(now, -1)}
    if before.kind == "category":
        return missing | {"unknown_before": _share(before, -2), "unknown_now": _share(now, -2)}
    first, second, edges = before.array[:-1], now.array[:-1], np.array(before.edges)
    return missing | {"kolmogorov": kolmogorov(first, second), "wasserstein": wasserstein(first, second, edges)}


def _share(trait: Trait, place: int) -> float:
    return trait.counts[place] / max(trait.rows, 1)
