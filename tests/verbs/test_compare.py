"""splits, champion -> report: what came in since is put beside what the champion learnt from."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from workspaces import Workspace, image, lines

from pipelines.compare import compare
from pipelines.drift.answers import moved_answers
from pipelines.errors import DataError
from pipelines.feedback import FeedbackStore, Shown
from pipelines.promote import promote

REPORT = Path("data/report/drift")
# Cities are Chinese too; a machine without such a font draws boxes.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph")


@pytest.fixture
def crowned(travelled: Workspace) -> Workspace:
    """The journey with a champion."""
    travelled.run(promote)
    return travelled


def arrive(workspace: Workspace, only: str | None = None) -> int:
    """Let what the champion did not learn from come in once more as new rows, `only` of one label if so; how many."""
    splits = workspace.path / "data/splits"
    train, *others = (pl.read_parquet(splits / f"{part}.parquet") for part in ("train", "valid", "test"))
    rows = pl.concat(others)
    rows = rows if only is None else rows.filter(pl.col("sentiment") == only)
    names = pl.Series([f"{number:032x}" for number in range(rows.height)])
    pl.concat([train, rows.with_columns(row=names)]).write_parquet(splits / "train.parquet")
    return rows.height


def test_without_a_champion_or_new_rows_nothing_is_compared(travelled: Workspace) -> None:
    assert travelled.run(compare).reason == "there is no champion yet"
    travelled.run(promote)
    assert travelled.run(compare).reason == "0 rows are new, 100 are enough"
    assert not (travelled.path / REPORT).exists()


def test_rows_like_those_before_raise_no_alarm_and_have_a_page(crowned: Workspace) -> None:
    count = arrive(crowned)
    assert crowned.run(compare).alarms == ()
    card = json.loads((crowned.path / REPORT / "drift.json").read_text("utf-8"))
    assert (card["champion"], card["rows_now"], card["alarms"]) == (1, count, [])
    assert {"sentiment", "prediction: class", "review: unknown words"} <= {trait["name"] for trait in card["traits"]}
    page = (crowned.path / REPORT / "index.html").read_text("utf-8")
    assert "None of" in page
    assert all((crowned.path / REPORT / name).is_file() for name in re.findall("src='(.*?)'", page))
    before = image(crowned.path / REPORT)
    assert crowned.run(compare).again
    assert image(crowned.path / REPORT) == before


def test_rows_of_one_label_alone_are_an_alarm_and_stop_the_run_where_params_say_so(crowned: Workspace) -> None:
    arrive(crowned, only="negative")
    crowned.set("compare", {"min_rows": 50})
    assert {"sentiment", "prediction: class"} <= set(crowned.run(compare).alarms)
    crowned.set("compare", {"min_rows": 50, "stop": 0.5})
    with pytest.raises(DataError, match=r"far from what it learnt: .*sentiment") as caught:
        crowned.run(compare)
    assert "compare.stop" in lines(caught.value)[1]


def test_a_source_that_brings_nothing_new_is_refused_where_params_say_so(crowned: Workspace) -> None:
    findings = crowned.path / "data/report/validation/findings.json"
    newest = json.loads(findings.read_text("utf-8"))["newest_day"]
    age = (datetime.now(UTC).date() - datetime.fromisoformat(newest).date()) / timedelta(days=1)
    crowned.set("compare", {"newest_within_days": int(age) + 1})
    crowned.run(compare)
    crowned.set("compare", {"newest_within_days": int(age) - 1})
    with pytest.raises(DataError, match="the newest row is") as caught:
        crowned.run(compare)
    assert "newest_within_days" in lines(caught.value)[1]


def test_answers_that_are_all_of_one_class_are_a_reason_to_retrain(crowned: Workspace) -> None:
    champion = crowned.ledger.champion(crowned.record.name)
    assert champion is not None
    url = crowned.environment.ledger
    assert moved_answers(champion, url, crowned.path) is None
    store = FeedbackStore(crowned.environment, crowned.record, crowned.vault)
    subject = crowned.vault.pseudonym("somebody")
    said = [Shown(f"p{number}", 1, "negative", {"negative": 1.0}, subject, {}) for number in range(150)]
    store.show(said)
    assert moved_answers(champion, url, crowned.path) == "drift: version 1 answers 'negative' more often than it did"
