"""What the champion answers its users now, beside what it answered when it was made."""

from pathlib import Path

import numpy as np

from pipelines.answered import said_by
from pipelines.drift.detector import detect
from pipelines.drift.profile import CLASS, VALUE, read_profile
from pipelines.drift.traits import Trait
from pipelines.ledger import Champion

# How many of the newest predictions are watched.
WATCHED = 100_000
OFTEN = {"up": "more often", "down": "more seldom"}


def moved_answers(champion: Champion, url: str, workspace: Path) -> str | None:
    """That the champion gives a class more often or more seldom than on its test rows, or None.

    Predictions are looked at one after the other, in the order in which they were made; see `detector` for how seldom
    this errs.
    """
    path = workspace / str(champion.body.get("profile", ""))
    if not path.is_file():  # made before profiles were, or on another machine
        return None
    traits, said = read_profile(path).traits, said_by(url, champion.version, WATCHED)
    if VALUE in traits:
        return _moved_numbers(champion, traits[VALUE], said)
    classes = traits[CLASS]
    alarm = detect(said, dict(zip(classes.names, classes.counts, strict=False)))
    if alarm is None:
        return None
    return f"drift: version {champion.version} answers '{alarm.label}' {OFTEN[alarm.direction]} than it did"


def _moved_numbers(champion: Champion, before: Trait, said: list[str]) -> str | None:
    """The same of numbers: how often they fall between the quarters of what was answered to the test rows."""
    counts = np.array(before.counts[:-1])
    quarters = np.searchsorted(np.cumsum(counts), np.array([1, 2, 3]) * counts.sum() / 4)
    edges = sorted({before.edges[place] for place in quarters if place < len(before.edges)})
    bins = np.concatenate([np.searchsorted(edges, before.edges, side="left"), [len(edges)]])
    names = [f"{low} to {high}" for low, high in zip(["less", *_told(edges)], [*_told(edges), "more"], strict=True)]
    was = {name: int(counts[bins == place].sum()) for place, name in enumerate(names)}
    alarm = detect([names[np.searchsorted(edges, float(each))] for each in said], was)
    if alarm is None:
        return None
    return f"drift: version {champion.version} answers {alarm.label} {OFTEN[alarm.direction]} than it did"


def _told(edges: list[float]) -> list[str]:
    return [f"{edge:.3g}" for edge in edges]
