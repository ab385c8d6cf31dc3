"""Each preset on its real data, from source to promotion; writes the table of results into the READMEs.

    FLYWHEEL_DATASETS=DIR python benchmarks/bench_presets.py [PRESET …]

DIR holds one folder per data set, as the presets name their origin. Test rows are looked at once per run, by
`evaluate`; everything was chosen on the validation rows.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporting import Figure, report

from flywheel.words import interval, table

ROOT = Path(__file__).parent.parent
MARKS = ("<!-- results: written by `make bench-presets` -->", "<!-- end of results -->")


@dataclass(frozen=True)
class Trial:
    """A preset, its data, and the bars that its figures are held against."""

    preset: str
    folder: str
    anchor: str
    bars: dict[tuple[str, str], float]  # (role or "better", measure) -> per cent


TRIALS = (
    Trial(
        "sst2", "sst2", "NB-SVM 82.6, TF-IDF + LR 81.7", {("baseline", "accuracy"): 81, ("candidate", "accuracy"): 83}
    ),
    Trial("sst3", "sst3", "TF-IDF + LR macro-F1 53.8", {("better", "macro_f1"): 56}),
    Trial("airline", "airline_tweets", "TF-IDF + LR, 80/20: macro-F1 75.5", {("better", "macro_f1"): 74}),
    Trial("waimai", "waimai_10k", "TF-IDF + LR, 80/20: 89.5", {("better", "accuracy"): 88}),
    Trial("hotel", "chnsenticorp_htl", "TF-IDF + LR, 80/20: 90.3", {}),
    Trial("adult", "adult", "MLP 85.2, LR 85.3 / AUC 90.6", {("better", "accuracy"): 85, ("better", "roc_auc"): 90}),
    Trial("telco", "telco_churn", "LR, 80/20: AUC 84.2", {}),
    Trial("imdb", "imdb", "TF-IDF + LR 90.7", {}),
)


def main(names: list[str]) -> None:
    """Run the presets called `names`, or all; print and write what they came to."""
    data = Path(os.environ.get("FLYWHEEL_DATASETS") or sys.exit("FLYWHEEL_DATASETS names no folder of data sets."))
    figures: list[Figure] = []
    rows: list[list[str]] = []
    for trial in TRIALS:
        if names and trial.preset not in names:
            continue
        scores, decision, seconds = run(trial, data)
        figures += figures_of(trial, scores, seconds)
        rows += rows_of(trial, scores, decision, seconds)
        print(f"{trial.preset}: {seconds:.0f} s", flush=True)
    report("presets", figures)
    if not names:
        head = ["data", "test rows", "model", "accuracy", "macro F1", "ROC AUC", "promoted", "s"]
        for readme in ("README.md", "README.zh-CN.md"):
            write(ROOT / readme, table(rows, head))


def run(trial: Trial, data: Path) -> tuple[dict[str, Any], dict[str, Any], float]:
    """The scores, the decision and the seconds of one whole turn in a workspace of its own, with a home of its own."""
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        place, home = Path(folder) / "workspace", Path(folder) / "home"
        home.mkdir()
        # A key of its own would move rows between parts where data name subjects; this one is as good as any.
        environment = {**os.environ, "HOME": str(home), "FLYWHEEL_HOME": str(home), "FLYWHEEL_MASTER_KEY": "5a" * 32}
        command = [sys.executable, "-m", "flywheel.cli"]
        source = ["--preset", trial.preset, "--source", str(data / trial.folder)]
        subprocess.run([*command, "new", str(place), *source], env=environment, check=True, capture_output=True)
        started = time.monotonic()
        subprocess.run([*command, "run"], cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - started
        scores = json.loads((place / "data/report/evaluation/scores.json").read_text("utf-8"))["models"]
        status = subprocess.run(
            [*command, "status", "--json"], cwd=place, env=environment, check=True, capture_output=True
        )
        return scores, json.loads(status.stdout)["decision"], seconds


def figures_of(trial: Trial, scores: dict[str, Any], seconds: float) -> list[Figure]:
    """The figures that have a bar, and how long it all took."""
    found = [Figure(f"{trial.preset}: whole run", seconds, "s", "lower", "", 600, "flywheel run, with its server")]
    for role, model in scores.items():
        for measure in ("accuracy", "macro_f1", "roc_auc"):
            value = 100 * model["measures"][measure]["value"]
            bar = trial.bars.get((role, measure))
            what = f"{trial.preset}: {model['family']} {measure}"
            found.append(Figure(what, value, "%", "higher", trial.anchor, bar, f"{model['rows']:,} test rows"))
    for (role, measure), bar in trial.bars.items():
        if role == "better":
            best = max(100 * model["measures"][measure]["value"] for model in scores.values())
            what = f"{trial.preset}: better {measure}"
            found.append(Figure(what, best, "%", "higher", trial.anchor, bar, "the better of the two models"))
    return found


def rows_of(trial: Trial, scores: dict[str, Any], decision: dict[str, Any], seconds: float) -> list[list[str]]:
    """A line of the READMEs' table per model."""
    lines = []
    for role, model in scores.items():
        cells = [interval(model["measures"][measure]) for measure in ("accuracy", "macro_f1", "roc_auc")]
        promoted = "✓" if decision["promote"] and decision["winner"] == role else ""
        last = role == list(scores)[-1]
        lines.append(
            [trial.preset, f"{model['rows']:,}", model["family"], *cells, promoted, f"{seconds:.0f}" if last else ""]
        )
    return lines


def write(path: Path, text: str) -> None:
    """Put `text` between the marks in `path`."""
    before, _, rest = path.read_text("utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
