"""What a small language model comes to on Shakespeare's plays, letter by letter, beside a table of pairs.

    FLYWHEEL_DATASETS=DIR python benchmarks/models_language.py

DIR/tinyshakespeare holds input.txt. The last tenth of it is what is asked, once, as its anchor does; the last twentieth
of what is before it validates. Losses are nats for each character, averaged over windows of 64 that do not overlap.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from reporting import Figure, report

from pipelines.bundle import Bundle
from pipelines.language import Manner, go_on, text_losses
from pipelines.models import Family, Part, Problem, Schedule, fit
from pipelines.models.options import Gpt, Linear, Pace
from pipelines.record import Column, Record

SEED = 7
PLAYS = Record("plays", (Column("text", "text", "text"),))
BATCH, EPOCHS, RATE = 16, 4, 0.002
ANCHOR = "nanoGPT on a CPU 1.88"


class Telling:
    """One line for each epoch."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """A line now and then."""
        if done % 500 == 0:
            print(f"  epoch {epoch}  {done}/{total}  loss {loss:.4f}", flush=True)

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """One line."""
        told = "  ".join(f"{name} {value:.4f}" for name, value in measures.items())
        print(f"  epoch {epoch}/{epochs}  {told}", flush=True)


def plays() -> tuple[Problem, str]:
    """What is to be learnt, and the last tenth."""
    text = (Path(os.environ["FLYWHEEL_DATASETS"]) / "tinyshakespeare" / "input.txt").read_text("utf-8")
    end = len(text) * 9 // 10
    start = end * 19 // 20
    parts = [Part({"text": [part]}, np.zeros(1, dtype=np.int64)) for part in (text[:start], text[start:end])]
    return Problem(PLAYS, (), parts[0], parts[1], np.ones(0), SEED, "language"), text[end:]


def measure(family: Family, options: Gpt | Linear, asked: tuple[Problem, str], bar: float | None) -> Figure:
    """Train `family`, and ask it for the last tenth."""
    problem, test = asked
    cpu, wall = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        pace = Pace(decay="cosine", warmup=0.05)
        schedule = Schedule(EPOCHS, BATCH, RATE, EPOCHS, Path(folder) / "checkpoint.npz", pace=pace)
        fitted = fit(family, problem, options, schedule, Telling())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    bundle = Bundle(family, (), fitted.features, fitted.graph)
    (loss,) = text_losses(bundle, [test])
    started = time.perf_counter()
    go_on(bundle, "\n", 200, Manner())
    rate = 200 / (time.perf_counter() - started)
    how = (
        f"{fitted.about['parameters']:,} parameters; perplexity {np.exp(loss):.2f}; seed {SEED}; {cpu:,.0f} CPU-s, "
        f"{wall:,.0f} s on a machine that others used too; writes {rate:,.0f} characters/s"
    )
    if family == "gpt":
        how = f"{EPOCHS} epochs of batches of {BATCH} windows; {how}"
    return Figure(f"tinyshakespeare, {family}: loss", float(loss), "nats", "lower", ANCHOR, bar, how)


def figures() -> list[Figure]:
    """The pairs' table and the decoder; nothing where the text is not there."""
    if not (Path(os.environ.get("FLYWHEEL_DATASETS", "")) / "tinyshakespeare").is_dir():
        print("language: FLYWHEEL_DATASETS names no folder with tinyshakespeare; its rows are left out.")
        return []
    asked = plays()
    found = [measure("linear", Linear(), asked, None), measure("gpt", Gpt(), asked, 1.88)]
    for figure in found:
        print(f"  {figure.what} {figure.value:.4f}  {figure.how}", flush=True)
    return found


if __name__ == "__main__":
    report("models_language", figures())
