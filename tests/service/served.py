"""A service for tests: a real workspace, a real ledger and vault, and small models that were trained here."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import yaml
from fastapi.testclient import TestClient
from workspaces import MASTER_KEY

from pipelines.access import Access
from pipelines.bundle import Bundle, write_bundle
from pipelines.environment import Environment, read_environment
from pipelines.features import Columns
from pipelines.feedback import FeedbackStore
from pipelines.files import digest
from pipelines.ledger import Ledger
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.record import Record, parse_record
from pipelines.vault import Vault, open_vault
from service.app import create_app

TEXTS = {
    "record": {
        "name": "opinions",
        "columns": {
            "user_id": {"type": "text", "role": "subject", "privacy": "identifier"},
            "consent": {"type": "category", "role": "consent", "granted": ["yes"]},
            "written_at": {"type": "time", "role": "time"},
            "review": {"type": "text", "role": "text", "privacy": "free_text"},
            "sentiment": {"type": "category", "role": "label", "categories": ["bad", "fair", "good"]},
        },
    },
}
TABLE = {
    "record": {
        "name": "incomes",
        "columns": {
            "age": {"type": "integer", "role": "feature", "min": 0, "max": 120},
            "hours-per-week": {"type": "number", "role": "feature", "required": False},
            "work": {"type": "category", "role": "feature", "missing": ["?"]},
            "income": {"type": "category", "role": "label"},
        },
    },
}


LINES = {
    "record": {"name": "rhymes", "columns": {"line": {"type": "text", "role": "text", "privacy": "free_text"}}},
}


class Workspace:
    """A folder with params.yaml, its ledger, and ways to crown a champion there."""

    def __init__(self, folder: Path, parameters: dict[str, object], trained: Sequence[Path]) -> None:
        self.folder, self.trained = folder, trained
        folder.mkdir()
        (folder / "dvc.yaml").write_text("stages: {}\n")
        (folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
        self.record: Record = parse_record(parameters["record"])
        self.home = folder.parent / "home"
        self.environment: Environment = read_environment(
            {"FLYWHEEL_HOME": str(self.home), "FLYWHEEL_MASTER_KEY": MASTER_KEY}, folder
        )
        self.ledger = Ledger(self.environment.ledger)

    def crown(self, version: int, *, alter: bool = False) -> Path:
        """Make trained model number `version` the champion, its bytes altered after they were measured if so asked."""
        kept = Path(".flywheel/champions") / f"v{version}"
        shutil.copytree(self.trained[version - 1], self.folder / kept)
        champion = self.ledger.champion(self.record.name)
        body = {"bundle": str(kept), "digest": digest(self.folder / kept), "family": "linear"}
        if alter:
            with (self.folder / kept / "model.onnx").open("ab") as file:
                file.write(b"\x00")
        epoch = champion.epoch if champion else 0
        assert self.ledger.crown(self.record.name, epoch, version, body, {"promote": True, "version": version})
        return self.folder / kept

    def bytes(self) -> bytes:
        """All that stands on the disk, logs of the databases included."""
        places = (self.folder, self.home)
        return b"\n".join(path.read_bytes() for place in places for path in place.rglob("*") if path.is_file())

    def serve(self) -> TestClient:
        """A client of the service; use it as a context manager."""
        return TestClient(create_app(self.folder, self.environment), raise_server_exceptions=False)


def train(record: Record, columns: Columns, labels: Sequence[str], folder: Path, c: float) -> Path:
    """A linear model of these columns, in `folder`."""
    names = tuple(sorted(set(labels)))
    part = Part(columns, np.array([names.index(label) for label in labels], dtype=np.int64))
    problem = Problem(record, names, part, part, np.ones(len(names)), 7)
    found = fit(problem, Linear(c=c))
    write_bundle(Bundle("linear", names, found.features, found.graph, found.about), folder)
    return folder


def train_language(record: Record, texts: Sequence[str], folder: Path) -> Path:
    """A model of pairs of letters that has read `texts`, in `folder`."""
    part = Part({"line": list(texts)}, np.zeros(len(texts), dtype=np.int64))
    found = fit(Problem(record, (), part, part, np.ones(0), 7, "language"), Linear())
    write_bundle(Bundle("linear", (), found.features, found.graph, found.about, task="language"), folder)
    return folder


def vault_of(workspace: Workspace) -> Vault:
    """The workspace's vault, opened once more."""
    return open_vault(workspace.home, MASTER_KEY, workspace.record.name)


def shown(client: TestClient, text: str = "great thing", **more: str) -> str:
    """The id of a new prediction."""
    return client.post("/predict", json={"text": text, **more}).json()["prediction_id"]


def opened(workspace: Workspace) -> list[dict[str, str | None]]:
    """The answers as rows of the next data version, opened."""
    vault = vault_of(workspace)
    rows = FeedbackStore(workspace.environment, workspace.record, vault).rows()
    cells = vault.open(((row.row, row.subject, row.sealed) for row in rows), Access("prove", "0" * 64))
    return [dict(zip(workspace.record.names, row, strict=True)) for row in cells if row is not None]


def stored(workspace: Workspace) -> int:
    """How many answers a second connection to the database sees."""
    with closing(sqlite3.connect(workspace.folder / ".flywheel" / "ledger.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM feedback").fetchone()[0])
