"""MLflow remembers: curves, versions by their bytes, and one alias; nothing in it is a row or a pickle."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from workspaces import REPOSITORY, Workspace

from pipelines.registry import CHAMPION, Registry, open_registry


@pytest.fixture
def registry(travelled: Workspace) -> Registry:
    return open_registry(travelled.environment, travelled.path)


def test_a_run_keeps_its_parameters_its_tags_and_its_curves(registry: Registry) -> None:
    run = registry.start("curves", "lstm", {"epochs": 3, "family": "lstm"}, {"role": "candidate"})
    for epoch in (1, 2, 3):
        registry.log(run, {"loss": 1 / epoch, "valid_loss": 2 / epoch}, epoch)
    registry.tag(run, {"decision": "promoted"})
    registry.finish(run)
    found = registry.client.get_run(run)
    assert found.data.params == {"epochs": "3", "family": "lstm"}
    assert {found.data.tags["role"], found.data.tags["decision"]} == {"candidate", "promoted"}
    assert found.info.status == "FINISHED"
    curve = registry.client.get_metric_history(run, "loss")
    assert [(point.step, point.value) for point in curve] == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]


def test_a_run_of_another_machine_is_not_known(registry: Registry) -> None:
    run = registry.start("known", "linear", {}, {})
    assert registry.exists(run)
    assert not registry.exists("0" * 32)


def test_a_version_is_found_by_the_bytes_of_its_bundle(registry: Registry, travelled: Workspace) -> None:
    run = registry.start("versions", "linear", {}, {})
    bundle = travelled.path / "data/model/baseline"
    first = registry.register("m", run, bundle, travelled.record, {"digest": "aa"})
    second = registry.register("m", run, bundle, travelled.record, {"digest": "bb"})
    assert (first, second) == (1, 2)
    assert registry.version_of("m", "bb") == 2
    assert registry.version_of("m", "cc") is None
    assert registry.version_of("never seen", "aa") is None
    registry.crown("m", 2)
    registry.crown("m", 1)
    assert str(registry.client.get_model_version_by_alias("m", CHAMPION).version) == "1"


def test_a_registered_model_predicts_by_mlflow_and_holds_no_pickle(registry: Registry, travelled: Workspace) -> None:
    import mlflow.pyfunc
    import pandas as pd

    run = registry.start("served", "linear", {}, {})
    version = registry.register("s", run, travelled.path / "data/model/baseline", travelled.record, {})
    folder = Path(registry.client.get_model_version("s", str(version)).source.removeprefix("file://"))
    assert [path.name for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")] == []
    assert not list(folder.rglob("*input_example*"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame({"review": ["very good", "broken 很差"]}))
    assert len(found) == 2
    assert set(found) <= {"negative", "neutral", "positive"}


def test_who_is_killed_while_the_tables_are_made_leaves_no_half_of_a_store(tmp_path: Path) -> None:
    """MLflow makes them in its time: dozens of tables, one by one, each for good."""
    store, draft = tmp_path / "mlruns" / "mlflow.db", tmp_path / "mlruns" / ".mlflow.db.draft"
    uri = f"sqlite:///{store}"
    make = "import pathlib, sys; from pipelines.registry import Registry; Registry(sys.argv[1], pathlib.Path())"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    child = subprocess.Popen([sys.executable, "-c", make, uri], cwd=tmp_path, env=environment)
    while child.poll() is None and not (draft.exists() and draft.stat().st_size > 50_000):
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not store.exists()
    run = Registry(uri, tmp_path).start("reviews", "first", {}, {})
    assert Registry(uri, tmp_path).exists(run)
    assert [path.name for path in store.parent.iterdir() if "draft" in path.name] == []
