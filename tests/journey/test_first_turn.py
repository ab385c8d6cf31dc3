"""From nothing to a champion, and that nothing is done twice."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import yaml
from places import SMALL, Place

from pipelines.files import digest, read_json
from pipelines.ledger import Ledger

Make = Callable[..., Place]
STAGES = ("validate", "anonymise", "split", "train", "evaluate")


def model_versions(place: Place) -> list[Any]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{place.folder / 'mlruns' / 'mlflow.db'}")
    return list(client.search_model_versions("name = 'product_reviews'"))


def test_the_first_turn_ends_with_a_champion_whose_every_figure_status_tells(turned: Place) -> None:
    found = json.loads(turned.flywheel("status", "--json").stdout)
    assert found == turned.status()
    assert found["data"]["rows"] == found["data"]["accepted"] + found["data"]["quarantined"] > 1000
    assert found["data"]["quarantined"] > 10
    assert found["last_run"]["outcome"] == "completed"
    assert found["last_run"]["reason"] == "the first turn"
    ran = dict.fromkeys(("ingest", *STAGES, "scan", "promote"), "ran")
    assert found["last_run"]["stages"] == ran | {"compare": "unchanged"}, "there was no champion to compare with"
    assert found["champion"]["version"] == 1
    assert found["champion"]["data_version"] == found["data"]["version"]
    assert 0.5 < found["champion"]["metrics"]["accuracy"]["low"] < found["champion"]["metrics"]["accuracy"]["high"] < 1
    assert found["decision"]["promote"]
    assert {gate["name"] for gate in found["decision"]["gates"]} == {
        "beats_baseline",
        "beats_majority",
        "membership_is_recorded",
        "no_leaks",
    }
    assert found["feedback_waiting"] == 0


def made_by(place: Place) -> dict[str, str]:
    """The digest of all that stages made; the leak scan's report says when it looked last."""
    made = [path for path in (place.folder / "data").rglob("*") if path.is_file() and path.name != "leaks.json"]
    return {str(path.relative_to(place.folder)): digest(path) for path in made}


def test_a_second_turn_changes_nothing_and_says_so(turned: Place) -> None:
    before = made_by(turned), len(model_versions(turned)), turned.status()["champion"]
    told = turned.flywheel("run").stdout
    assert "Nothing has changed since the last run" in told
    steps = ("ingest", *STAGES, "compare", "scan", "promote")
    assert turned.status()["last_run"]["stages"] == dict.fromkeys(steps, "unchanged")
    assert (made_by(turned), len(model_versions(turned)), turned.status()["champion"]) == before
    decisions = Ledger(f"sqlite:///{turned.folder / '.flywheel' / 'ledger.db'}").all("decision")
    assert len(decisions) == 1


def test_the_summary_tells_a_newcomer_data_people_scores_decision_and_where_to_look(turned: Place) -> None:
    told = turned.flywheel("run").stdout
    for word in ("SYNTHETIC", "quarantined", "two labels", "identifiers taken out", "EMAIL", "95 % intervals"):
        assert word in told
    for word in ("linear (baseline)", "lstm (candidate)", "beats_majority", "flywheel serve", "index.html"):
        assert word in told


def test_dvc_finds_nothing_to_do_after_a_flow(turned: Place) -> None:
    assert "up to date" in turned.dvc("status")
    lock = (turned.folder / "dvc.lock").read_bytes()
    told = turned.dvc("repro")
    assert told.count("didn't change, skipping") >= len(STAGES)
    assert (turned.folder / "dvc.lock").read_bytes() == lock


def test_mlflow_compares_the_runs_by_parameters_curves_measures_pictures_and_versions(turned: Place) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{turned.folder / 'mlruns' / 'mlflow.db'}")
    runs = read_json(turned.folder / "data" / "model" / "runs.json")
    candidate, baseline = (client.get_run(str(runs[role])) for role in ("candidate", "baseline"))
    assert candidate.data.params["family"] == "lstm"
    assert candidate.data.params["epochs"] == "2"
    assert len(client.get_metric_history(candidate.info.run_id, "valid_loss")) == 2
    for run in (candidate, baseline):
        assert {"test_accuracy", "test_macro_f1", "test_log_loss"} <= set(run.data.metrics)
        assert run.data.tags["data_version"] == turned.status()["data"]["version"]
        assert run.data.tags["git_revision"]
        assert run.data.tags["flow_run"].count("-") == 4
        pictures = [file.path for file in client.list_artifacts(run.info.run_id, "evaluation")]
        assert "evaluation/comparison.png" in pictures
    alias = client.get_model_version_by_alias("product_reviews", "champion")
    assert int(alias.version) == turned.status()["champion"]["version"]


def test_the_registered_champion_loads_in_mlflow_and_predicts(turned: Place) -> None:
    script = (
        "import mlflow, pandas; mlflow.set_tracking_uri('sqlite:///mlruns/mlflow.db');"
        "model = mlflow.pyfunc.load_model('models:/product_reviews@champion');"
        "print('ANSWER', model.predict(pandas.DataFrame({'review': ['excellent, I love it', '太差了,退货']})))"
    )
    told = turned.run(["python", "-c", script]).stdout
    assert "ANSWER" in told
    assert "negative" in told or "positive" in told


def test_another_number_of_epochs_reruns_training_and_what_follows_and_nothing_before(turned: Place) -> None:
    path = turned.folder / "params.yaml"
    original = path.read_text("utf-8")
    values = yaml.safe_load(original)
    values["train"]["epochs"] = 1
    path.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    try:
        turned.flywheel("run")
        stages = turned.status()["last_run"]["stages"]
        assert [stages[name] for name in ("ingest", "validate", "anonymise", "split")] == ["unchanged"] * 4
        assert [stages[name] for name in ("train", "evaluate", "promote")] == ["ran"] * 3
        path.write_text(original, "utf-8")
        turned.flywheel("run")
        assert turned.status()["last_run"]["stages"]["train"] == "restored", "DVC knew this model already"
    finally:
        path.write_text(original, "utf-8")


def test_ingest_alone_and_dvc_repro_build_all_and_a_flow_then_only_promotes(make: Make) -> None:
    place = make("by_hand", *SMALL)
    place.run(["python", "-m", "pipelines.ingest"])
    place.dvc("repro")
    assert json.loads((place.folder / "data/report/evaluation/scores.json").read_text("utf-8"))["test_rows"] > 100
    place.flywheel("run")
    stages = place.status()["last_run"]["stages"]
    assert (stages.pop("scan"), stages.pop("promote")) == ("ran", "ran")
    assert set(stages.values()) == {"unchanged"}
    assert "up to date" in place.dvc("status")
    shutil.rmtree(place.folder / "data" / "model")
    place.flywheel("run")
    assert place.status()["last_run"]["stages"]["train"] == "restored"
