"""What the summary of a run names to do next."""

from pathlib import Path

import pytest

from flywheel.summary import _where
from pipelines.files import write_json
from pipelines.workspace import EVALUATION

TUNE = "flywheel tune --minutes 15 --write"


def following(place: Path, measure: str, *, beaten: bool | None) -> str:
    """What comes next in a workspace whose models were held against each other by `measure`."""
    (place / EVALUATION).mkdir(parents=True, exist_ok=True)
    write_json(place / EVALUATION / "scores.json", {"models": {"candidate": {"measures": {measure: {"value": 1.0}}}}})
    gates = [] if beaten is None else [{"name": "beats_baseline", "passed": beaten}]
    return _where(place, {"gates": gates})


def test_where_the_baseline_stands_a_search_is_named(tmp_path: Path) -> None:
    assert TUNE in following(tmp_path, "accuracy", beaten=False)


@pytest.mark.parametrize("beaten", [True, None])
def test_where_it_is_beaten_or_nobody_knows_no_search_is_named(tmp_path: Path, beaten: bool | None) -> None:
    assert TUNE not in following(tmp_path, "accuracy", beaten=beaten)


def test_a_language_model_is_not_searched(tmp_path: Path) -> None:
    following_text = following(tmp_path, "unigram_bits", beaten=False)
    assert TUNE not in following_text
    assert "flywheel generate PROMPT" in following_text
