"""GET /health, the index, and what programs read."""

import io
import logging

from fastapi.testclient import TestClient
from served import Workspace

from service.serve import PlacesOnly


def test_health_tells_who_serves(client: TestClient) -> None:
    health = client.get("/health")
    assert health.status_code == 200
    told = health.json()
    assert (told["status"], told["model"], told["model_version"], told["family"]) == ("ok", "opinions", 1, "linear")
    assert told["since"]
    assert told["trouble"] is None


def test_health_counts_the_answers_that_wait(client: TestClient) -> None:
    shown = client.post("/predict", json={"text": "great"}).json()
    assert client.get("/health").json()["feedback_waiting"] == 0
    client.post("/feedback", json={"prediction_id": shown["prediction_id"], "label": "bad"})
    assert client.get("/health").json()["feedback_waiting"] == 1


def test_health_without_a_champion_says_so(empty: Workspace) -> None:
    with empty.serve() as client:
        health = client.get("/health")
    assert health.status_code == 200
    assert health.json()["status"] == "no champion"


def test_a_first_champion_that_cannot_be_loaded_is_told_and_not_served(empty: Workspace) -> None:
    empty.crown(1, alter=True)
    with empty.serve() as client:
        assert client.get("/health").json()["status"] == "degraded"
        assert client.post("/predict", json={"text": "great"}).status_code == 503


def test_a_card_that_is_no_json_any_more_is_told_too(texts: Workspace) -> None:
    (texts.folder / ".flywheel/champions/v1/bundle.json").write_text("{")
    with texts.serve() as client:
        assert client.get("/health").json()["status"] == "degraded"


def test_the_index_names_the_routes(client: TestClient) -> None:
    index = client.get("/").json()
    paths = client.get("/openapi.json").json()["paths"]
    named = {route.split()[1] for route in index["routes"]}
    assert named - {"/openapi.json"} == set(paths) - {"/"}


def test_the_schema_names_the_record_s_columns(table: Workspace) -> None:
    with table.serve() as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["Features"]["properties"]) == {"age", "hours-per-week", "work"}


def test_the_schema_promises_no_answer_that_repeats_the_input(client: TestClient) -> None:
    assert "HTTPValidationError" not in client.get("/openapi.json").text


def test_a_failure_is_logged_by_its_place_and_not_by_its_message() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlacesOnly("%(levelname)s %(message)s"))
    logger = logging.Logger("failing")
    logger.addHandler(handler)
    try:
        raise ValueError("canary")
    except ValueError:
        logger.exception("It failed")
    assert "ValueError" in stream.getvalue()
    assert "test_health.py" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_no_page_loads_anything_from_elsewhere(client: TestClient) -> None:
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/nowhere")} == {404}
    assert client.get("/predict").status_code == 405
    assert "fix" in client.get("/predict").json()["error"]
