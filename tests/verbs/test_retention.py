"""Rows are kept as long as the register says, and no longer: noted as expired, and keys destroyed with the last row."""

from datetime import UTC, datetime, timedelta

import pytest
from workspaces import Workspace, image, review

from pipelines.answered import UnknownPredictionError, predictions
from pipelines.feedback import Answer, FeedbackStore, Shown
from pipelines.ingest import ingest
from pipelines.raw import expired


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


@pytest.fixture
def kept(reviews: Workspace) -> Workspace:
    """Ann wrote long ago, Bob long ago and lately, Cid lately."""
    at = {"ann": [400], "bob": [400, 10], "cid": [10]}
    reviews.bring([review(10 * n + d, user=who, at=ago(d)) for n, (who, days) in enumerate(at.items()) for d in days])
    return reviews


def keep_for(workspace: Workspace, days: int) -> None:
    from pipelines.compliance.template import template

    told = template(workspace.path, workspace.record, {})
    lines = [f"retention_days: {days}" if line.startswith("retention_days:") else line for line in told.splitlines()]
    (workspace.path / "compliance.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def predicted(workspace: Workspace, name: str, days: int) -> FeedbackStore:
    """A prediction for somebody, made so many days ago."""
    store = FeedbackStore(workspace.environment, workspace.record, workspace.vault)
    owner = store.vault.pseudonym(name)
    store.show([Shown(f"p-{name}", 1, "good", {"good": 1.0}, owner, {"text": "fine"})])
    with store.engine.begin() as connection:
        mine = predictions.c.id == f"p-{name}"
        connection.execute(predictions.update().where(mine).values(at=ago(days)))
    return store


def test_a_key_that_seals_a_prediction_outlives_the_rows(kept: Workspace) -> None:
    keep_for(kept, 365)
    store = predicted(kept, "ann", days=1)
    kept.run(ingest)
    ann = store.vault.pseudonym("ann")
    assert expired(kept.raw)
    assert store.vault.keys.find([ann])
    assert store.answer(Answer("k", "p-ann", label="bad")) == "stored"
    assert [row.subject for row in store.rows()] == [ann]


def test_predictions_expire_and_keys_of_nothing_else_with_them(kept: Workspace) -> None:
    keep_for(kept, 20_000)
    for name, days in {"dora": 181, "emil": 179, "cid": 200}.items():
        store = predicted(kept, name, days)
    kept.run(ingest)
    owner = store.vault.pseudonym
    assert set(store.vault.keys.find([owner(name) for name in ("dora", "emil", "cid")])) == {
        owner("emil"),
        owner("cid"),
    }
    entry = kept.ledger.last("predictions expired")
    assert entry is not None
    assert (entry["predictions"], entry["subjects"]) == (2, 1)  # cid's rows are kept, and the key with them
    with pytest.raises(UnknownPredictionError):
        store.answer(Answer("k", "p-dora", label="bad"))
    kept.run(ingest)
    assert len(kept.ledger.all("predictions expired")) == 1


def test_without_a_register_nothing_expires(kept: Workspace) -> None:
    kept.run(ingest)
    assert kept.opened().height == 4
    assert kept.ledger.last("retention") is None


def test_rows_that_are_too_old_leave_the_next_version_and_old_parts_stand(kept: Workspace) -> None:
    first = kept.run(ingest)
    before = image(kept.raw)
    keep_for(kept, 365)
    second = kept.run(ingest)
    assert second.version != first.version
    assert before.items() < image(kept.raw).items()
    assert sorted(kept.opened()["user"]) == ["bob", "cid"]
    assert len(expired(kept.raw)) == 2
    entry = kept.ledger.last("retention")
    assert entry is not None
    assert (entry["days"], entry["rows"], entry["subjects"]) == (365, 2, 1)


def test_who_has_no_row_left_has_no_key_left_and_is_nobody_who_asked_to_be_forgotten(kept: Workspace) -> None:
    keep_for(kept, 365)
    kept.run(ingest)
    ann, bob = map(kept.vault.pseudonym, ("ann", "bob"))
    assert set(kept.vault.keys.find([ann, bob])) == {bob}
    assert not kept.vault.keys.forgotten()
    kept.bring([review(99, user="ann", at=ago(1))])
    assert kept.run(ingest).added == 1
    assert sorted(kept.opened()["user"]) == ["ann", "bob", "cid"]


def test_it_is_looked_at_once_a_day_and_again_when_the_term_changes(kept: Workspace) -> None:
    keep_for(kept, 365)
    version = kept.run(ingest).version
    assert kept.run(ingest).version == version
    assert len(kept.ledger.all("retention")) == 1
    keep_for(kept, 5)
    kept.run(ingest)
    assert kept.opened().height == 0
    assert len(kept.ledger.all("retention")) == 2
