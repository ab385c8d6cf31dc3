"""POST /feedback: durable before it is acknowledged, counted once, sealed, and ready to be learnt from."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import polars as pl
import pytest
import yaml
from fastapi.testclient import TestClient
from served import Workspace, opened, shown, stored, vault_of

from pipelines.feedback import as_row
from pipelines.record import parse_record
from pipelines.values import readable


def test_an_answer_is_on_the_disk_before_it_is_acknowledged(client: TestClient, texts: Workspace) -> None:
    answer = client.post("/feedback", json={"prediction_id": shown(client), "label": "bad", "consent": True})
    assert stored(texts) == 1
    assert (answer.status_code, answer.json()) == (201, {"outcome": "stored"})


def test_the_same_answer_twice_adds_nothing(client: TestClient, texts: Workspace) -> None:
    said = {"prediction_id": shown(client), "label": "bad", "idempotency_key": "k1"}
    assert client.post("/feedback", json=said).status_code == 201
    again = client.post("/feedback", json=said)
    assert (again.status_code, again.json()) == (200, {"outcome": "replayed"})
    assert stored(texts) == 1


def test_another_answer_to_the_same_prediction_is_a_contradiction(client: TestClient, texts: Workspace) -> None:
    said = {"prediction_id": shown(client), "label": "bad"}
    client.post("/feedback", json=said)
    for otherwise in ({**said, "label": "fair"}, {**said, "label": "fair", "idempotency_key": "k2"}):
        assert client.post("/feedback", json=otherwise).status_code == 409
    assert stored(texts) == 1


def test_a_key_serves_one_answer_in_the_body_or_in_the_header(client: TestClient) -> None:
    first, second = shown(client), shown(client)
    assert client.post("/feedback", json={"prediction_id": first, "label": "bad", "idempotency_key": "k"}).is_success
    reused = client.post("/feedback", json={"prediction_id": second, "label": "bad"}, headers={"Idempotency-Key": "k"})
    assert reused.status_code == 409


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"prediction_id": "0" * 32, "label": "bad"}, 404),
        ({"label": "canary"}, 422),
        ({"label": "canary\ud800"}, 422),
        ({}, 422),
        ({"verdict": "canary"}, 422),
        ({"verdict": "right", "label": "bad"}, 422),
        ({"verdict": "wrong", "label": "good"}, 422),
        ({"label": "bad", "consent": "canary"}, 422),
        ({"label": "bad", "canary": 1}, 422),
        ({"label": "bad", "idempotency_key": "canary\udc80"}, 422),
    ],
)
def test_a_bad_answer_is_refused_and_spoils_nothing(client: TestClient, said: dict, status: int) -> None:
    name = shown(client)
    body = json.dumps({"prediction_id": name, **said})
    answer = client.post("/feedback", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert "canary" not in answer.text
    assert client.post("/feedback", json={"prediction_id": name, "label": "bad"}).status_code == 201


def test_an_answer_comes_back_as_a_sealed_row_with_the_right_label(client: TestClient, texts: Workspace) -> None:
    name = shown(client, "a great thing, bob@example.com", subject="bob")
    client.post("/feedback", json={"prediction_id": name, "label": "bad"})
    (row,) = opened(texts)
    could = readable(pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)), texts.record)
    assert all(could.row(0))  # validation will read the time that was filled in
    assert datetime.fromisoformat(row.pop("written_at") or "").tzinfo is not None
    expected = {"user_id": "bob", "consent": "yes", "review": "a great thing, bob@example.com", "sentiment": "bad"}
    assert row == expected


def test_who_is_not_named_is_known_by_the_prediction(client: TestClient, texts: Workspace) -> None:
    name = shown(client)
    client.post("/feedback", json={"prediction_id": name, "verdict": "right"})
    (row,) = opened(texts)
    assert (row["user_id"], row["sentiment"]) == (name, "good")


def test_an_answer_is_read_by_name_after_the_record_was_reordered(client: TestClient, texts: Workspace) -> None:
    names = [shown(client, subject="bob"), shown(client, "awful thing", subject="eve")]
    client.post("/feedback", json={"prediction_id": names[0], "label": "bad"})
    with (texts.folder / "params.yaml").open() as file:
        record = yaml.safe_load(file)["record"]
    note = {"note": {"type": "text", "required": False}}
    record["columns"] = note | dict(reversed(record["columns"].items()))
    texts.record = parse_record(record)
    (texts.folder / "params.yaml").write_text(yaml.safe_dump({"record": record}, sort_keys=False))
    with texts.serve() as restarted:
        assert restarted.post("/feedback", json={"prediction_id": names[1], "label": "fair"}).status_code == 201
    found = [(row["user_id"], row["review"], row["sentiment"], row["note"]) for row in opened(texts)]
    assert found == [("bob", "great thing", "bad", None), ("eve", "awful thing", "fair", None)]


def test_an_answer_joins_the_training_part_of_data_with_a_standard_split() -> None:
    columns = {"part": {"type": "category", "role": "split"}, "x": {"type": "number", "role": "feature"}}
    record = parse_record({"name": "r", "columns": {**columns, "y": {"type": "category", "role": "label"}}})
    assert as_row(record, {"x": "1"}, "somebody", "now") == {"part": "train", "x": "1", "y": None}
    assert as_row(record, {"x": "1", "part": "test"}, "somebody", "now")["part"] == "test"


def test_what_nobody_may_learn_from_is_counted_and_is_no_row(client: TestClient, texts: Workspace) -> None:
    client.post("/feedback", json={"prediction_id": shown(client), "label": "bad", "consent": False})
    client.post("/feedback", json={"prediction_id": shown(client), "verdict": "wrong"})  # which of the other two?
    assert stored(texts) == 2
    assert opened(texts) == []


def test_a_forgotten_person_s_answer_teaches_nothing(client: TestClient, texts: Workspace) -> None:
    name = shown(client, subject="bob")
    vault = vault_of(texts)
    assert vault.forget({vault.pseudonym("bob")})
    assert client.post("/feedback", json={"prediction_id": name, "label": "bad"}).status_code == 201
    assert opened(texts) == []


def test_300_answers_from_40_threads_are_all_stored_once(client: TestClient, texts: Workspace) -> None:
    """More threads than the ledger keeps connections: whoever writes waits for no second one."""
    names = [shown(client) for _ in range(100)]
    said = [{"prediction_id": name, "label": "fair"} for name in names * 3]
    with ThreadPoolExecutor(40) as pool:
        codes = list(pool.map(lambda body: client.post("/feedback", json=body).status_code, said))
    assert sorted(codes) == [200] * 200 + [201] * 100
    assert stored(texts) == len(opened(texts)) == 100


def test_a_table_s_answer_keeps_its_numbers(table: Workspace) -> None:
    with table.serve() as client:
        features = {"age": 55, "hours-per-week": 40.5, "work": None}
        name = client.post("/predict", json={"features": features}).json()["prediction_id"]
        assert client.post("/feedback", json={"prediction_id": name, "label": "canary"}).status_code == 422
        assert client.post("/feedback", json={"prediction_id": name, "verdict": "wrong"}).status_code == 201
    (row,) = opened(table)
    assert row == {"age": "55", "hours-per-week": "40.5", "work": None, "income": "less"}
