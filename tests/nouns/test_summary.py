"""What a run says at its end: figures that stand apart, and no command that cannot work yet."""

import json
from pathlib import Path

import pytest

from flywheel.summary import next_steps, scores_told
from pipelines.ledger import Ledger


def evaluated(workspace: Path, value: float) -> Path:
    """A workspace whose models were measured: all measures of both are `value`."""
    measures = {name: {"value": value, "low": value, "high": value} for name in ("r2", "rmse", "mae", "mse")}
    ignorant = {name: {"value": 1.0, "low": 1.0, "high": 1.0} for name in ("mean_rmse", "mean_mae")}
    model = {"family": "linear", "rows": 9, "measures": measures | ignorant}
    place = workspace / "data/report/evaluation"
    place.mkdir(parents=True)
    scores = {"models": {"baseline": model, "candidate": model}, "test_rows": 9}
    (place / "scores.json").write_text(json.dumps(scores), "utf-8")
    return workspace


@pytest.mark.parametrize("value", [0.5, 9.516e-06, -1234567.0])
def test_figures_stand_below_their_model_and_apart_however_long_they_are(tmp_path: Path, value: float) -> None:
    head, *rows, _ = scores_told(evaluated(tmp_path, value)).splitlines()[1:]
    ends = [head.index("(baseline)") + len("(baseline)"), len(head)]
    for row in rows:
        cells = [row[:12], row[12 : ends[0]], row[ends[0] :]]
        assert len(row) == ends[1]
        assert cells[1].strip() == cells[2].strip() == f"{value:.4g} [{value:.4g}, {value:.4g}]"
        assert cells[2].startswith("  ")


def test_what_needs_a_champion_is_named_where_there_is_one(tmp_path: Path) -> None:
    place, ledger = evaluated(tmp_path, 0.5), Ledger(f"sqlite:///{tmp_path}/ledger.db")
    decision = {"model": "rents", "gates": [{"name": "beats_baseline", "passed": False}]}
    found = next_steps(place, decision, ledger)
    assert "flywheel serve" not in found
    assert "flywheel tune --minutes" in found
    ledger.crown("rents", 0, 1, {"family": "linear"}, {"promote": True, "version": 1})
    assert "flywheel serve" in next_steps(place, decision, ledger)
