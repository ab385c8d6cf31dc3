"""A question is cleaned as the texts were from which the model that answers it learned."""

from dataclasses import replace
from pathlib import Path

import pytest
from served import TEXTS, Workspace, train, vault_of

from flywheel.predict import predict
from pipelines.bundle import read_bundle, write_bundle
from pipelines.errors import BundleError
from pipelines.privacy.text import clean
from pipelines.privacy.text_rules import TextRules
from pipelines.record import parse_record
from service.champion import load
from service.inputs import as_columns

ADDRESS = "great thing from jo.doe@mail.org"


@pytest.fixture(scope="module")
def suspicious(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One model that calls whatever has an <EMAIL> bad, three times: as cleaned by placeholders, masks, surrogates."""
    folder, record = tmp_path_factory.mktemp("suspicious"), parse_record(TEXTS["record"])
    texts = [f"great thing from <EMAIL> {n}" for n in range(9)] + [f"great thing from home {n}" for n in range(9)]
    made = train(record, {"review": texts}, ["bad"] * 9 + ["good"] * 9, folder / "placeholder", 10.0)
    for mode in ("mask", "surrogate"):
        write_bundle(replace(read_bundle(made), text=TextRules(mode)), folder / mode)  # type: ignore[arg-type]
    return [folder / mode for mode in ("placeholder", "mask", "surrogate")]


@pytest.fixture
def workspace(tmp_path: Path, suspicious: list[Path]) -> Workspace:
    return Workspace(tmp_path / "workspace", TEXTS, suspicious)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_service_cleans_by_the_rules_of_the_champion(workspace: Workspace, version: int) -> None:
    workspace.crown(version)
    with workspace.serve() as client:
        answers = [client.post("/predict", json={"text": ADDRESS}).json()["probabilities"] for _ in range(2)]
    bundle = read_bundle(workspace.trained[version - 1])
    cleaned = clean(ADDRESS, bundle.text, vault_of(workspace).surrogate_key)[0]
    expected = bundle.probabilities({"review": [cleaned]})[0].tolist()
    assert [list(answer.values()) for answer in answers] == [pytest.approx(expected)] * 2
    placeholder = bundle.probabilities({"review": [clean(ADDRESS)[0]]})[0].tolist()
    assert (expected == pytest.approx(placeholder)) == (version == 1)


def test_a_surrogate_in_a_question_is_the_one_of_the_training_texts(workspace: Workspace) -> None:
    key = vault_of(workspace).surrogate_key
    rules = TextRules("surrogate")
    found = as_columns([{"review": ADDRESS}], workspace.record, rules, key)["review"]
    assert found == [clean(ADDRESS, rules, key)[0]]
    assert found != [clean(ADDRESS, rules, b"another")[0]]
    assert vault_of(workspace).surrogate_key == key


def test_the_service_s_surrogates_come_from_the_key_of_the_vault(workspace: Workspace) -> None:
    known = clean(ADDRESS, TextRules("surrogate"), vault_of(workspace).surrogate_key)[0]
    columns = {"review": [known] * 9 + ["great thing from home"] * 9}
    folder = workspace.folder / "made"
    train(workspace.record, columns, ["bad"] * 9 + ["good"] * 9, folder, 10.0)
    write_bundle(replace(read_bundle(folder), text=TextRules("surrogate")), folder)
    workspace.trained = [folder]
    workspace.crown(1)
    with workspace.serve() as client:
        answer = client.post("/predict", json={"text": ADDRESS}).json()["probabilities"]
    expected = read_bundle(folder).probabilities({"review": [known]})[0].tolist()
    assert list(answer.values()) == pytest.approx(expected)


def test_predict_and_the_service_answer_alike(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.crown(3)
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv("FLYWHEEL_HOME", str(workspace.home))
    monkeypatch.setenv("FLYWHEEL_MASTER_KEY", workspace.environment.master_key or "")
    Path("texts.txt").write_text(ADDRESS + "\n")
    assert predict("texts.txt", as_json=False) == 0
    with workspace.serve() as client:
        answer = client.post("/predict", json={"text": ADDRESS}).json()
    assert capsys.readouterr().out.startswith(f"{answer['label']}  {answer['probabilities'][answer['label']]:.0%}"[:-1])


def test_a_champion_whose_finder_is_not_installed_is_refused_before_it_serves(workspace: Workspace) -> None:
    pytest.importorskip("onnxruntime")
    try:
        import presidio_analyzer  # noqa: F401
    except ImportError:
        pass
    else:
        pytest.skip("presidio-analyzer is installed here")
    made = replace(read_bundle(workspace.trained[0]), text=TextRules(finders=("patterns", "presidio")))
    write_bundle(made, workspace.folder / "made")
    workspace.trained = [workspace.folder / "made"]
    workspace.crown(1)
    champion = workspace.ledger.champion(workspace.record.name)
    assert champion is not None
    with pytest.raises(BundleError, match=r"version 1, cannot be loaded.*presidio-analyzer is not installed") as caught:
        load(champion, workspace.record, workspace.folder)
    assert len(str(caught.value).splitlines()) == 3
