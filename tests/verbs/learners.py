"""A training for a process of its own: `python learners.py FOLDER how` learns as told and writes what came of it.

`killed` ends itself by SIGKILL in the middle of its second epoch, `killed_anew` in that of its training by all rows;
`shared` learns on two logical processors.
"""

import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.models import Part, Problem, Schedule, fit
from pipelines.models.options import Lstm, Mlp, Pace
from pipelines.record import Column, Record

TEXT = Record("texts", (Column("text", "text", "text"), Column("mood", "category", "label")))
TABLE = Record("rows", (Column("age", "integer", "feature"), Column("mood", "category", "label")))
EPOCHS, BATCH = 3, 16
# Where a process kills itself. An epoch of all rows alone has a thirteenth batch.
KILLED = {"killed": (2, 4), "killed_anew": (1, 13)}


def text_problem(rows: int = 150) -> Problem:
    """Texts of 1 to 40 words, of which one tells the mood."""
    chance = np.random.default_rng(1)

    def part(count: int) -> Part:
        labels = chance.integers(0, 2, count)
        others = [" ".join(f"w{n}" for n in chance.integers(0, 20, chance.integers(1, 40))) for _ in labels]
        told = [f"{other} {('bad', 'good')[label]}" for other, label in zip(others, labels, strict=True)]
        return Part({"text": told}, labels.astype(np.int64))

    return Problem(TEXT, ("bad", "good"), part(rows), part(60), np.array([1.0, 1.5]), 7)


def table_problem(rows: int = 150) -> Problem:
    """The old are in a bad mood."""
    chance = np.random.default_rng(1)

    def part(count: int) -> Part:
        ages = chance.integers(0, 100, count)
        return Part({"age": ages.tolist()}, (ages < 50).astype(np.int64))

    return Problem(TABLE, ("bad", "good"), part(rows), part(60), np.array([1.0, 1.5]), 7)


@dataclass
class Diary:
    """Watches a training: which batches and epochs were learnt; ends the process after `last`, where there is one."""

    last: tuple[int, int] | None = None
    batches: list[tuple[int, int]] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        self.batches.append((epoch, done))
        if (epoch, done) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        self.history.append(measures)


def learn(folder: Path, diary: Diary, family: str = "lstm", **own: Any) -> Any:
    """What an lstm or an mlp comes to, with a checkpoint after every batch; dropout and class weights among it."""
    pace = own.pop("pace", Pace())
    schedule = Schedule(EPOCHS, BATCH, 0.01, 9, folder / f"{family}.npz", pace=pace, save_every=0.0, **own)
    if family == "lstm":
        return fit("lstm", text_problem(), Lstm(60, 48, 8, 6, 0.2), schedule, diary)
    return fit("mlp", table_problem(), Mlp((8,), 0.2), schedule, diary)


def main(folder: Path, how: str) -> None:
    """Learn as told, and write the measures of each epoch."""
    if how == "shared":
        import tensorflow as tf

        processor = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    diary, pace = Diary(KILLED.get(how)), Pace(refit=how == "killed_anew")
    fitted = learn(folder, diary, "lstm" if how in (*KILLED, "lstm") else "mlp", pace=pace)
    told = {name: fitted.about[name] for name in ("device", "backend", "weights")}
    (folder / f"{how}.json").write_text(json.dumps({"history": diary.history, **told}), "utf-8")
    (folder / f"{how}.onnx").write_bytes(fitted.graph)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
