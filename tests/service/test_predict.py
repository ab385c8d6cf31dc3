"""POST /predict: the bundle's answer, strictly asked for, and remembered under seal."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from served import Workspace

from pipelines.bundle import read_bundle

CANARY = "canary-7f3a"


def test_a_prediction_is_the_bundle_s_own(client: TestClient, texts: Workspace, trained_texts: list) -> None:
    answer = client.post("/predict", json={"text": "a great and lovely thing"}).json()
    bundle = read_bundle(trained_texts[0])
    (expected,) = bundle.probabilities({"review": ["a great and lovely thing"]})
    assert list(answer["probabilities"].values()) == expected.tolist()
    assert (answer["label"], answer["model"], answer["model_version"]) == ("good", "opinions", 1)


def test_a_text_is_cleaned_as_it_was_for_training(client: TestClient) -> None:
    said = client.post("/predict", json={"text": "awful thing bob@example.com"}).json()
    cleaned = client.post("/predict", json={"text": "awful thing <EMAIL>"}).json()
    assert said["probabilities"] == cleaned["probabilities"]


def test_the_record_s_own_name_for_the_text_is_accepted(client: TestClient) -> None:
    by_name = client.post("/predict", json={"review": "slow", "subject": "bob"})
    assert by_name.status_code == 200
    assert by_name.json()["probabilities"] == client.post("/predict", json={"text": "slow"}).json()["probabilities"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "body.text"),
        ({"text": None}, "body.text"),
        ({"text": 3}, "body.text"),
        ({"text": "  "}, "body.text"),
        ({"text": CANARY * 2000}, "body.text"),
        ({"text": CANARY + "\ud800"}, "body.text"),
        ({"text": CANARY + "\x00"}, "body.text"),
        ({"text": "fine", "review": CANARY}, "body"),
        ({"text": "fine", CANARY: 1}, "body"),
        ({"text": "fine", CANARY + "\udfff": 1}, "body"),
        ({"text": "fine", "subject": ""}, "body.subject"),
        ({"text": "fine", "subject": CANARY + "\ud800"}, "body.subject"),
        ([CANARY], "body"),
        (CANARY, "body"),
    ],
)
def test_what_is_not_a_question_is_refused_by_path_and_never_repeated(
    client: TestClient, body: object, path: str
) -> None:
    answer = client.post("/predict", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert path in [field["path"] for field in answer.json()["error"]["fields"]]
    assert CANARY not in answer.text
    assert client.post("/predict", json={"text": "lovely"}).status_code == 200


@pytest.mark.parametrize("content", [f'{{"text": "{CANARY}"', f'{{"text": {CANARY}}}', "", "NaN", "{", b"\xff\xfe"])
def test_what_is_not_json_is_refused(client: TestClient, content: str | bytes) -> None:
    answer = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert CANARY not in answer.text


def test_a_body_beyond_64_kib_is_refused_however_it_arrives(client: TestClient) -> None:
    whole = json.dumps({"text": CANARY * 6000}).encode()
    parts = (whole[start : start + 1000] for start in range(0, len(whole), 1000))
    for content in (whole, parts):  # the second one comes without a length
        answer = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert set(answer.json()["error"]) == {"what", "expected", "fix"}
        assert CANARY not in answer.text


def test_a_new_champion_takes_over_without_a_restart(client: TestClient, texts: Workspace) -> None:
    before = client.post("/predict", json={"text": "great"}).json()
    texts.crown(2)
    after = _until(client, lambda answer: answer["model_version"] == 2)
    assert before["model_version"] == 1
    assert after["probabilities"] != before["probabilities"]


def test_the_last_good_champion_serves_when_the_new_one_s_bytes_were_altered(
    client: TestClient, texts: Workspace
) -> None:
    texts.crown(2, alter=True)
    health = _until_degraded(client)
    assert client.post("/predict", json={"text": "great"}).json()["model_version"] == 1
    assert health["model_version"] == 1
    assert "version 2" in health["trouble"] or "v2" in health["trouble"]


def test_without_a_champion_the_service_says_when_to_come_back(empty: Workspace) -> None:
    with empty.serve() as client:
        answer = client.post("/predict", json={"text": "great"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert "No model" in answer.json()["error"]["what"]
        empty.crown(1)
        _until(client, lambda answer: answer.get("model_version") == 1)


def test_nothing_that_was_posted_stands_in_clear_on_the_disk(client: TestClient, texts: Workspace) -> None:
    body = {"text": f"great {CANARY}", "subject": f"subject {CANARY}"}
    shown = client.post("/predict", json=body).json()
    said = {"prediction_id": shown["prediction_id"], "label": "bad", "idempotency_key": f"key {CANARY}"}
    assert client.post("/feedback", json=said).status_code == 201
    client.post("/predict", json={"text": CANARY, "nonsense": CANARY})
    content = texts.bytes()
    assert shown["prediction_id"].encode() in content  # the search sees the databases
    assert CANARY.encode() not in content


def test_each_of_many_predictions_at_once_can_be_answered(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda n: client.post("/predict", json={"text": f"great {n}"}).json(), range(80)))
    assert len({answer["prediction_id"] for answer in shown}) == 80
    said = {client.post("/feedback", json=_right(answer)).status_code for answer in shown}
    assert said == {201}


def test_a_table_s_row_is_predicted_from_features_nested_or_flat(table: Workspace) -> None:
    features = {"age": 55, "hours-per-week": 40.5, "work": "office"}
    with table.serve() as client:
        nested = client.post("/predict", json={"features": features, "subject": "bob"}).json()
        flat = client.post("/predict", json={**features, "subject": "bob"}).json()
        missing = client.post("/predict", json={"features": {"age": 55, "work": None}})
        spelled = client.post("/predict", json={"features": {"age": 55, "work": "?"}})
    bundle = read_bundle(table.trained[0])
    (expected,) = bundle.probabilities({"age": [55], "hours-per-week": [40.5], "work": ["office"]})
    assert nested["label"] == "more"
    assert list(nested["probabilities"].values()) == expected.tolist()
    assert nested["probabilities"] == flat["probabilities"]
    assert missing.json()["probabilities"] == spelled.json()["probabilities"]


@pytest.mark.parametrize(
    ("features", "path"),
    [
        ('{"age": "55", "work": "office"}', "body.features.age"),
        ('{"age": true, "work": "office"}', "body.features.age"),
        ('{"age": 55.5, "work": "office"}', "body.features.age"),
        ('{"age": 1e999, "work": "office"}', "body.features.age"),
        ('{"age": 550, "work": "office"}', "body.features.age"),
        ('{"age": 55, "work": 3}', "body.features.work"),
        ('{"age": 55}', "body.features.work"),
        ('{"age": 55, "work": "office", "hours-per-week": NaN}', "body.features.hours-per-week"),
        ('{"age": 55, "work": "office", "income": "less"}', "body.features"),
        ('{"age": [55], "work": "office"}', "body.features.age"),
        ("[]", "body.features"),
    ],
)
def test_a_feature_that_is_not_of_its_column_s_type_is_refused(table: Workspace, features: str, path: str) -> None:
    with table.serve() as client:
        content = f'{{"features": {features}}}'
        answer = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert path in [field["path"] for field in answer.json()["error"]["fields"]]


def _right(answer: dict) -> dict:
    return {"prediction_id": answer["prediction_id"], "verdict": "right"}


def _until(client: TestClient, holds, seconds: float = 5) -> dict:
    """The first answer for which `holds`, within the time that a take-over may take."""
    end = time.monotonic() + seconds
    while True:
        answer = client.post("/predict", json={"text": "great"}).json()
        if holds(answer) or time.monotonic() > end:
            assert holds(answer)
            return answer
        time.sleep(0.1)


def _until_degraded(client: TestClient) -> dict:
    end = time.monotonic() + 5
    while (health := client.get("/health").json())["status"] != "degraded" and time.monotonic() < end:
        time.sleep(0.1)
    assert health["status"] == "degraded"
    return health
