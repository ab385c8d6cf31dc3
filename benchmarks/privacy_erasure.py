"""Forgetting 100 of 10,000 people, after five data versions: seconds a person, and how many of their rows open."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from reporting import Figure, report

PEOPLE, VERSIONS, FORGOTTEN = 10_000, 5, 100
RECORD = {
    "name": "people",
    "columns": {
        "who": {"type": "text", "role": "subject", "privacy": "identifier"},
        "text": {"type": "text", "role": "text", "privacy": "free_text"},
        "mood": {"type": "category", "role": "label", "categories": ["good", "bad"]},
    },
}
PARAMETERS = {"record": RECORD, "ingest": {"source": "rows.csv"}, "train": {"family": "linear"}}


def figures() -> list[Figure]:
    """Wall seconds a person of `flywheel forget`, whole process, and the rows of theirs that open afterwards."""
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        place = Path(folder) / "workspace"
        place.mkdir()
        os.environ["FLYWHEEL_HOME"] = str(Path(folder) / "home")
        prepare(place)
        (place / "who").write_text("\n".join(f"person {n}" for n in range(0, PEOPLE, PEOPLE // FORGOTTEN)))
        command = [sys.executable, "-m", "flywheel.cli", "forget"]
        started = time.monotonic()
        subprocess.run([*command, "--file", "who", "--json"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - started
        told = subprocess.run([*command, "--verify", "--json"], cwd=place, check=True, capture_output=True, text=True)
    found = yaml.safe_load(told.stdout)
    assert found["erased"] == FORGOTTEN
    assert found["sealed_rows"] >= FORGOTTEN
    how = f"{FORGOTTEN} of {PEOPLE:,} people, {VERSIONS} data versions, the whole command, once"
    return [
        Figure("forgetting a person", seconds / FORGOTTEN, "s", "lower", "nobody offers it for DVC", 2, how),
        Figure("rows of forgotten people that open", found["open_rows"], "rows", "lower", "", 0, how),
    ]


def prepare(place: Path) -> None:
    """Five data versions in `place`, each 2,000 people larger."""
    from pipelines.ingest import ingest
    from pipelines.stage import call
    from pipelines.versions import initialise, quiet

    (place / "dvc.yaml").write_text("stages: {}\n")
    (place / "params.yaml").write_text(yaml.safe_dump(PARAMETERS))
    with quiet():
        initialise(place)
    for version in range(1, VERSIONS + 1):
        rows = [f"person {n},text number {n},good" for n in range(PEOPLE * version // VERSIONS)]
        (place / "rows.csv").write_text("who,text,mood\n" + "\n".join(rows) + "\n", "utf-8")
        call(ingest, [], place)


if __name__ == "__main__":
    report("privacy_erasure", figures())
