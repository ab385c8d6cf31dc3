"""A text alone, from its source to what is written on: every verb, and what the command prints."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import workspaces
from workspaces import Workspace

from flywheel.summary import next_steps
from pipelines.bundle import read_bundle
from pipelines.files import digest
from pipelines.language import text_losses

RECORD = {"name": "rhymes", "columns": {"line": {"type": "text", "role": "text", "privacy": "free_text"}}}
NUMBERS = ("one", "two", "three", "four", "five")
GPT = {"length": 24, "layers": 1, "heads": 2, "width": 24}


@pytest.fixture(scope="module")
def learnt(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Rhymes that differ in their numbers, and a small decoder that has read most of them."""
    folder = tmp_path_factory.mktemp("language")
    training = {"family": "gpt", "epochs": 5, "batch_size": 16, "learning_rate": 0.01, "gpt": GPT}
    made = workspaces.make(
        folder / "workspace",
        {
            "record": RECORD,
            "seed": 7,
            "ingest": {"source": "source.csv"},
            "anonymise": {"text": {"mode": "placeholder", "finders": ["patterns"]}},
            "train": training,
            "evaluate": {"draws": 60},
        },
    )
    rows = [[f"{a} and {b} knock at the door; {c} will be sure"] for a in NUMBERS for b in NUMBERS for c in NUMBERS]
    workspaces.write_csv(made.path / "source.csv", rows, ("line",))
    made.turn()
    return made


def measures(learnt: Workspace, role: str) -> dict[str, Any]:
    told = json.loads((learnt.path / "data/report/evaluation/scores.json").read_text("utf-8"))
    found: dict[str, Any] = told["models"][role]["measures"]
    return found


def test_a_decoder_foretells_texts_better_than_pairs_do_and_both_better_than_letters_alone(learnt: Workspace) -> None:
    bits = {role: measures(learnt, role)["bits_per_character"]["value"] for role in ("candidate", "baseline")}
    assert bits["candidate"] < bits["baseline"] < measures(learnt, "baseline")["unigram_bits"]["value"]
    bundle = read_bundle(learnt.path / "data/model/candidate")
    assert bundle.family == "gpt"
    assert bundle.task == "language"
    fluent, odd = text_losses(bundle, ["one and two knock at the door; four will be sure", "wtn eo dan oo nkc"])
    assert fluent < odd


def asked(command: list[str], learnt: Workspace) -> subprocess.CompletedProcess[str]:
    known = {"FLYWHEEL_HOME": str(learnt.environment.home), "PYTHONPATH": str(workspaces.REPOSITORY)}
    return subprocess.run(command, cwd=learnt.path, capture_output=True, text=True, check=False, env=os.environ | known)


def test_the_champion_writes_on_and_the_same_seed_writes_the_same(learnt: Workspace) -> None:
    kept = learnt.path / "data/model/candidate"
    body = {"bundle": str(kept), "digest": digest(kept), "family": "gpt"}
    decision = {"model": "rhymes"}
    assert "flywheel generate PROMPT" not in next_steps(learnt.path, decision, learnt.ledger)
    assert learnt.ledger.crown("rhymes", 0, 1, body, {"promote": True, "version": 1})
    assert "flywheel generate PROMPT" in next_steps(learnt.path, decision, learnt.ledger)
    command = [sys.executable, "-m", "flywheel.cli", "generate", "two and", "--length", "30", "--seed", "4"]
    said = [asked(command, learnt) for _ in range(2)]
    assert said[0].returncode == 0, said[0].stderr
    assert said[0].stdout == said[1].stdout
    assert said[0].stdout.startswith("two and")
    assert 7 < len(said[0].stdout.rstrip("\n")) <= 37
    refused = asked([*command, "--top-k", "-1"], learnt)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--top-k" in refused.stderr
    assert np.isfinite(measures(learnt, "candidate")["perplexity"]["value"])
