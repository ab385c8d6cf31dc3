"""report, model, champion -> the decision: recorded once, by compare-and-set, and MLflow's alias follows."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from workspaces import REPOSITORY, Workspace, lines

from pipelines.bundle import read_bundle
from pipelines.errors import BundleError, DataError
from pipelines.evaluate import evaluate
from pipelines.files import digest
from pipelines.ingest import ingest
from pipelines.promote import promote, rollback
from pipelines.registry import CHAMPION, open_registry
from pipelines.reigns import champion_bundle
from pipelines.scan import scan
from pipelines.train import train

EVALUATE = ("data/splits", "data/model", "data/report/evaluation")


def alias(workspace: Workspace) -> int | None:
    """The version that MLflow calls champion."""
    from mlflow.exceptions import MlflowException

    client = open_registry(workspace.environment, workspace.path).client
    try:
        return int(client.get_model_version_by_alias(workspace.record.name, CHAMPION).version)
    except MlflowException:
        return None


def versions(workspace: Workspace) -> int:
    client = open_registry(workspace.environment, workspace.path).client
    return len(client.search_model_versions(f"name = '{workspace.record.name}'"))


def champion(workspace: Workspace) -> Any:
    return workspace.ledger.champion(workspace.record.name)


def learn(workspace: Workspace, **linear: float) -> None:
    """Train and measure another model."""
    options = {"words": 2, "characters": 2, "terms": 5000, "c": 10.0} | linear
    workspace.set("train", {"family": "linear", "linear": options})
    workspace.run(train, "data/splits", "data/model")
    workspace.run(evaluate, *EVALUATE)
    workspace.run(scan)


def back(workspace: Workspace, to: int | None = None) -> dict[str, Any]:
    return rollback(record=workspace.record, environment=workspace.environment, workspace=workspace.path, to=to)


def copied(workspace: Workspace, to: Path) -> Workspace:
    shutil.copytree(workspace.path, to, symlinks=True)
    return Workspace(to)


@pytest.fixture(scope="module")
def first_reign(journey: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The journey, with its model promoted."""
    made = copied(journey, tmp_path_factory.mktemp("first") / "workspace")
    made.run(promote)
    return made


@pytest.fixture
def reigning(first_reign: Workspace, tmp_path: Path) -> Workspace:
    return copied(first_reign, tmp_path / "reigning")


@pytest.fixture(scope="module")
def two_reigns(first_reign: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A second model, no better but of newer data, took over."""
    made = copied(first_reign, tmp_path_factory.mktemp("second") / "workspace")
    made.set("ingest", {"source": "sample", "sample": {"rows": 905, "seed": 8}})
    made.run(ingest)
    made.set("promote", {"margin": 0.5})
    learn(made, c=9.0)
    made.run(promote)
    return made


@pytest.fixture
def dynasty(two_reigns: Workspace, tmp_path: Path) -> Workspace:
    return copied(two_reigns, tmp_path / "dynasty")


def test_the_first_model_that_beats_the_commonest_class_is_champion(first_reign: Workspace) -> None:
    entry = first_reign.ledger.last("decision")
    assert entry is not None
    assert (entry["promote"], entry["version"], entry["winner"], entry["against_version"]) == (
        True,
        1,
        "baseline",
        None,
    )
    assert [gate["name"] for gate in entry["gates"]] == ["no_leaks", "beats_majority", "membership_is_recorded"]
    now = champion(first_reign)
    assert (now.version, now.epoch) == (1, 1)
    assert alias(first_reign) == 1
    assert first_reign.ledger.verify() is None


def test_the_champions_bytes_are_kept_apart_from_the_next_training(first_reign: Workspace) -> None:
    body = champion(first_reign).body
    kept = first_reign.path / body["bundle"]
    assert first_reign.path / ".flywheel" in kept.parents
    assert digest(kept) == body["digest"] == digest(first_reign.path / "data/model/baseline")
    assert read_bundle(kept, body["digest"]).family == "linear"


def test_the_run_in_mlflow_learns_its_measures_and_the_decision(first_reign: Workspace) -> None:
    body = champion(first_reign).body
    found = open_registry(first_reign.environment, first_reign.path).client.get_run(body["run"])
    assert found.data.tags["decision"] == "promoted"
    assert found.data.metrics["test_accuracy"] == pytest.approx(body["measures"]["accuracy"]["value"])


def test_the_same_question_is_decided_once(reigning: Workspace) -> None:
    before = reigning.ledger.last("decision")
    again = reigning.run(promote)
    assert again == before
    assert len(reigning.ledger.all("decision")) == 1
    assert versions(reigning) == 1
    assert champion(reigning).epoch == 1


def test_an_equal_model_of_the_same_data_does_not_take_over(reigning: Workspace) -> None:
    learn(reigning, c=9.0)
    entry = reigning.run(promote)
    assert not entry["promote"]
    assert "better_or_fresher" in {gate["name"] for gate in entry["gates"] if not gate["passed"]}
    assert champion(reigning).version == 1
    assert (alias(reigning), versions(reigning)) == (1, 1)


def test_models_are_compared_by_macro_f1_where_params_say_so(reigning: Workspace) -> None:
    learn(reigning, c=0.01)
    by_hits = reigning.run(promote)
    reigning.set("promote", {"measure": "macro_f1"})
    by_f1 = reigning.run(promote)
    assert by_f1["number"] > by_hits["number"]  # another question
    said = {gate["name"]: gate for gate in by_f1["gates"]}
    for name in ("not_worse_than_champion", "better_or_fresher"):
        assert "points of macro F1" in said[name]["reason"]
        assert said[name]["figures"]["measure"] == "macro F1"
        ours, theirs = (said[name]["figures"][whose] for whose in ("ours", "theirs"))
        assert ours == pytest.approx(by_f1["measures"]["baseline"]["macro_f1"]["value"])
        assert ours - theirs == pytest.approx(said[name]["figures"]["difference"])


def test_a_worse_model_does_not_take_over_however_fresh_its_data(reigning: Workspace) -> None:
    reigning.set("ingest", {"source": "sample", "sample": {"rows": 905, "seed": 8}})
    reigning.run(ingest)
    turned = {"negative": "positive", "neutral": "negative", "positive": "neutral"}
    part = reigning.path / "data/splits/train.parquet"
    rows = pl.read_parquet(part)
    rows.with_columns(pl.col("sentiment").replace(turned)).write_parquet(part)
    learn(reigning)
    entry = reigning.run(promote)
    failed = {gate["name"] for gate in entry["gates"] if not gate["passed"]}
    assert {"beats_majority", "not_worse_than_champion"} <= failed
    assert champion(reigning).version == 1
    assert alias(reigning) == 1
    assert reigning.run(promote) == entry


def test_a_model_of_newer_data_that_is_not_worse_takes_over(two_reigns: Workspace) -> None:
    entry = two_reigns.ledger.last("decision")
    assert entry is not None
    assert (entry["promote"], entry["version"], entry["against_version"]) == (True, 2, 1)
    assert {gate["name"] for gate in entry["gates"]} == {
        *("no_leaks", "beats_majority", "not_worse_than_champion", "better_or_fresher", "classes_hold"),
        "membership_is_recorded",
    }
    assert (champion(two_reigns).version, champion(two_reigns).epoch) == (2, 2)
    assert alias(two_reigns) == 2


def test_a_model_that_remembers_its_rows_is_held_back_where_limits_stop(journey: Workspace, tmp_path: Path) -> None:
    made = copied(journey, tmp_path / "made")
    made.set("promote", {"privacy": {"stops": "always", "membership_auc": 0.5, "membership_tpr": 0.0}})
    entry = made.run(promote)
    assert not entry["promote"]
    assert [gate["name"] for gate in entry["gates"] if not gate["passed"]] == ["resists_membership"]
    assert champion(made) is None


def test_changed_limits_ask_anew(journey: Workspace, tmp_path: Path) -> None:
    made = copied(journey, tmp_path / "made")
    made.set("promote", {"privacy": {"stops": "always", "membership_auc": 0.5, "membership_tpr": 0.0}})
    made.run(promote)
    made.set("promote", {"privacy": {"stops": "always", "membership_auc": 1.0, "membership_tpr": 1.0}})
    assert made.run(promote)["promote"]


def test_a_challenger_is_never_compared_with_altered_bytes(reigning: Workspace) -> None:
    learn(reigning, c=9.0)
    card = reigning.path / champion(reigning).body["bundle"] / "bundle.json"
    card.write_bytes(card.read_bytes() + b" ")
    with pytest.raises(BundleError, match="not the one that was measured"):
        reigning.run(promote)
    assert len(reigning.ledger.all("decision")) == 1


def test_the_alias_follows_where_a_promotion_was_killed_before_it(reigning: Workspace) -> None:
    """The ledger knows the champion; MLflow was never told."""
    open_registry(reigning.environment, reigning.path).client.delete_registered_model_alias(
        reigning.record.name, CHAMPION
    )
    with sqlite3.connect(reigning.path / ".flywheel/ledger.db") as file:
        assert file.execute("DELETE FROM entries WHERE kind = 'alias'").rowcount == 1
    assert alias(reigning) is None
    reigning.run(promote)
    assert alias(reigning) == 1
    assert (len(reigning.ledger.all("decision")), versions(reigning)) == (1, 1)
    assert reigning.ledger.verify() is None


def test_a_promotion_that_was_killed_after_registering_makes_no_second_version(travelled: Workspace) -> None:
    registry = open_registry(travelled.environment, travelled.path)
    bundle = travelled.path / "data/model/baseline"
    run = registry.start(travelled.record.name, "killed", {}, {})
    registry.register(travelled.record.name, run, bundle, travelled.record, {"digest": digest(bundle)})
    assert travelled.run(promote)["version"] == 1
    assert versions(travelled) == 1


TOGETHER = """
import sys, time
from pathlib import Path
import mlflow.pyfunc
from pipelines.errors import BusyError
from pipelines.promote import promote
from pipelines.stage import call
deadline = time.monotonic() + 60
print("ready", flush=True)
while not Path("go").exists():
    time.monotonic() < deadline or sys.exit(1)
try:
    print(call(promote, [], Path.cwd())["number"])
except BusyError:
    print("busy")
"""


@pytest.mark.no_cover  # two processes that import MLflow, over lines that others count
def test_of_two_promotions_at_once_one_decides(travelled: Workspace) -> None:
    command = [sys.executable, "-c", TOGETHER]
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    started = [
        subprocess.Popen(command, cwd=travelled.path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert all(process.stdout and process.stdout.readline() == b"ready\n" for process in started)
    (travelled.path / "go").touch()
    ended = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    decisions = travelled.ledger.all("decision")
    assert len(decisions) == 1
    assert champion(travelled).epoch == 1
    assert alias(travelled) == champion(travelled).version == decisions[0]["version"]
    said = [out.decode().strip() for out, _ in ended]
    assert str(decisions[0]["number"]) in said
    assert set(said) <= {str(decisions[0]["number"]), "busy"}


def test_rolling_back_returns_to_the_champion_before(dynasty: Workspace) -> None:
    entry = back(dynasty)
    assert (entry["version"], entry["by"].split()[0]) == (1, "rollback")
    assert (champion(dynasty).version, champion(dynasty).epoch) == (1, 3)
    assert alias(dynasty) == 1
    assert "from version 2 to version 1" in dynasty.ledger.last("decision")["reason"]  # type: ignore[index]
    assert dynasty.ledger.verify() is None


def test_rolling_back_to_a_version_goes_forward_too(dynasty: Workspace) -> None:
    back(dynasty, to=1)
    assert champion(dynasty).version == 1
    back(dynasty, to=2)
    assert (champion(dynasty).version, alias(dynasty)) == (2, 2)


@pytest.mark.parametrize("to", [2, 7])
def test_rolling_back_to_no_earlier_champion_is_refused(dynasty: Workspace, to: int) -> None:
    with pytest.raises(DataError, match="no such earlier champion") as caught:
        back(dynasty, to=to)
    assert lines(caught.value)[1] == "Expected one of the versions 1."
    assert champion(dynasty).version == 2


def test_the_first_champion_has_nobody_to_return_to(reigning: Workspace) -> None:
    with pytest.raises(DataError, match="no earlier champion") as caught:
        back(reigning)
    lines(caught.value)


@pytest.mark.parametrize("part", ["model.onnx", "bundle.json"])
def test_rolling_back_to_altered_bytes_is_refused(dynasty: Workspace, part: str) -> None:
    first = next(e for e in dynasty.ledger.all("decision") if e.get("version") == 1)
    path = dynasty.path / first["champion"]["bundle"] / part
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleError, match="not the one that was measured"):
        back(dynasty)
    assert (champion(dynasty).version, alias(dynasty)) == (2, 2)


def test_a_champion_of_another_machine_is_taken_from_the_same_bytes_here(reigning: Workspace) -> None:
    body = champion(reigning).body
    shutil.rmtree(reigning.path / ".flywheel" / "champions")  # two machines share a ledger, and nothing else of it
    bundle = champion_bundle(body, reigning.path)
    assert bundle.family == body["family"]
    assert digest(reigning.path / body["bundle"]) == body["digest"]


def test_a_champion_whose_bytes_are_nowhere_here_is_refused(reigning: Workspace) -> None:
    body = champion(reigning).body
    shutil.rmtree(reigning.path / ".flywheel" / "champions")
    learn(reigning, c=0.01)
    with pytest.raises(BundleError, match=r"not on this machine(.|\n)*\.flywheel/champions(.|\n)*dvc pull"):
        champion_bundle(body, reigning.path)
    assert not (reigning.path / body["bundle"]).exists()


def test_a_model_made_smaller_is_measured_beside_what_it_was_and_promoted_with_its_card(travelled: Workspace) -> None:
    options = {"words": 2, "characters": 2, "terms": 5000, "c": 10.0}
    travelled.set("train", {"family": "linear", "linear": options, "compression": {"weights": "int8", "prune": 0.3}})
    travelled.run(train, "data/splits", "data/model")
    travelled.run(evaluate, *EVALUATE)
    travelled.run(scan)
    told = json.loads((travelled.path / "data/report/evaluation/scores.json").read_text("utf-8"))["compression"]
    small, whole = (read_bundle(travelled.path / "data/model" / role) for role in ("baseline", "uncompressed"))
    assert (told["bytes_before"], told["bytes_after"]) == (len(whole.graph), len(small.graph))
    assert 3 * len(small.graph) < len(whole.graph)
    assert told["figures"]["rows"] > 100
    assert "points" in told["cost"]
    decision = travelled.run(promote)
    assert decision["winner"] == "baseline"  # never what it was before
    body = champion(travelled).body
    assert body["digest"] == digest(travelled.path / "data/model/baseline")
    client = open_registry(travelled.environment, travelled.path).client
    card = client.get_model_version(travelled.record.name, str(champion(travelled).version)).description
    assert "int8 weights" in card
    assert "| accuracy |" in card
    assert f"{body['cost']['median_ms']:.2g} ms a row" in card
    assert decision["reason"] in card
