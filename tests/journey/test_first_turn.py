"""From nothing to a champion, and that nothing is done twice."""

import json
from typing import Any

import pytest
import yaml
from places import Moment, Place

from pipelines.files import digest, read_json
from pipelines.ledger import Ledger

pytestmark = pytest.mark.xdist_group("network")

STAGES = ("validate", "anonymise", "split", "train", "evaluate")


@pytest.fixture(scope="module")
def place(turned: Moment) -> Place:
    return turned.again()


@pytest.fixture(scope="module")
def again(place: Place) -> tuple[Any, Any, str]:
    """What there was before a second turn and after it, and what it told."""
    before = state(place)
    told = place.flywheel("run").stdout
    return before, state(place), told


def state(place: Place) -> Any:
    return made_by(place), len(model_versions(place)), place.status()["champion"]


def model_versions(place: Place) -> list[Any]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{place.folder / 'mlruns' / 'mlflow.db'}")
    return list(client.search_model_versions("name = 'product_reviews'"))


def test_the_first_turn_ends_with_a_champion_whose_every_figure_status_tells(place: Place) -> None:
    found = json.loads(place.flywheel("status", "--json").stdout)
    assert found == place.status()
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


def test_a_second_turn_changes_nothing_and_says_so(place: Place, again: tuple[Any, Any, str]) -> None:
    before, after, told = again
    assert "Nothing has changed since the last run" in told
    steps = ("ingest", *STAGES, "compare", "scan", "promote")
    assert place.status()["last_run"]["stages"] == dict.fromkeys(steps, "unchanged")
    assert after == before
    decisions = Ledger(f"sqlite:///{place.folder / '.flywheel' / 'ledger.db'}").all("decision")
    assert len(decisions) == 1


def test_the_summary_tells_a_newcomer_data_people_scores_decision_and_where_to_look(
    again: tuple[Any, Any, str],
) -> None:
    told = again[2]
    for word in ("SYNTHETIC", "quarantined", "two labels", "identifiers taken out", "EMAIL", "95 % intervals"):
        assert word in told
    for word in ("linear (baseline)", "lstm (candidate)", "beats_majority", "flywheel serve", "index.html"):
        assert word in told


def test_dvc_finds_nothing_to_do_after_a_flow(place: Place) -> None:
    assert "up to date" in place.dvc("status")
    lock = (place.folder / "dvc.lock").read_bytes()
    told = place.dvc("repro")
    assert told.count("didn't change, skipping") >= len(STAGES)
    assert (place.folder / "dvc.lock").read_bytes() == lock


def test_mlflow_compares_the_runs_by_parameters_curves_measures_pictures_and_versions(place: Place) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{place.folder / 'mlruns' / 'mlflow.db'}")
    runs = read_json(place.folder / "data" / "model" / "runs.json")
    candidate, baseline = (client.get_run(str(runs[role])) for role in ("candidate", "baseline"))
    assert candidate.data.params["family"] == "lstm"
    assert candidate.data.params["epochs"] == "12"
    assert len(client.get_metric_history(candidate.info.run_id, "valid_loss")) == 12
    for run in (candidate, baseline):
        assert {"test_accuracy", "test_macro_f1", "test_log_loss"} <= set(run.data.metrics)
        assert run.data.tags["data_version"] == place.status()["data"]["version"]
        assert run.data.tags["git_revision"]
        assert run.data.tags["flow_run"].count("-") == 4
        pictures = [file.path for file in client.list_artifacts(run.info.run_id, "evaluation")]
        assert "evaluation/comparison.png" in pictures
    alias = client.get_model_version_by_alias("product_reviews", "champion")
    assert int(alias.version) == place.status()["champion"]["version"]


def test_the_registered_champion_loads_in_mlflow_and_predicts(place: Place) -> None:
    script = (
        "import mlflow, pandas; mlflow.set_tracking_uri('sqlite:///mlruns/mlflow.db');"
        "model = mlflow.pyfunc.load_model('models:/product_reviews@champion');"
        "print('ANSWER', model.predict(pandas.DataFrame({'review': ['excellent, I love it', '太差了,退货']})))"
    )
    told = place.run(["python", "-c", script]).stdout
    assert "ANSWER" in told
    assert "negative" in told or "positive" in told


def test_another_number_of_epochs_reruns_training_and_what_follows_and_nothing_before(place: Place) -> None:
    path = place.folder / "params.yaml"
    original = path.read_text("utf-8")
    values = yaml.safe_load(original)
    values["train"]["epochs"] = 1
    path.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    try:
        place.flywheel("run")
        stages = place.status()["last_run"]["stages"]
        assert [stages[name] for name in ("ingest", "validate", "anonymise", "split")] == ["unchanged"] * 4
        assert [stages[name] for name in ("train", "evaluate", "promote")] == ["ran"] * 3
        path.write_text(original, "utf-8")
        place.flywheel("run")
        assert place.status()["last_run"]["stages"]["train"] == "restored", "DVC knew this model already"
    finally:
        path.write_text(original, "utf-8")
