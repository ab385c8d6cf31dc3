"""Who was erased is unlearnt when the model that serves never knew them, and not when a run has ended."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.compliance.ledgered import erasures, verification
from pipelines.environment import read_environment
from pipelines.erased import known_to_champion, unlearnt
from pipelines.gates import not_worse_than_champion
from pipelines.ledger import Ledger
from pipelines.paired import paired_counts


def ran(ledger: Ledger, name: str) -> None:
    ledger.start_run(name, {"reason": "test"})
    ledger.end_run(name, "completed", {"reason": "test"})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A champion, version 1, that learnt from Ann, and Ann's erasure with its receipt."""
    found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert found.crown("reviews", 0, 1, {}, {"promote": True, "version": 1})
    found.append("erasure", {"record": "reviews", "subject": "ann"})
    due = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    found.append("receipt", {"record": "reviews", "subject": "ann", "models": [1], "lines": [], "retrain_by": due})
    return found


def decision(ledger: Ledger, tmp_path: Path, days: int = 0) -> str | None:
    at = datetime.now(UTC) + timedelta(days=days)
    (found,) = erasures(ledger, read_environment({}, tmp_path), "reviews", at)
    assert found.models is not None
    return found.models["1"]


def test_a_run_whose_model_was_not_promoted_unlearns_nobody(ledger: Ledger, tmp_path: Path) -> None:
    ran(ledger, "first")
    assert known_to_champion(ledger, "reviews") == {"ann"}
    assert [entry["subject"] for entry in unlearnt(ledger, "reviews")] == ["ann"]
    assert str(decision(ledger, tmp_path)).startswith("retrain by")
    assert decision(ledger, tmp_path, days=30) is None  # overdue
    overdue = verification(ledger, "reviews", datetime.now(UTC) + timedelta(days=30))
    assert overdue is not None
    assert overdue.derived == 1


def test_a_champion_that_never_knew_them_settles_it(ledger: Ledger, tmp_path: Path) -> None:
    assert len(unlearnt(ledger, "reviews")) == 1
    assert ledger.crown("reviews", 1, 2, {}, {"promote": True, "version": 2})
    assert len(unlearnt(ledger, "reviews")) == 1  # today's data still hold them
    ran(ledger, "second")
    assert unlearnt(ledger, "reviews") == []
    assert str(decision(ledger, tmp_path, days=30)).startswith("retrained")
    later = verification(ledger, "reviews", datetime.now(UTC) + timedelta(days=30))
    assert later is not None
    assert later.derived == 0
    assert ledger.crown("reviews", 2, 1, {}, {"promote": True, "version": 1})  # rolled back
    assert len(unlearnt(ledger, "reviews")) == 1


def test_a_champion_that_learnt_from_the_erased_gives_way_unless_the_new_one_is_worse_beyond_chance() -> None:
    few = paired_counts(300, 12, 14)
    assert not not_worse_than_champion(few, 0.01).passed
    gate = not_worse_than_champion(few, 0.01, erased=3)
    assert gate.passed
    assert "The champion learnt from 3 people who were erased since: it gives way." in gate.reason
    assert gate.figures["erased_people"] == 3
    worse = not_worse_than_champion(paired_counts(300, 5, 40), 0.01, erased=3)
    assert not worse.passed
    assert "a retrain that is as good is owed" in worse.reason
