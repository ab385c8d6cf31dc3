"""`flywheel predict`, `flywheel feedback import` and `flywheel serve`."""

import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml
from books import book
from served import Workspace, opened, stored, vault_of

from flywheel.answers import take_in
from flywheel.predict import predict
from pipelines.errors import DataError, ServerError, SourceError
from pipelines.feedback import FeedbackStore
from service.champion import NoChampionError
from service.serve import serve

Captured = pytest.CaptureFixture[str]


def enter(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in `workspace`, with its home."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv("FLYWHEEL_HOME", str(workspace.home))


@pytest.fixture
def here(texts: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace of texts, stood in."""
    enter(texts, monkeypatch)
    return texts


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("texts.txt", "great thing\nawful thing\n\n"),
        ("texts.csv", "id,review\n1,great thing\n2,awful thing\n"),
        ("texts.csv", "text\ngreat thing\nawful thing\n"),
        ("texts.jsonl", '{"text": "great thing"}\n{"review": "awful thing"}\n'),
        ("texts", '{"text": "great thing"}\n{"text": "awful thing"}\n'),
    ],
)
def test_predict_reads_lines_csv_and_json_lines(here: Workspace, capsys: Captured, name: str, content: str) -> None:
    (here.folder / name).write_text(content)
    assert predict(name, as_json=False) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("good  ")
    assert first.endswith(" %")
    assert second.startswith("bad  ")


def test_predict_reads_standard_input_and_stores_nothing(
    here: Workspace, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"great canary\n")))
    assert predict("-", as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["label"], answer["model_version"]) == ("good", 1)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert b"canary" not in here.bytes()


def test_predict_says_what_the_service_says(here: Workspace, capsys: Captured) -> None:
    text = "lovely, but slow; call 555-123-4567"
    (here.folder / "one.txt").write_text(text)
    predict("one.txt", as_json=True)
    with here.serve() as client:
        answer = client.post("/predict", json={"text": text}).json()
    assert json.loads(capsys.readouterr().out)["probabilities"] == answer["probabilities"]


def test_predict_names_the_line_of_a_bad_row_before_it_answers_any(here: Workspace, capsys: Captured) -> None:
    (here.folder / "texts.txt").write_text("great\n \ncanary\n")
    with pytest.raises(DataError, match="line 2") as caught:
        predict("texts.txt", as_json=False)
    assert "canary" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_predict_tells_a_broken_file_under_its_own_name(here: Workspace) -> None:
    (here.folder / "texts.jsonl").write_text('{"text": "great"}\n{"text": \n')
    with pytest.raises(SourceError, match=r"^predict: line 2 of texts\.jsonl"):
        predict("texts.jsonl", as_json=False)


def test_predict_reads_a_table(table: Workspace, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(table, monkeypatch)
    Path("rows.csv").write_text("age,hours-per-week,work\n55,40,office\n22,,?\n")
    assert predict("rows.csv", as_json=False) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["more", "less"]
    Path("rows.csv").write_text("age,hours-per-week,work\n55,40,office\nold,,?\n")
    with pytest.raises(DataError, match="row 2 the column 'age'"):
        predict("rows.csv", as_json=False)


def declare(workspace: Workspace, **settings: object) -> None:
    """Say in params.yaml how the data set's own files are written."""
    path = workspace.folder / "params.yaml"
    parameters = yaml.safe_load(path.read_text("utf-8"))
    parameters["ingest"] = {**parameters.get("ingest", {}), **settings}
    path.write_text(yaml.safe_dump(parameters, allow_unicode=True), "utf-8")


@pytest.mark.parametrize("content", ["age;hours-per-week;work\n55;40;büro\n", "age,hours-per-week,work\n55,40,büro\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_predict_reads_what_is_written_as_usual_or_as_the_data_set_s_own_files(
    table: Workspace, capsys: Captured, monkeypatch: pytest.MonkeyPatch, content: str, encoding: str
) -> None:
    enter(table, monkeypatch)
    Path("rows.csv").write_text(content, encoding)
    if encoding == "latin-1" or ";" in content:
        with pytest.raises(SourceError, match="predict: "):
            predict("rows.csv", as_json=False)
    declare(table, delimiter=";", encoding="latin-1")
    assert predict("rows.csv", as_json=False) == 0
    assert capsys.readouterr().out.split()[0] == "more"
    Path("rows.csv").write_text(content + "1;2;3;4\n1,2,3,4\n", encoding)
    with pytest.raises(SourceError, match=r"the record on line \d of rows\.csv has"):
        predict("rows.csv", as_json=False)


def test_lines_are_read_in_the_encoding_of_the_data_set_where_they_are_not_utf_8(
    here: Workspace, capsys: Captured
) -> None:
    Path("texts.txt").write_text("great 好\n", "gb18030")
    with pytest.raises(SourceError, match=r"^predict: texts\.txt is not UTF-8"):
        predict("texts.txt", as_json=False)
    declare(here, encoding="gb18030")
    assert predict("texts.txt", as_json=False) == 0
    assert capsys.readouterr().out.startswith("good")


@pytest.mark.parametrize(
    "content", ["title,body\ngreat,thing\n,awful\n", "text\ngreat thing\nawful\n", "review\ngreat\nawful\n"]
)
def test_a_text_of_several_columns_is_predicted_by_its_columns_or_as_one(
    here: Workspace, capsys: Captured, content: str
) -> None:
    declare(here, join={"review": ["title", "body"]})
    Path("texts.csv").write_text(content)
    assert predict("texts.csv", as_json=False) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["good", "bad"]


def test_answers_are_imported_as_the_data_set_s_own_files_are_written(here: Workspace, capsys: Captured) -> None:
    declare(here, delimiter=";", encoding="gb18030")
    Path("answers.csv").write_text("review;sentiment;user_id\n慢, slow;bad;bob\n", "gb18030")
    assert take_in("answers.csv") == 0
    assert [row["review"] for row in opened(here)] == ["慢, slow"]


def test_workbooks_are_predicted_and_imported_by_the_sheets_of_the_data_set(here: Workspace, capsys: Captured) -> None:
    texts = [["Answers of May"], ["review", "sentiment", "user_id"], ["great thing", "good", "bob"]]
    book(Path("one.xlsx"), {"Sheet1": texts})
    book(Path("more.xlsx"), {"notes": [["by whom"], ["nobody"]], "May": texts})
    assert predict("one.xlsx", as_json=False) == 0
    with pytest.raises(SourceError, match=r"^predict: .*sheet 'notes' of more\.xlsx"):
        predict("more.xlsx", as_json=False)
    declare(here, sheets=["May", "June"])
    assert [predict(name, as_json=False) for name in ("one.xlsx", "more.xlsx")] == [0, 0]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["good"] * 3
    assert take_in("more.xlsx") == 0
    assert [row["review"] for row in opened(here)] == ["great thing"]


def test_predict_without_a_champion_says_how_to_get_one(empty: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(empty, monkeypatch)
    with pytest.raises(NoChampionError, match="flywheel run") as caught:
        predict("texts.txt", as_json=False)
    assert caught.value.exit_code == 2


def test_imported_answers_become_rows_once(here: Workspace, capsys: Captured) -> None:
    with here.serve() as client:
        name = client.post("/predict", json={"text": "great"}).json()["prediction_id"]
    Path("answers.jsonl").write_text(
        json.dumps({"prediction_id": name, "label": "bad"})
        + '\n{"review": "canary is slow", "sentiment": "bad", "user_id": "bob"}\n'
        + '{"review": "lovely", "sentiment": "good", "idempotency_key": "k"}\n'
    )
    assert take_in("answers.jsonl") == 0
    assert take_in("answers.jsonl") == 0
    assert capsys.readouterr().out == "3 stored, 0 replayed\n0 stored, 3 replayed\n"
    rows = opened(here)
    assert {row["review"] for row in rows} == {"great", "canary is slow", "lovely"}
    assert all(row["consent"] == "yes" and row["written_at"] and row["user_id"] for row in rows)
    Path("answers.jsonl").unlink()
    assert b"canary" not in here.bytes()


@pytest.mark.parametrize(
    "bad",
    [
        '{"review": "slow", "sentiment": "canary"}',
        '{"review": "slow"}',
        '{"sentiment": "bad"}',
        '{"prediction_id": "canary", "label": "bad"}',
        '{"prediction_id": "PREDICTION"}',
        '{"prediction_id": "PREDICTION", "verdict": "canary"}',
        '{"prediction_id": "PREDICTION", "label": "canary"}',
        '{"review": "slow", "sentiment": "bad", "idempotency_key": "k"}',
    ],
)
def test_a_file_with_one_bad_row_leaves_nothing_behind(here: Workspace, bad: str) -> None:
    with here.serve() as client:
        name = client.post("/predict", json={"text": "great"}).json()["prediction_id"]
    good = '{"review": "lovely", "sentiment": "good", "idempotency_key": "k"}'
    Path("answers.jsonl").write_text(f"{good}\n{bad.replace('PREDICTION', name)}\n")
    with pytest.raises(DataError, match="row 2") as caught:
        take_in("answers.jsonl")
    assert "canary" not in str(caught.value)
    assert stored(here) == 0


def test_people_who_did_not_consent_are_left_out(here: Workspace, capsys: Captured) -> None:
    Path("answers.csv").write_text("review,sentiment,consent\nslow,bad,yes\nfast,good,no\nplain,fair,\n")
    take_in("answers.csv")
    assert capsys.readouterr().out == "1 stored, 0 replayed, 2 without consent\n"
    assert [row["review"] for row in opened(here)] == ["slow"]


def test_people_who_were_forgotten_or_withdrew_are_not_stored_again(here: Workspace, capsys: Captured) -> None:
    vault = vault_of(here)
    gone, withdrawn = (vault.pseudonym(name) for name in ("ann", "bob"))
    vault.forget({gone})
    store = FeedbackStore(here.environment, here.record, vault)
    store.consents.say([withdrawn], given=False, by="person")
    Path("answers.csv").write_text(
        "user_id,review,sentiment,consent\nann,slow,bad,yes\nbob,fast,good,yes\ncid,plain,fair,yes\n"
    )
    take_in("answers.csv")
    told = "1 stored, 0 replayed, 2 of people who were forgotten or withdrew consent"
    assert capsys.readouterr().out.strip() == told
    assert [row["review"] for row in opened(here)] == ["plain"]
    assert vault.keys.find([gone, withdrawn]) == {}


@pytest.mark.parametrize(("kind", "route", "told"), [("texts", "predict", "label"), ("lines", "generate", "text")])
def test_serve_answers_its_own_example_until_it_is_stopped(
    kind: str, route: str, told: str, request: pytest.FixtureRequest
) -> None:
    workspace: Workspace = request.getfixturevalue(kind)
    variables = {**os.environ, "FLYWHEEL_HOME": str(workspace.home)}
    command = [sys.executable, "-m", "flywheel.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=workspace.folder, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert f"POST /{route}" in process.stdout.readline()
            _, _, url, _, header, _, body = shlex.split(process.stdout.readline())
            kind_of_body = dict([header.split(": ")])
            answer = httpx.post(url, content=body, headers=kind_of_body, timeout=20)
            assert (answer.status_code, url.rpartition("/")[2]) == (200, route)
            assert answer.json()[told]
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_the_world_s_fault(here: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        started = time.monotonic()
        with pytest.raises(ServerError, match="--port") as caught:
            serve("127.0.0.1", taken.getsockname()[1])
    assert caught.value.exit_code == 3
    assert time.monotonic() - started < 10
