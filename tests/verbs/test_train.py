"""splits -> model: a bundle per role, and a run in MLflow for each; rows that cannot teach are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import workspaces
from workspaces import Workspace, image, lines

from pipelines.bundle import read_bundle
from pipelines.errors import DataError, ParameterError, TrainingError
from pipelines.models.options import Linear
from pipelines.posing import label_names, pose
from pipelines.record import Column, Record, parse_record
from pipelines.registry import open_registry
from pipelines.teaching import check_family
from pipelines.train import roles, train
from pipelines.versions import describe

TEXT = parse_record(workspaces.REVIEWS)
TABLE = Record("table", (Column("age", "integer", "feature"), Column("mood", "category", "label")))


def splits(folder: Path, *, train: list[str | None], valid: list[str | None]) -> Path:
    """Parts with these moods."""
    folder.mkdir()
    for name, moods in (("train", train), ("valid", valid)):
        rows = {"text": [f"text {n}" for n in range(len(moods))], "mood": moods}
        pl.DataFrame(rows, schema={"text": pl.String, "mood": pl.String}).write_parquet(folder / f"{name}.parquet")
    return folder


def test_the_linear_family_is_its_own_baseline(journey: Workspace) -> None:
    model = journey.path / "data/model"
    assert sorted(path.name for path in model.iterdir()) == ["baseline", "runs.json"]
    bundle = read_bundle(model / "baseline")
    assert bundle.family == "linear"
    assert bundle.labels == ("negative", "neutral", "positive")
    rows = pl.read_parquet(journey.path / "data/splits/train.parquet")
    assert bundle.about["train_rows"] == rows.height
    assert bundle.about["seed"] == 7


def test_any_other_family_has_the_linear_one_to_beat() -> None:
    assert roles("linear") == {"baseline": "linear"}
    assert roles("lstm") == {"baseline": "linear", "candidate": "lstm"}
    assert roles("mlp") == {"baseline": "linear", "candidate": "mlp"}


def test_the_run_in_mlflow_knows_parameters_data_and_code(journey: Workspace) -> None:
    runs = json.loads((journey.path / "data/model/runs.json").read_text("utf-8"))
    assert list(runs) == ["baseline"]
    found = open_registry(journey.environment, journey.path).client.get_run(runs["baseline"])
    assert found.info.status == "FINISHED"
    linear = {"words": "2", "characters": "2", "terms": "5000", "c": "10.0"}
    assert found.data.params == {"family": "linear", "seed": "7", "class_weight": "none"} | linear
    version = describe(journey.raw)
    assert version is not None
    assert found.data.tags["data_version"] == version[0]
    assert found.data.tags["role"] == "baseline"
    assert found.data.tags["git_revision"] == "none"


def test_the_model_has_learnt_what_it_was_shown(journey: Workspace) -> None:
    bundle = read_bundle(journey.path / "data/model/baseline")
    rows = pl.read_parquet(journey.path / "data/splits/train.parquet")
    found = bundle.probabilities({"review": rows["review"].to_list()}).argmax(axis=1)
    right = np.mean([bundle.labels[place] == label for place, label in zip(found, rows["sentiment"], strict=True)])
    assert right > 0.85


def test_training_twice_gives_the_same_bytes(travelled: Workspace) -> None:
    before = image(travelled.path / "data/model/baseline")
    travelled.run(train, "data/splits", "data/model")
    assert image(travelled.path / "data/model/baseline") == before


def test_other_options_give_another_model(travelled: Workspace) -> None:
    before = image(travelled.path / "data/model/baseline")
    options = {"words": 1, "characters": 1, "terms": 50, "c": 1.0}
    travelled.set("train", {"family": "linear", "linear": options})
    travelled.run(train, "data/splits", "data/model")
    assert image(travelled.path / "data/model/baseline") != before
    bundle: Any = read_bundle(travelled.path / "data/model/baseline")
    assert len(bundle.features.vocabulary) == 50


@pytest.mark.parametrize("moods", [["good"] * 5, ["good"] * 5 + ["bad"], [None] * 3, []])
def test_rows_that_cannot_teach_are_refused_and_no_model_is_left(moods: list[str | None], reviews: Workspace) -> None:
    reviews.set("train", {"family": "linear"})
    splits(reviews.path / "parts", train=moods, valid=["good", "bad"])
    before = image(reviews.path)
    with pytest.raises((TrainingError, DataError), match="train: ") as caught:
        reviews.run(train, "parts", "data/model")
    lines(caught.value)
    assert image(reviews.path) == before


def test_labels_stand_in_the_order_of_the_record_and_only_if_they_occur(tmp_path: Path) -> None:
    rows = pl.DataFrame({"mood": ["good", None, "bad", "good"]})
    assert label_names(rows, TEXT) == ("bad", "good")
    assert label_names(rows.filter(pl.col("mood") == "good"), TEXT) == ("good",)
    unlisted = Record("open", (Column("mood", "category", "label"),))
    assert label_names(pl.DataFrame({"mood": ["z", "a", None]}), unlisted) == ("a", "z")


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    parts = splits(tmp_path / "parts", train=["good", "bad", None, "good", "bad"], valid=[None, "good", "odd"])
    problem = pose(parts, TEXT, "none", 7)
    assert problem.train.labels.tolist() == [1, 0, 1, 0]
    assert problem.train.columns["text"] == ["text 0", "text 1", "text 3", "text 4"]
    assert problem.valid.labels.tolist() == [1]


def test_balanced_weights_give_every_class_the_same_say(tmp_path: Path) -> None:
    parts = splits(tmp_path / "parts", train=["good"] * 6 + ["bad"] * 2, valid=["good"])
    assert pose(parts, TEXT, "none", 7).weights.tolist() == [1, 1]
    weights = pose(parts, TEXT, "balanced", 7).weights
    assert (weights * [2, 6]).tolist() == [4, 4]


@pytest.mark.parametrize(("family", "record"), [("lstm", TABLE), ("mlp", TEXT)])
def test_a_family_that_cannot_read_the_record_is_refused(family: Any, record: Record) -> None:
    with pytest.raises(ParameterError, match=f"`train.family` is '{family}'") as caught:
        check_family(family, record)
    assert "linear, " in lines(caught.value)[1]


@pytest.mark.parametrize(("family", "record"), [("lstm", TEXT), ("mlp", TABLE), ("linear", TEXT), ("linear", TABLE)])
def test_a_family_that_can_read_the_record_is_taken(family: Any, record: Record) -> None:
    check_family(family, record)
    assert Linear() == Linear(words=2, characters=3, terms=200_000, c=10.0)
