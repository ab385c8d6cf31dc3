"""A workspace built by hand, and gone on with at another machine: pushed, cloned, pulled, and nothing is done twice."""

import json
import shutil
from pathlib import Path

import pytest
from places import Moment, Place
from workspaces import ACCESS

from pipelines.environment import read_environment
from pipelines.files import digest
from pipelines.ledger import Ledger
from pipelines.parameters import convert, read_parameters
from pipelines.raw import gone, open_rows
from pipelines.record import Record
from pipelines.vault import open_vault

pytestmark = pytest.mark.xdist_group("no network")

GRAPH = ("ingest", "validate", "anonymise", "split", "train", "evaluate")
# Each workspace's own: DVC's notes of what lies where, and when the leak scan looked last.
OWN = ("leaks.json", ".gitignore")


@pytest.fixture(scope="module")
def first(by_hand: Moment, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A machine where the flywheel has turned, one person has withdrawn, and all was committed and pushed."""
    place = by_hand.again()
    place.flywheel("run")
    place.dvc("remote", "add", "--default", "store", str(tmp_path_factory.mktemp("remote")))
    place.run(["git", "add", "--all"])
    place.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "a turn"])
    place.dvc("push")
    return place


@pytest.fixture(scope="module")
def second(first: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Another machine: a fresh clone, an empty cache, a home of its own with a copy of the key store."""
    home, folder = tmp_path_factory.mktemp("other_home"), tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(Path(first.environment["FLYWHEEL_HOME"]) / "keys", home / ".flywheel" / "keys")
    first.run(["git", "clone", "--quiet", str(first.folder), str(folder)])
    place = Place(folder, first.environment | {"HOME": str(home), "FLYWHEEL_HOME": str(home / ".flywheel")})
    assert not (folder / "data" / "raw").exists()
    assert not (folder / ".dvc" / "cache").exists()
    place.dvc("pull")
    return place


def test_ingest_alone_and_dvc_repro_build_all_and_a_flow_then_only_promotes(first: Place) -> None:
    assert json.loads((first.folder / "data/report/evaluation/scores.json").read_text("utf-8"))["test_rows"] > 100
    stages = first.status()["last_run"]["stages"]
    assert (stages.pop("scan"), stages.pop("promote")) == ("ran", "ran")
    assert set(stages.values()) == {"unchanged"}
    assert "up to date" in first.dvc("status")


def made_by(place: Place) -> dict[str, str]:
    made = [path for path in (place.folder / "data").rglob("*") if path.is_file() and path.name not in OWN]
    return {str(path.relative_to(place.folder)): digest(path) for path in made}


def test_a_clone_with_the_keys_runs_and_finds_all_unchanged(first: Place, second: Place) -> None:
    before = made_by(first)
    assert made_by(second) == before
    second.flywheel("run")
    status = second.status()
    assert {name: status["last_run"]["stages"][name] for name in GRAPH} == dict.fromkeys(GRAPH, "unchanged")
    assert made_by(second) == before
    assert "up to date" in second.dvc("status")


def test_the_clone_serves_the_same_bytes_under_a_decision_of_its_own(first: Place, second: Place) -> None:
    ledgers = [Ledger(f"sqlite:///{place.folder / '.flywheel' / 'ledger.db'}") for place in (first, second)]
    ours, theirs = (ledger.champion("product_reviews") for ledger in ledgers)
    assert ours is not None
    assert theirs is not None
    assert (theirs.version, theirs.body["digest"]) == (ours.version, ours.body["digest"])
    assert [len(ledger.all("decision")) for ledger in ledgers] == [1, 1]
    assert "✗" not in second.flywheel("audit").stdout


def test_who_withdrew_at_one_machine_has_withdrawn_at_the_other(first: Place, second: Place, person: str) -> None:
    environment = read_environment(second.environment, second.folder)
    record = convert("record", read_parameters(second.folder)["record"], Record)
    vault = open_vault(environment.home, environment.master_key, record.name)
    raw = second.folder / "data" / "raw"
    assert gone(raw) == {vault.pseudonym(person)}
    assert person not in set(open_rows(raw, record, vault, ACCESS)["user_id"])
    second.flywheel("run")
    assert second.status()["last_run"]["stages"] == dict.fromkeys((*GRAPH, "compare", "scan", "promote"), "unchanged")


def test_a_model_that_was_lost_is_restored_and_not_trained_again(first: Place) -> None:
    shutil.rmtree(first.folder / "data" / "model")
    first.flywheel("run")
    assert first.status()["last_run"]["stages"]["train"] == "restored"
