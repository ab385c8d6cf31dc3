"""What people may ask through the service: to be forgotten, and to have their consent heeded at once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from served import Workspace, shown, vault_of

from pipelines.answered import predictions
from pipelines.erased import requested
from pipelines.feedback import FeedbackStore
from pipelines.keys import KeyStore
from pipelines.ledger import reading

TOKEN = {"Authorization": "Bearer operators-only"}


@pytest.fixture
def opinions(empty: Workspace) -> Workspace:
    empty.environment = replace(empty.environment, operator_token="operators-only")
    empty.crown(1)
    return empty


@pytest.fixture
def client(opinions: Workspace) -> Iterator[TestClient]:
    with opinions.serve() as found:
        yield found


def remembered(workspace: Workspace) -> int:
    with reading(workspace.ledger.engine) as connection:
        return len(connection.execute(predictions.select()).all())


def rows_of(workspace: Workspace) -> int:
    return len(FeedbackStore(workspace.environment, workspace.record, vault_of(workspace)).rows())


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "operators"}])
def test_who_is_no_operator_may_ask_for_nobody(client: TestClient, opinions: Workspace, header: dict[str, str]) -> None:
    shown(client, subject="ann")
    assert client.delete("/subjects/ann", headers=header).status_code == 403
    assert client.put("/subjects/ann/consent", json={"given": False}, headers=header).status_code == 403
    assert not requested(opinions.ledger, "opinions")


def test_without_a_token_of_its_own_the_service_lets_nobody_ask(empty: Workspace) -> None:
    with empty.serve() as client:
        for header in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
            answer = client.delete("/subjects/ann", headers=header)
            assert answer.status_code == 403
            assert "FLYWHEEL_OPERATOR_TOKEN" in answer.json()["error"]["expected"]


def test_who_is_forgotten_is_gone_from_predictions_and_feedback_at_once(
    client: TestClient, opinions: Workspace
) -> None:
    mine, theirs = shown(client, subject="ann"), shown(client, subject="bob")
    for name in (mine, theirs):
        assert client.post("/feedback", json={"prediction_id": name, "label": "bad"}).status_code == 201
    assert rows_of(opinions) == 2
    answer = client.delete("/subjects/ann", headers=TOKEN)
    assert answer.status_code == 202
    assert answer.json()["removed"] == {"key store": 1, "predictions": 1, "feedback": 1}
    assert answer.json()["left"] == 0
    assert rows_of(opinions) == 1
    assert list(requested(opinions.ledger, "opinions")) == [answer.json()["subject"]]
    keys: KeyStore = vault_of(opinions).keys
    assert keys.find([answer.json()["subject"]]) == {}


def test_who_was_forgotten_and_asks_again_is_answered_and_not_remembered(
    client: TestClient, opinions: Workspace
) -> None:
    shown(client, subject="ann")
    assert remembered(opinions) == 1
    client.delete("/subjects/ann", headers=TOKEN)
    answer = client.post("/predict", json={"text": "great thing", "subject": "ann"})
    assert answer.status_code == 200
    assert answer.json()["prediction_id"] is None
    assert answer.json()["label"] in ("bad", "fair", "good")
    assert vault_of(opinions).keys.find([vault_of(opinions).pseudonym("ann")]) == {}
    assert remembered(opinions) == 0


def test_withdrawn_consent_is_heeded_at_once_and_so_is_consent_given_again(
    client: TestClient, opinions: Workspace
) -> None:
    before = shown(client, subject="ann")
    assert client.put("/subjects/ann/consent", json={"given": False}, headers=TOKEN).json() == {
        "given": False,
        "changed": True,
    }
    assert client.post("/predict", json={"text": "fine", "subject": "ann"}).json()["prediction_id"] is None
    assert client.post("/feedback", json={"prediction_id": before, "label": "bad"}).status_code == 201
    assert rows_of(opinions) == 0
    client.put("/subjects/ann/consent", json={"given": True}, headers=TOKEN)
    after = shown(client, subject="ann")
    assert client.post("/feedback", json={"prediction_id": after, "label": "bad"}).status_code == 201
    assert rows_of(opinions) == 1


@pytest.mark.parametrize("name", ["anm", "ann/", "Ann"])
def test_a_typing_error_passes_for_no_erasure(client: TestClient, opinions: Workspace, name: str) -> None:
    shown(client, subject="ann")
    answer = client.delete(f"/subjects/{name}", headers=TOKEN)
    assert answer.status_code == 404
    assert "check the spelling" in answer.json()["error"]["fix"]
    assert not requested(opinions.ledger, "opinions")
    assert remembered(opinions) == 1
    assert client.delete("/subjects/ann", headers=TOKEN).status_code == 202
    assert client.delete("/subjects/ann", headers=TOKEN).status_code == 202  # asked again, it is done again
