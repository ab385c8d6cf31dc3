"""`flywheel prove`: the twin is one of the model that serves, trained as that was."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import workspaces
from workspaces import Workspace

from flywheel.prove import prove
from pipelines.files import digest
from pipelines.models import Part, Problem
from pipelines.promote import promote
from pipelines.record import parse_record
from pipelines.scan import scan
from pipelines.twin import examine

SEARCH = {"family": "auto", "auto": {"trials": 2, "families": ["linear", "ngrams"], "folds": 2, "by": "subject"}}


def proved(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(workspace.path)
    assert prove(40) == 0
    found: dict[str, Any] = json.loads((workspace.path / ".flywheel/twin.json").read_text("utf-8"))
    return found


def test_the_twin_of_what_a_search_found_is_sought_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = workspaces.make(tmp_path / "searched", workspaces.small_sample() | {"train": SEARCH})
    made.turn()
    found = proved(made, monkeypatch)
    assert (found["family"], found["model"]) == ("auto", digest(made.path / "data/model/candidate"))
    assert "trial 2/2" in capsys.readouterr().err


def test_the_twin_is_of_what_serves_and_not_of_what_lost_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = {"family": "lstm", "epochs": 1, "learning_rate": 1e-9}  # too slow to learn anything, so the simpler wins
    made = workspaces.make(tmp_path / "lost", workspaces.small_sample() | {"train": network})
    made.turn()
    made.run(scan)
    made.run(promote)
    champion = made.ledger.champion(made.record.name)
    assert champion is not None
    found = proved(made, monkeypatch)
    assert found["model"] == champion.body["digest"] != digest(made.path / "data/model/candidate")
    assert found["family"] == "linear"


def test_canaries_stand_where_folds_are_cut_by_time() -> None:
    columns = {"text": {"type": "text", "role": "text"}, "mood": {"type": "category", "role": "label"}}
    record = parse_record({"name": "r", "columns": columns})
    rows = Part({"text": ["good", "bad"] * 20}, np.array([1, 0] * 20), (), tuple(range(40)))
    seen: list[Part] = []

    def learn(posed: Problem) -> Any:
        seen.append(posed.train)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        examine(Problem(record, ("bad", "good"), rows, rows, np.ones(2), 7), learn, 40)
    assert len(seen[0].times) == len(seen[0].labels) == len(seen[0].columns["text"]) > 40
    assert set(seen[0].times[40:]) == {39}
