"""MLflow remembers: runs with live curves, model versions, the alias `champion`.

Runs are named by their ids in every call: MLflow's fluent API is thread-local and makes orphan runs elsewhere.
"""

import contextlib
import fcntl
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.environment import Environment
from pipelines.files import inside
from pipelines.record import Record

CHAMPION = "champion"
# Named, because guessing them imports the model in another process and takes 14 s instead of 0.3.
REQUIREMENTS = ["flywheel-ml", "onnxruntime", "numpy"]


class Registry:
    """The tracking store and model registry of a workspace."""

    def __init__(self, uri: str, workspace: Path) -> None:
        from mlflow.tracking import MlflowClient

        self.uri = uri
        self.artifacts = workspace / "mlruns" / "artifacts"
        with _first_use(uri, workspace):
            _lay_out(uri)
            self.client = MlflowClient(uri)

    def start(self, experiment: str, name: str, parameters: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """The id of a new run."""
        run = self.client.create_run(self._experiment(experiment), run_name=name, tags=dict(tags))
        for key, value in parameters.items():
            self.client.log_param(run.info.run_id, key, value)
        return str(run.info.run_id)

    def log(self, run: str, measures: Mapping[str, float], step: int = 0) -> None:
        """Add a point to the run's curves."""
        from mlflow.entities import Metric
        from mlflow.utils.time import get_current_time_millis

        at = get_current_time_millis()
        self.client.log_batch(run, metrics=[Metric(name, value, at, step) for name, value in measures.items()])

    def attach(self, run: str, folder: Path, name: str) -> None:
        """Copy `folder` to the run's artifacts, as `name`."""
        self.client.log_artifacts(run, str(folder), name)

    def tag(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags of the run."""
        for key, value in tags.items():
            self.client.set_tag(run, key, value)

    def finish(self, run: str, status: str = "FINISHED") -> None:
        """End the run."""
        self.client.set_terminated(run, status)

    def exists(self, run: str) -> bool:
        """Whether this store knows the run: a bundle from a remote cache may name one of another machine."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_run(run)
        except MlflowException:
            return False
        return True

    def started(self, run: str) -> str | None:
        """When the run began, in UTC as the ledger writes it; None where this store does not know it."""
        if not self.exists(run):
            return None
        began = datetime.fromtimestamp(self.client.get_run(run).info.start_time / 1000, UTC)
        return began.isoformat(timespec="microseconds")

    def register(self, model: str, run: str, bundle: Path, record: Record, tags: Mapping[str, str]) -> int:
        """The new version of `model` that wraps `bundle`; `mlflow.pyfunc.load_model` reads it, without a pickle."""
        with tempfile.TemporaryDirectory(prefix="flywheel-model-") as folder:
            saved = Path(folder) / "model"
            self._save(bundle, saved, record)
            self.attach(run, saved, "model")
        source = f"{self.client.get_run(run).info.artifact_uri}/model"
        self._ensure_model(model)
        version = self.client.create_model_version(model, source, run_id=run, tags=dict(tags))
        return int(version.version)

    def version_of(self, model: str, digest: str) -> int | None:
        """The version of `model` that wraps the bundle with this digest, or None."""
        found = self.client.search_model_versions(f"name = '{model}'")
        return next((int(v.version) for v in found if v.tags.get("digest") == digest), None)

    def versions(self, model: str) -> list[tuple[int, str]]:
        """Each version of `model`, and the data version that it learnt from."""
        found = self.client.search_model_versions(f"name = '{model}'")
        return sorted((int(v.version), str(v.tags.get("data_version", "unversioned"))) for v in found)

    def mark(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        """Set tags of a version of `model`."""
        for key, value in tags.items():
            self.client.set_model_version_tag(model, str(version), key, value)

    def describe(self, model: str, version: int, text: str) -> None:
        """Let `text`, in Markdown, be what the registry says of `version`."""
        self.client.update_model_version(model, str(version), description=text)

    def crown(self, model: str, version: int) -> None:
        """Let the alias `champion` name `version`."""
        self.client.set_registered_model_alias(model, CHAMPION, str(version))

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = inside(self.artifacts.resolve(), name).as_uri() if self.uri.startswith("sqlite") else None
        return str(self.client.create_experiment(name, artifact_location=location))

    def _ensure_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException, RestException

        with contextlib.suppress(MlflowException, RestException):  # it is there already
            self.client.create_registered_model(name)

    def _save(self, bundle: Path, saved: Path, record: Record) -> None:
        import mlflow.pyfunc

        with warnings.catch_warnings():
            # It advises an input example: that would store somebody's row.
            warnings.simplefilter("ignore", UserWarning)
            mlflow.pyfunc.save_model(
                str(saved),
                python_model=str(Path(__file__).with_name("served.py")),
                artifacts={"bundle": str(bundle)},
                pip_requirements=REQUIREMENTS,
                signature=_signature(record),
            )


def open_registry(environment: Environment, workspace: Path) -> Registry:
    """The registry of `workspace`."""
    return Registry(environment.tracking, workspace)


def _signature(record: Record) -> Any:
    """What the model takes and gives, from the record alone: an example would store somebody's row."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    kinds = {"integer": "double", "number": "double"}
    takes = [ColSpec(kinds.get(c.type, "string"), c.name, required=c.role == "text") for c in record.inputs]
    gives = ColSpec("double", "value") if record.task == "regression" else ColSpec("string", "label")
    return ModelSignature(inputs=Schema(takes), outputs=Schema([gives]))


def _lay_out(uri: str) -> None:
    """Make the tables of a SQLite store that is not there yet: all of them, or none.

    MLflow makes them one by one where they shall stay. Whoever is killed meanwhile leaves a store behind that nothing
    opens again: "table already exists".
    """
    store = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///") or store.exists():
        return
    from mlflow.tracking import MlflowClient

    draft = store.with_name(f".{store.name}.draft")
    for left in (draft, draft.with_name(f"{draft.name}-journal")):
        left.unlink(missing_ok=True)
    MlflowClient(f"sqlite:///{draft}")
    draft.replace(store)


@contextlib.contextmanager
def _first_use(uri: str, workspace: Path) -> Iterator[None]:
    """Let one process at a time make or migrate the store: two at once break it for good."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    if not uri.startswith("sqlite:///"):
        yield
        return
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    path = Path(uri.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".first-use.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
