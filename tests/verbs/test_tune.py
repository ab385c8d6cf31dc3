"""flywheel tune, and `train.family: auto`: a leaderboard, members in params.yaml, one bundle as any other."""

import json
from dataclasses import asdict
from typing import Any

import pytest
import yaml
from workspaces import Workspace, image, lines

pytest.importorskip("optuna")
from flywheel.tune import differing, tune, write_members
from pipelines.bundle import read_bundle
from pipelines.errors import DataError, ParameterError
from pipelines.evaluate import evaluate
from pipelines.live import PARENT
from pipelines.models.options import Cnn, Convolved
from pipelines.parameters import arguments_for, read_parameters
from pipelines.registry import open_registry
from pipelines.train import train

AUTO = {"trials": 2, "folds": 2, "families": ["linear"]}


def test_tune_shows_what_it_tried_and_writes_what_won_so_that_train_can_repeat_it(
    travelled: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    travelled.set("train", {"family": "linear", "auto": AUTO})
    monkeypatch.chdir(travelled.path)
    assert tune(None, None, "macro_f1", write=True) == 0
    shown = capsys.readouterr()
    assert "| 1 | linear |" in shown.out
    assert "trial 2/2" in shown.err
    board = json.loads((travelled.path / "data/report/leaderboard.json").read_text("utf-8"))
    assert board["measure"] == "macro_f1"
    assert [row["value"] for row in board["models"][1:]] == sorted(
        (r["value"] for r in board["models"][1:]), reverse=True
    )
    given = arguments_for(train, read_parameters(travelled.path))
    assert given["family"] == "auto"
    assert given["auto"].measure == "macro_f1"
    assert 1 <= len(given["auto"].members) <= 2
    travelled.run(train, "data/splits", "data/model")
    bundle = read_bundle(travelled.path / "data/model/candidate")
    assert bundle.family == "auto"
    assert bundle.about["search"]["ended"] == "members"
    before = image(travelled.path / "data/model/candidate")
    travelled.run(train, "data/splits", "data/model")
    assert image(travelled.path / "data/model/candidate") == before


def test_trials_are_runs_below_the_one_of_the_search_and_the_model_is_measured_like_any_other(
    travelled: Workspace,
) -> None:
    travelled.set("train", {"family": "auto", "auto": AUTO})
    travelled.run(train, "data/splits", "data/model")
    runs = json.loads((travelled.path / "data/model/runs.json").read_text("utf-8"))
    client = open_registry(travelled.environment, travelled.path).client
    experiment = client.get_run(runs["candidate"]).info.experiment_id
    below = client.search_runs([experiment], f"tags.`{PARENT}` = '{runs['candidate']}'")
    assert len(below) == 2
    assert {run.data.params["family"] for run in below} == {"linear"}
    assert all(0 < run.data.metrics["valid_accuracy"] <= 1 for run in below)
    travelled.run(evaluate, "data/splits", "data/model", "data/report/evaluation")
    report = travelled.path / "data/report/evaluation"
    assert json.loads((report / "scores.json").read_text("utf-8"))["models"]["candidate"]["family"] == "auto"
    # Validation rows taught it: they are no strangers to hold training rows against.
    attacks = json.loads((report / "membership.json").read_text("utf-8"))["models"]
    assert "drift" in attacks["baseline"]
    assert "drift" not in attacks["candidate"]


@pytest.mark.parametrize(
    "train_section",
    ["  family: linear\n  epochs: 3  # few\n", "  auto:\n    trials: 3\n  family: linear\n  epochs: 3\n"],
)
def test_only_the_family_and_its_members_change_in_the_file(train_section: str, reviews: Workspace) -> None:
    path = reviews.path / "params.yaml"
    path.write_text(f"# mine\nseed: 7\ntrain:\n{train_section}\nevaluate:\n  draws: 5 # five\n", "utf-8")
    write_members(path, {"folds": 2, "members": [{"linear": {"words": 1}}]})
    found: Any = yaml.safe_load(path.read_text("utf-8"))
    assert found["train"] == {
        "family": "auto",
        "auto": {"folds": 2, "members": [{"linear": {"words": 1}}]},
        "epochs": 3,
    }
    assert "# mine" in path.read_text("utf-8")
    assert "draws: 5 # five" in path.read_text("utf-8")


def test_a_section_that_lines_cannot_be_put_into_stays_as_it_is(reviews: Workspace) -> None:
    path = reviews.path / "params.yaml"
    path.write_text("seed: 7\ntrain: {family: linear}\n", "utf-8")
    with pytest.raises(ParameterError) as caught:
        write_members(path, {"members": []})
    lines(caught.value)
    assert path.read_text("utf-8") == "seed: 7\ntrain: {family: linear}\n"


def test_without_rows_there_is_nothing_to_tune(reviews: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews.set("train", {"family": "linear"})
    monkeypatch.chdir(reviews.path)
    with pytest.raises(DataError, match="tune: there are no rows") as caught:
        tune(1.0, None, None, write=False)
    lines(caught.value)


def test_a_pace_that_train_would_refuse_is_refused_by_tune(reviews: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews.set("train", {"family": "linear", "schedule": {"warmup": 2.0}})
    monkeypatch.chdir(reviews.path)
    with pytest.raises(ParameterError, match=r"train\.schedule\.warmup") as caught:
        tune(1.0, None, None, write=False)
    lines(caught.value)


def test_the_leaderboard_tells_what_is_not_as_by_default() -> None:
    assert differing("cnn", asdict(Cnn())) == "as by default"
    told = differing("cnn", asdict(Cnn(widths=(2, 3), pictures=Convolved(dropout=0.1))))
    assert told == "widths 2-3, pictures.dropout 0.1"
