"""How far a long command has come, on standard error: nothing for a short one."""

import sys
import time
from dataclasses import dataclass, field

_QUIET = 2.0  # seconds for which nothing is said
_PAUSE, _PAUSE_IN_LOG = 0.5, 30.0


@dataclass
class Moving:
    """A line that tells documents, megabytes and speed; redrawn on a terminal, one every half minute in a log."""

    name: str
    _began: float = field(default_factory=time.monotonic)
    _told: float = 0.0

    def tell(self, documents: int, size: int) -> None:
        """Say that so many documents are done, and how many bytes of them were read."""
        at = time.monotonic()
        is_terminal = sys.stderr.isatty()
        if at - self._began < _QUIET or at - self._told < (_PAUSE if is_terminal else _PAUSE_IN_LOG):
            return
        self._told = at
        speed = size / 1e6 / (at - self._began)
        line = f"{self.name}: {documents:,} documents, {size / 1e6:,.1f} MB, {speed:.1f} MB/s"
        sys.stderr.write(f"\r{line}\033[K" if is_terminal else f"{line}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Leave the terminal's line."""
        if self._told and sys.stderr.isatty():
            sys.stderr.write("\n")
