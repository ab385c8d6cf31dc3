"""POST /generate: a language model writes on, as the command does; nothing of it is stored."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from served import LINES, Workspace

from pipelines.bundle import read_bundle
from pipelines.language import Manner, go_on

CANARY = "canary-7f3a"


@pytest.fixture
def writer(lines: Workspace) -> Iterator[TestClient]:
    with lines.serve() as found:
        yield found


def test_the_text_is_what_the_bundle_writes_behind_the_prompt(writer: TestClient, lines: Workspace) -> None:
    asked = {"prompt": "two a", "length": 12, "temperature": 0.9, "top_k": 3, "seed": 5}
    answer = writer.post("/generate", json=asked).json()
    expected = go_on(read_bundle(lines.trained[0]), "two a", 12, Manner(0.9, 3, 5))
    assert expected
    assert answer == {"prompt": "two a", "text": expected, "seed": 5, "model": "rhymes", "model_version": 1}


def test_a_seed_that_was_drawn_is_told_and_writes_the_same_again(writer: TestClient) -> None:
    first = writer.post("/generate", json={"prompt": "o", "length": 40}).json()
    again = writer.post("/generate", json={"prompt": "o", "length": 40, "seed": first["seed"]}).json()
    assert again == first
    seeds = {writer.post("/generate", json={"prompt": "o", "length": 1}).json()["seed"] for _ in range(4)}
    assert len(seeds) > 1


def test_the_prompt_is_read_without_people_and_an_empty_one_begins_a_text(writer: TestClient) -> None:
    answer = writer.post("/generate", json={"prompt": "two and bob@example.com"}).json()
    assert answer["prompt"] == "two and <EMAIL>"
    empty = writer.post("/generate", json={"prompt": "", "temperature": 0, "length": 30})
    assert (empty.status_code, empty.json()["prompt"]) == (200, "")
    assert empty.json()["text"]


def test_nothing_of_it_is_stored(writer: TestClient, lines: Workspace) -> None:
    before = lines.bytes()
    written = writer.post("/generate", json={"prompt": CANARY + " and", "length": 200}).json()["text"]
    after = lines.bytes()
    assert CANARY.encode() not in after
    assert written.encode() not in after
    assert len(after) == len(before)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "body.prompt"),
        ({"prompt": None}, "body.prompt"),
        ({"prompt": CANARY + "\x00"}, "body.prompt"),
        ({"prompt": CANARY * 2000}, "body.prompt"),
        ({"prompt": CANARY, "length": 0}, "body.length"),
        ({"prompt": CANARY, "length": 1001}, "body.length"),
        ({"prompt": CANARY, "length": 3.5}, "body.length"),
        ({"prompt": CANARY, "temperature": -1}, "body.temperature"),
        ({"prompt": CANARY, "top_k": -1}, "body.top_k"),
        ({"prompt": CANARY, "seed": -1}, "body.seed"),
        ({"prompt": CANARY, "seed": 2**31}, "body.seed"),
        ({"prompt": CANARY, CANARY: 1}, "body"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field_and_never_repeated(
    body: dict[str, object], path: str, writer: TestClient
) -> None:
    answer = writer.post("/generate", json=body)
    assert answer.status_code == 422
    assert [field["path"] for field in answer.json()["error"]["fields"]] == [path]
    assert CANARY not in answer.text


def test_without_a_champion_it_says_so(lines: Workspace) -> None:
    with Workspace(lines.folder.parent / "other", LINES, lines.trained).serve() as early:
        answer = early.post("/generate", json={"prompt": "two"})
    assert (answer.status_code, answer.json()["error"]["what"]) == (503, "No model was promoted yet.")


def test_a_service_that_answers_rows_has_no_such_route(writer: TestClient, client: TestClient) -> None:
    assert client.post("/generate", json={"prompt": "x"}).status_code == 404
    told = [each.get("/").json()["routes"] for each in (client, writer)]
    assert ["POST /generate" in routes for routes in told] == [False, True]
