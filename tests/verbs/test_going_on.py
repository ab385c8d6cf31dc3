"""splits -> model from a champion's weights: named by its bytes, and never past somebody who was forgotten."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import workspaces
from workspaces import Workspace, image, lines

from pipelines.bundle import read_bundle
from pipelines.errors import ParameterError
from pipelines.files import digest
from pipelines.models.starting import CHAMPIONS, WEIGHTS
from pipelines.registry import open_registry
from pipelines.train import train

RECORD = {
    "name": "visits",
    "columns": {
        "who": {"type": "text", "role": "subject", "privacy": "identifier"},
        "age": {"type": "integer", "role": "feature", "min": 0, "max": 100},
        "mood": {"type": "category", "role": "label", "categories": ["bad", "good"]},
    },
}
TRAIN = {"family": "mlp", "epochs": 1, "batch_size": 32, "mlp": {"layers": [8], "dropout": 0.1}}


@pytest.fixture
def visits(tmp_path: Path, own_home: Path) -> Workspace:
    made = workspaces.make(
        tmp_path / "visits", {"record": RECORD, "seed": 7, "ingest": {"source": "x"}, "train": TRAIN}
    )
    (made.path / "parts").mkdir()
    chance = np.random.default_rng(1)
    for name, count in (("train", 160), ("valid", 40)):
        age = chance.integers(0, 100, count)
        columns = {
            "subject": [f"{name}{n}" for n in range(count)],
            "age": age,
            "mood": np.where(age > 50, "bad", "good"),
        }
        pl.DataFrame(columns).write_parquet(made.path / "parts" / f"{name}.parquet")
    return made


def promoted(place: Workspace) -> str:
    """Let the candidate be the champion, as `promote` leaves one behind; its name."""
    candidate = place.path / "data/model/candidate"
    name = f"v1-{digest(candidate)[:12]}"
    shutil.copytree(candidate, place.path / CHAMPIONS / name)
    run = json.loads((place.path / "data/model/runs.json").read_text("utf-8"))["candidate"]
    body = {"bundle": str(CHAMPIONS / name), "digest": digest(candidate), "run": run}
    entry = {"promote": True, "model": "visits", "version": 1, "champion": body, "question": "whether"}
    assert place.ledger.crown("visits", 0, 1, body, entry)
    return name


def test_a_model_goes_on_from_the_champion_until_somebody_is_forgotten(visits: Workspace) -> None:
    visits.run(train, "parts", "data/model")
    candidate = visits.path / "data/model/candidate"
    first = read_bundle(candidate)
    assert (candidate / WEIGHTS).is_file()
    used = first.about["used"]
    assert used["seconds"] > 0
    assert used["energy_by"]
    name = promoted(visits)

    visits.set("train", {**TRAIN, "start": "champion"})
    before = image(visits.path / "data")
    with pytest.raises(ParameterError, match="'champion'") as caught:
        visits.run(train, "parts", "data/model")
    assert name in lines(caught.value)[2]
    assert image(visits.path / "data") == before

    visits.ledger.append("erasure", {"record": "another", "subject": "0", "by": "test", "lines": []})
    visits.set("train", {**TRAIN, "start": name})
    visits.run(train, "parts", "data/model")
    second = read_bundle(candidate)
    assert second.about["started_from"] == name
    assert second.about["history"][0]["loss"] < first.about["history"][0]["loss"]
    run = json.loads((visits.path / "data/model/runs.json").read_text("utf-8"))["candidate"]
    told = open_registry(visits.environment, visits.path).client.get_run(run).data
    assert told.params["start"] == name
    assert told.metrics["peak_memory_mb"] > 0
    assert list((visits.path / ".flywheel/tensorboard" / run).iterdir())

    visits.ledger.append("erasure", {"record": "visits", "subject": "0", "by": "test", "lines": []})
    with pytest.raises(ParameterError, match="people were forgotten since") as refused:
        visits.run(train, "parts", "data/model")
    lines(refused.value)


def test_a_private_training_begins_with_nothing_and_has_rules_of_its_own(visits: Workspace) -> None:
    private = {**TRAIN, "privacy": {"epsilon": 3, "delta": "1e-3"}}
    for key, value in (("start", "v1-0123456789ab"), ("schedule", {"ema": 0.9})):
        visits.set("train", {**private, key: value})
        with pytest.raises(ParameterError, match=rf"`train\.{key}` is set") as caught:
            visits.run(train, "parts", "data/model")
        lines(caught.value)
