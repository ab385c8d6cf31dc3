"""Erasure: 100 of 10,000 people, after five data versions and three models, in every place where data lie."""

import contextlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import workspaces
from workspaces import MASTER_KEY, Workspace, image, review

from pipelines.audit import audit
from pipelines.consents import Consents
from pipelines.custody import holdings
from pipelines.erased import receipts, requested, unlearnt
from pipelines.errors import DataError
from pipelines.forget import forget, look_through, verify
from pipelines.ingest import ingest
from pipelines.raw import gone
from pipelines.registry import open_registry
from pipelines.vault import open_vault

PEOPLE, VERSIONS, FORGOTTEN = 10_000, 5, 100
MODELS = {1: 1, 3: 2, 5: 3}  # the data version that each model learnt from


def git(place: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=place, check=True, capture_output=True)


def dvc(place: Path, *arguments: str) -> None:
    """DVC's own command line, without a process of its own: it is called fifteen times."""
    from dvc.cli import main

    with contextlib.chdir(place):
        assert main(["--quiet", *arguments]) == 0


def person(number: int) -> str:
    return f"person-{number:05}"


@dataclass
class Erased:
    """A workspace with a history, from which people were erased, and the places where copies of its data lie."""

    workspace: Workspace
    places: dict[str, Path]
    versions: list[dict[str, str]]
    receipts: list[Any]
    store_before: Path


def with_history(path: Path) -> tuple[Workspace, list[dict[str, str]]]:
    """Five data versions in Git and DVC, each 2,000 people larger, and three registered models."""
    made = workspaces.make(path, workspaces.small_reviews())
    git(path, "init", "--quiet")
    dvc(path, "remote", "add", "--default", "store", str(path.with_name("remote")))
    registry = open_registry(made.environment, path)
    (path / "bundle").mkdir()
    (path / "bundle" / "bundle.json").write_text("{}")
    images = []
    for version in range(1, VERSIONS + 1):
        made.bring([review(n, user=person(n)) for n in range(PEOPLE * version // VERSIONS)])
        found = made.run(ingest)
        git(path, "add", "-f", "data/raw.dvc", "params.yaml", "dvc.yaml", ".dvc/config")
        git(path, "commit", "--quiet", "-m", f"version {version}")
        git(path, "tag", f"v{version}")
        dvc(path, "push", "data/raw.dvc")
        images.append(image(made.raw))
        if version in MODELS:
            run = registry.start(made.record.name, f"of version {version}", {}, {"data_version": found.version})
            tags = {"digest": f"digest {version}", "data_version": found.version}
            assert registry.register(made.record.name, run, path / "bundle", made.record, tags) == MODELS[version]
    return made, images


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Any:
    top = tmp_path_factory.mktemp("erasure")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLYWHEEL_HOME", str(top / "home"))
        made, images = with_history(top / "workspace")
        git(top, "clone", "--quiet", str(made.path), str(top / "clone"))
        dvc(top / "clone", "pull", "data/raw.dvc")
        shutil.copytree(made.path, top / "backup", symlinks=True)
        shutil.copytree(top / "home", top / "home-backup")
        chosen = [person(n) for n in range(0, PEOPLE, PEOPLE // FORGOTTEN)]
        made.vault.seal([("keyed", made.vault.pseudonym(chosen[0]), ["also known by a prediction"])])
        found = forget(
            chosen,
            record=made.record,
            also=[top / "clone", top / "backup"],
            environment=made.environment,
            workspace=made.path,
        )
        places = {name: top / name for name in ("workspace", "remote", "clone", "backup")}
        yield Erased(made, places, images, found, top / "home-backup")


def test_each_of_them_has_a_receipt_that_says_nothing_is_left(erased: Erased) -> None:
    assert len(erased.receipts) == FORGOTTEN
    assert {receipt.left for receipt in erased.receipts} == {0}
    kept = receipts(erased.workspace.ledger, erased.workspace.record.name)
    assert set(kept) == {erased.workspace.vault.pseudonym(person(n)) for n in range(0, PEOPLE, 100)}
    stores = {line["store"] for line in next(iter(kept.values()))["lines"]}
    assert {"key store", "predictions", "feedback", "workspace", "cache", "remote store"} < stores
    assert len(stores) == 8
    assert "person-" not in json.dumps(list(kept.values()))


def test_no_row_of_theirs_opens_anywhere_and_everybody_elses_does(erased: Erased) -> None:
    made = erased.workspace
    subjects = {made.vault.pseudonym(person(n)) for n in range(0, PEOPLE, 100)}
    others = {made.vault.pseudonym(person(n)) for n in range(1, PEOPLE, 100)}
    for name, place in erased.places.items():
        for people, opens in ((subjects, False), (others, True)):
            found = [each for each in holdings([place], people, made.vault) if each.rows]
            assert sum(sum(each.rows.values()) for each in found) >= FORGOTTEN, name
            assert [each.open for each in found] == [each.rows if opens else {} for each in found]
    opened = set(made.opened()["user"])
    assert len(opened) == PEOPLE - FORGOTTEN
    assert not {person(n) for n in range(0, PEOPLE, 100)} & opened


def test_a_row_that_would_open_is_found(erased: Erased) -> None:
    made = erased.workspace
    with_keys = open_vault(erased.store_before, MASTER_KEY, made.record.name)
    subject = made.vault.pseudonym(person(0))
    found = look_through([subject], with_keys, made.path, [])
    assert [each.open for each in found["cache"]] == [{subject: 1}]


def test_every_old_version_checks_out_byte_for_byte(erased: Erased) -> None:
    for place in (erased.places["clone"], erased.places["backup"]):
        for version, before in enumerate(erased.versions, 1):
            git(place, "checkout", "--quiet", f"v{version}", "--", "data/raw.dvc")
            dvc(place, "pull" if place.name == "clone" else "checkout", "data/raw.dvc")
            assert image(place / "data" / "raw") == before


def test_the_models_that_learnt_from_them_are_listed_and_marked(erased: Erased) -> None:
    made = erased.workspace
    by_person = {receipt.subject: receipt.models for receipt in erased.receipts}
    # Who came with the first version stands in the data of all three models, who came last in one.
    assert by_person[made.vault.pseudonym(person(0))] == (1, 2, 3)
    assert by_person[made.vault.pseudonym(person(5_000))] == (2, 3)
    assert by_person[made.vault.pseudonym(person(9_900))] == (3,)
    client = open_registry(made.environment, made.path).client
    marks = {v.version: v.tags["forgotten_subjects"] for v in client.search_model_versions("name = 'reviews'")}
    assert {int(version): count for version, count in marks.items()} == {1: "20", 2: "60", 3: "100"}


def test_the_books_are_right_and_a_key_store_from_a_backup_is_found_out(erased: Erased) -> None:
    made = erased.workspace
    assert all(finding.holds for finding in audit(made.ledger, made.vault, made.record.name))
    with_keys = open_vault(erased.store_before, MASTER_KEY, made.record.name)
    failed = [finding.check for finding in audit(made.ledger, with_keys, made.record.name) if not finding.holds]
    assert failed == ["erasures"]


def test_looking_again_finds_their_rows_and_none_that_opens(erased: Erased) -> None:
    made = erased.workspace
    people, found = verify(record=made.record, environment=made.environment, workspace=made.path)
    assert people == FORGOTTEN
    assert sum(sum(each.rows.values()) for each in found) > 2 * FORGOTTEN
    assert not any(each.open for each in found)


def test_they_do_not_come_back_with_the_same_source_and_the_data_are_a_new_version(erased: Erased) -> None:
    made = erased.workspace
    assert len(unlearnt(made.ledger, made.record.name)) == FORGOTTEN
    before = image(made.raw)
    found = made.run(ingest)
    assert (found.added, found.suppressed, found.gone) == (0, FORGOTTEN, FORGOTTEN)
    after = image(made.raw)
    assert before.items() < after.items()
    assert len(gone(made.raw)) == FORGOTTEN
    assert made.opened().height == PEOPLE - FORGOTTEN


def test_a_stranger_is_refused_and_nobody_is_forgotten(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann")])
    reviews.run(ingest)
    with pytest.raises(DataError, match="1 of 2 people are not known"):
        forget(["ann", "Ann"], record=reviews.record, environment=reviews.environment, workspace=reviews.path)
    assert reviews.opened().height == 1
    assert not requested(reviews.ledger, reviews.record.name)


def test_withdrawn_consent_takes_the_rows_out_of_the_next_version_and_giving_it_brings_them_back(
    reviews: Workspace,
) -> None:
    reviews.bring([review(1, user="ann"), review(2, user="bob")])
    first = reviews.run(ingest)
    consents, ann = Consents(reviews.ledger, reviews.record.name), reviews.vault.pseudonym("ann")
    assert consents.say({ann}, given=False, by="person") == 1
    second = reviews.run(ingest)
    assert second.version != first.version
    assert list(reviews.opened()["user"]) == ["bob"]
    assert consents.say({ann}, given=True, by="person") == 1
    third = reviews.run(ingest)
    assert third.version not in (first.version, second.version)
    assert sorted(reviews.opened()["user"]) == ["ann", "bob"]


def test_a_source_that_withdraws_consent_is_heard_and_does_not_overrule_the_person(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann"), review(2, user="bob")])
    reviews.run(ingest)
    reviews.bring([review(1, user="ann"), review(3, user="ann", consent="no"), review(2, user="bob")])
    reviews.run(ingest)
    assert list(reviews.opened()["user"]) == ["bob"]
    reviews.bring([review(3, user="ann", consent="no"), review(1, user="ann"), review(2, user="bob")])
    reviews.run(ingest)
    assert sorted(reviews.opened()["user"]) == ["ann", "bob"]
    Consents(reviews.ledger, "reviews").say({reviews.vault.pseudonym("ann")}, given=False, by="person")
    reviews.bring([review(1, user="ann"), review(2, user="bob"), review(4, user="bob")])
    reviews.run(ingest)
    assert set(reviews.opened()["user"]) == {"bob"}
