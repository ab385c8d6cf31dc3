"""What a training used: time, memory, energy, money; measured where the machine tells, estimated where it does not."""

import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
# Between two looks at an accelerator's power.
SECONDS = 5.0
JOULES = 3600.0  # in a watt-hour


@dataclass(frozen=True)
class Rates:
    """What this machine is like: watts of a busy core, and its price per hour, in whatever money that is."""

    watts: float = 10.0
    price: float | None = None


@contextmanager
def metering(rates: Rates, powercap: Path = POWERCAP) -> Iterator[dict[str, Any]]:
    """A dictionary that holds, when the block is over, what it used.

    `seconds` and `cpu_seconds`; `peak_memory_mb` of the process so far; `energy_wh`, and in `energy_by` how it is
    known: `rapl` (the whole processor's own counter), `nvidia-smi` (an accelerator's power, sampled), or `estimate`
    (CPU seconds times `watts`); `cost` where there is a price.
    """
    used: dict[str, Any] = {}
    started, busy, counted = time.monotonic(), _busy(), _counters(powercap)
    accelerator = Accelerator()
    accelerator.begin()
    try:
        yield used
    finally:
        accelerator.stop.set()
        seconds, computed = time.monotonic() - started, _busy() - busy
        used["seconds"], used["cpu_seconds"] = round(seconds, 2), round(computed, 2)
        used["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
        measured = _since(counted, _counters(powercap), powercap)
        processor = computed * rates.watts if measured is None else measured
        used["energy_wh"] = round((processor + accelerator.watts * seconds) / JOULES, 6)
        by = ["estimate" if measured is None else "rapl"] + ["nvidia-smi"] * bool(accelerator.found)
        used["energy_by"] = " + ".join(by)
        if rates.price is not None:
            used["cost"] = round(rates.price * seconds / 3600, 6)


def _busy() -> float:
    """CPU seconds of this process and of those that it waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


def _counters(powercap: Path) -> dict[str, int]:
    """The energy counter of each processor, in microjoules; empty where they may not be read."""
    found = {}
    for path in sorted(powercap.glob("intel-rapl:[0-9]*/energy_uj")):
        if path.parent.name.count(":") == 1:  # a deeper one is a part that its processor counts as well
            try:
                found[path.parent.name] = int(path.read_text("ascii"))
            except OSError:
                return {}
    return found


def _since(before: dict[str, int], after: dict[str, int], powercap: Path) -> float | None:
    """The joules between two counts, or None where nothing was counted; counters begin anew at their largest value."""
    if not before or before.keys() != after.keys():
        return None
    total = 0
    for name, count in after.items():
        spent = count - before[name]
        total += spent if spent >= 0 else spent + int((powercap / name / "max_energy_range_uj").read_text("ascii"))
    return total / 1e6


@dataclass
class Accelerator:
    """The power of this machine's accelerators, looked at now and then by a thread."""

    found: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def watts(self) -> float:
        """The mean of what was seen; 0 where there is nothing to see."""
        return sum(self.found) / max(1, len(self.found))

    def begin(self) -> None:
        """Look from now on, if there is a tool to look with."""
        if shutil.which("nvidia-smi"):
            self._look()
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self.stop.wait(SECONDS):
            self._look()

    def _look(self) -> None:
        command = ["nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS).stdout
            self.found.append(sum(float(line) for line in told.split()))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return
