"""How a training goes on, for a person who watches: one line that moves, or one line per epoch in a log."""

import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WIDTH = 24
LOSSES = {"loss": "loss", "valid_loss": "validation loss", "refit_loss": "anew by all rows: loss"}


@dataclass
class Terminal:
    """A bar per epoch on standard error, with loss, speed and the time that is left of this epoch."""

    name: str
    started: float = field(default_factory=time.monotonic)
    drawn: float = 0.0
    seen: tuple[int, int] = (
        0,
        0,
    )  # the epoch on the bar, and the batch that it began with: not the first, after a kill

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Redraw the bar, ten times a second at most."""
        at = time.monotonic()
        if epoch != self.seen[0]:
            self.started, self.seen = at, (epoch, done)
        if not sys.stderr.isatty() or (at - self.drawn < 0.1 and done < total):
            return
        self.drawn = at
        full = WIDTH * done // total
        left = (at - self.started) / max(done - self.seen[1], 1) * (total - done)
        bar = "━" * full + "─" * (WIDTH - full)
        told = "" if math.isnan(loss) else f"loss {loss:.3f}  "
        sys.stderr.write(f"\r  {self.name} epoch {epoch} {bar} {done}/{total}  {told}{left:3.0f} s left\033[K")
        sys.stderr.flush()

    def doing(self, told: str) -> None:
        """Say what is being done, where somebody looks on, until the next line, or nothing, takes its place."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{f'  {told}' if told else ''}\033[K")
            sys.stderr.flush()

    def trial(self, family: str, _: Mapping[str, Any], measures: dict[str, float], told: str) -> None:
        """Leave one line that tells what a search tried, by its family, and how far it is."""
        measure, value = next(iter(measures.items()))
        start, end = ("\r", "\033[K") if sys.stderr.isatty() else ("", "")
        sys.stderr.write(f"{start}  {told}: {family} {measure.removeprefix('valid_')} {value:.4f}{end}\n")
        sys.stderr.flush()

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Leave one line that tells how the epoch ended."""
        start = "\r" if sys.stderr.isatty() else ""
        end = "\033[K" if start else ""
        # A private training tells no loss of its training rows, one by all rows has no validation rows.
        told = [f"{name} {measures[key]:.3f}" for key, name in LOSSES.items() if key in measures]
        said = "  ".join(filter(None, [*told, _quality(measures), f"{time.monotonic() - self.started:.1f} s"]))
        sys.stderr.write(f"{start}  {self.name} epoch {epoch:2}/{epochs}  {said}{end}\n")
        sys.stderr.flush()


def _quality(measures: dict[str, float]) -> str:
    """How good a model is on the validation rows, by the measure that it has."""
    if "valid_accuracy" in measures:
        return f"accuracy {measures['valid_accuracy']:6.1%}"
    return f"R² {measures['valid_r2']:6.3f}" if "valid_r2" in measures else ""
