"""What a model gives away, measured: attacks on an honest and on an overfitted model, and audits of known mechanisms.

    FLYWHEEL_DATASETS=DIR python benchmarks/privacy_proof.py

Members are SST-2's training sentences, others its development sentences: the test part is not looked at.
"""

import csv
import math
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from reporting import Figure, report

from pipelines.bundle import Bundle
from pipelines.epsilon_audit import audit
from pipelines.membership import attack, signals
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.record import parse_record
from pipelines.twin import examine

LABELS = ("0", "1")
SST2 = parse_record(
    {
        "name": "sst2",
        "columns": {
            "text": {"type": "text", "role": "text", "privacy": "free_text"},
            "label": {"type": "category", "role": "label", "categories": list(LABELS)},
        },
    }
)
# The preset's own, and one that may weigh every word as it likes, and has few rows to learn from.
HONEST, OVERFITTED = (
    Linear(words=2, characters=3, terms=200_000, c=4.0),
    Linear(words=3, characters=3, terms=10**6, c=10**4),
)
FEW = 700
CANARIES, GUESSES, RUNS = 1000, 800, 200
GATE_AUC, GATE_TPR = 0.55, 0.03


def figures() -> list[Figure]:
    """Every figure of this part; those of SST-2 are left out where the data set is absent."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return [*audits(), *time_of_audit(), *on_sst2()]


def audits() -> list[Figure]:
    """The audited bound of randomised response whose epsilon is known exactly."""
    found = []
    how = f"{RUNS} simulated runs of randomised response, {CANARIES:,} canaries, {GUESSES} guesses, 95 %"
    for epsilon in (0.5, 1.0, 2.0, 4.0):
        rng = np.random.default_rng(1)
        bounds = np.array([audit(*responses(epsilon, rng), guesses=GUESSES).bound for _ in range(RUNS)])
        kept = 100 * float((bounds <= epsilon).mean())
        what = f"audit of epsilon {epsilon:g}"
        # Two standard errors of 200 runs below 95 %.
        found.append(Figure(f"{what}: bound not above it", kept, "%", "higher", "95 % by theorem", 91.9, how))
        median = float(np.median(bounds))
        found.append(Figure(f"{what}: median bound", median, "", "higher", f"true epsilon {epsilon:g}", None, how))
    return found


def responses(epsilon: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores that reveal each coin under exactly this epsilon, and the coins; noise only orders equals."""
    included = rng.random(CANARIES) < 0.5
    truthful = rng.random(CANARIES) < 1 / (1 + math.exp(-epsilon))
    return np.where(truthful, included, ~included) + rng.uniform(0, 0.1, CANARIES), included


def time_of_audit() -> list[Figure]:
    """How long one bound takes, with a delta."""
    rng = np.random.default_rng(2)
    scores, included = responses(1.0, rng)
    seconds = cpu(lambda: audit(scores, included, GUESSES, 1e-5), 7)
    return [
        Figure("one audited bound with delta", 1000 * seconds, "ms CPU", "lower", "", None, f"{CANARIES:,} canaries")
    ]


def on_sst2() -> list[Figure]:
    """Attacks on linear models of SST-2, and canaries in them."""
    folder = Path(os.environ.get("FLYWHEEL_DATASETS", "absent")) / "sst2"
    if not folder.is_dir():
        print("sst2 is absent (FLYWHEEL_DATASETS): its rows are left out")
        return []
    train, held_out = part(folder / "train.csv"), part(folder / "dev.csv")
    few = Part({"text": train.columns["text"][:FEW]}, train.labels[:FEW])
    honest = of_model("linear, preset sst2", HONEST, train, held_out, gated=True)
    return [*honest, *of_model(f"overfitted to {FEW:,} rows (peer)", OVERFITTED, few, held_out, gated=False)]


def of_model(name: str, options: Linear, train: Part, held_out: Part, *, gated: bool) -> list[Figure]:
    """What a model gives away about its training rows, and its twin about its canaries."""
    problem = Problem(SST2, LABELS, train, held_out, np.ones(2), 7)
    bundle = learn(problem, options)
    told = [signals(each.labels, bundle.probabilities(each.columns)) for each in (train, held_out)]
    found = attack(*told, train.labels, held_out.labels)
    seconds = cpu(lambda: attack(*told, train.labels, held_out.labels), 7)
    whole = cpu(lambda: [signals(each.labels, bundle.probabilities(each.columns)) for each in (train, held_out)], 3)
    correct = bundle.probabilities(held_out.columns).argmax(axis=1) == held_out.labels
    twin = examine(problem, lambda rows: learn(rows, options), canaries=400)
    auc, tpr, exposed, asked = found.auc, found.tpr, twin.exposure, twin.audit
    how = f"{len(train.labels):,} training sentences as members, {len(held_out.labels):,} of dev as others"
    ends = f"[{auc.low:.3f}, {auc.high:.3f}]", f"[{tpr.low:.1%}, {tpr.high:.1%}]"
    made = f"{asked.canaries} canaries, {asked.right} of {asked.guesses} guesses right"
    bars = (GATE_AUC, 100 * GATE_TPR, 10) if gated else (None, None, None)
    return [
        Figure(f"{name}: membership AUC", auc.value, "", "lower", "a coin .5", bars[0], f"{how} {ends[0]}"),
        Figure(f"{name}: TPR at 1 % FPR", 100 * tpr.value, "%", "lower", "a coin 1 %", bars[1], f"{how} {ends[1]}"),
        Figure(f"{name}: dev accuracy", 100 * float(correct.mean()), "%", "higher", "", None, how),
        Figure(f"{name}: mean exposure", exposed.mean, "bits", "lower", "a coin 1.44", None, made),
        Figure(f"{name}: largest exposure", exposed.largest, "bits", "lower", "gate 10", bars[2], made),
        Figure(f"{name}: audited epsilon, at least", asked.bound, "", "lower", "no DP claimed", None, made),
        Figure(f"{name}: all attacks", 1000 * seconds, "ms CPU", "lower", "", None, how),
        Figure(f"{name}: predictions for them", whole, "CPU-s", "lower", "", None, how),
    ]


def part(file: Path) -> Part:
    """The sentences and classes of one of SST-2's files."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Part({"text": [row["text"] for row in rows]}, np.array([int(row["label"]) for row in rows]))


def learn(problem: Problem, options: Linear) -> Bundle:
    """The linear model of `problem`, on one thread."""
    fitted = fit(problem, options)
    return Bundle("linear", problem.labels, fitted.features, fitted.graph, threads=1)


def cpu(work: Callable[[], object], repeats: int) -> float:
    """The median CPU-seconds of `work`."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    report("privacy_proof", figures())
