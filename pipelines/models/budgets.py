"""How long a search may go on: its minutes, less those that teaching what won will take."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

# The share of the time that is kept for what nobody counts: cutting folds, choosing members, making one graph of them.
KEPT = 0.02


@dataclass(frozen=True)
class Budget:
    """`seconds` from now on, for a search in so many `folds` whose answer is of so many models at the `most`.

    `taught` is how many times all rows teach in one trial: of k folds k - 1 times.
    """

    seconds: float
    folds: int
    taught: float
    most: int
    started: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def over(self, trials: Sequence[float]) -> bool:
        """Whether there is no time for another trial, after `trials` of so many seconds, the best first."""
        return self.spent + self.teaching(trials) > self.seconds * (1 - KEPT)

    def teaching(self, trials: Sequence[float]) -> float:
        """The seconds of teaching the best of `trials` by all rows, as they are likely to be."""
        return sum(trials[: self.most]) / self.taught

    def beyond(self, trials: Sequence[float], seconds: float, done: int) -> bool:
        """Whether a trial that took `seconds` for `done` folds would leave no time to teach it with the best others."""
        whole = seconds / done * self.folds
        left = whole - seconds
        return self.spent + left + self.teaching((whole, *trials)) > self.seconds * (1 - KEPT)
