"""A twin of the model, trained on the same rows and on canaries besides: what it remembers of them, the model may too.

Canaries say nothing, and their classes are a coin's: nothing but memory tells the class of one that was trained on.
Half of them were, by a coin each; the rest, and many more, are what those are compared with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipelines.bundle import Bundle
from pipelines.epsilon_audit import Audit, audit
from pipelines.exposure import Exposure, exposure, make_canaries
from pipelines.features import Columns
from pipelines.membership import losses
from pipelines.models import Part, Problem

# More than half of the bits that 10 bits ask for, and seconds of prediction.
REFERENCES = 4096
# The largest of many exposures is large by chance: of so many canaries, one in sixty times above 10 bits.
EXPOSED = 16
# With as many words as canaries each stands in about three that were trained on.
FEWEST_WORDS = 40


@dataclass(frozen=True)
class Twin:
    """What a twin remembers of its canaries."""

    exposure: Exposure
    audit: Audit


def examine(
    problem: Problem, learn: Callable[[Problem], Bundle], canaries: int = 200, delta: float = 0.0, seed: int = 0
) -> Twin:
    """Train a twin by `learn` on the rows of `problem` and about half of so many `canaries`, and see what it knows.

    Of the canaries the half that looks surest is guessed at (`pipelines/epsilon_audit.py`).
    """
    made = make_canaries(canaries + REFERENCES, len(problem.labels), seed, vocabulary=max(canaries, FEWEST_WORDS))
    included = made.included[:canaries]
    columns = invented(problem, made.texts, seed)
    known = np.flatnonzero(included)
    twin = learn(_taught(problem, _some(columns, known), made.classes[known]))
    lost = losses(made.classes, twin.probabilities(columns))
    found = exposure(lost[known][:EXPOSED], lost[canaries:])
    # A class that is likely anyway tells nothing: only what the canary's own loss has beyond that of its class does.
    usual = np.array([np.median(lost[canaries:][made.classes[canaries:] == k]) for k in range(len(problem.labels))])
    return Twin(found, audit(usual[made.classes[:canaries]] - lost[:canaries], included, canaries // 2, delta))


def invented(problem: Problem, texts: list[str], seed: int) -> Columns:
    """As many rows as `texts`: those themselves, and of a table each cell drawn from the training rows by itself."""
    rng = np.random.default_rng(seed)
    written = problem.record.text.name if problem.record.text is not None else None
    return {
        name: list(texts) if name == written else [values[place] for place in rng.integers(0, len(values), len(texts))]
        for name, values in problem.train.columns.items()
    }


def _some(columns: Columns, places: np.ndarray) -> Columns:
    return {name: [values[place] for place in places] for name, values in columns.items()}


def _taught(problem: Problem, columns: Columns, classes: np.ndarray) -> Problem:
    """`problem` with these rows among its training rows."""
    rows = {name: [*problem.train.columns[name], *columns[name]] for name in problem.train.columns}
    # Each canary is somebody of its own: private training protects people, not rows.
    strangers = tuple(f"canary {number}" for number in range(len(classes)))
    subjects = (*problem.train.subjects, *strangers) if problem.train.subjects else ()
    # Nor is it of any time; where folds are cut by time it comes with the newest rows.
    newest = max((time for time in problem.train.times if time is not None), default=None)
    times = (*problem.train.times, *[newest] * len(classes)) if problem.train.times else ()
    part = Part(rows, np.concatenate([problem.train.labels, classes]), subjects, times)
    return replace(problem, train=part)
