"""The books: whatever was altered, removed or moved in them is found, also at the end, also where all was redone."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from workspaces import MASTER_KEY

from pipelines.access import enter
from pipelines.audit import audit
from pipelines.consents import Consents
from pipelines.environment import Environment, read_environment
from pipelines.ledger import GENESIS, Ledger, _digest, open_ledger
from pipelines.vault import Vault, open_vault

RECORD = "people"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    variables = {"FLYWHEEL_HOME": str(tmp_path / "home"), "FLYWHEEL_MASTER_KEY": MASTER_KEY}
    return read_environment(variables, tmp_path / "workspace")


@pytest.fixture
def vault(environment: Environment) -> Vault:
    return open_vault(environment.home, environment.master_key, RECORD)


@pytest.fixture
def ledger(environment: Environment) -> Ledger:
    """Accesses, consents and a promotion."""
    found = open_ledger(environment)
    for version in range(3):
        enter(found, environment, "validate", "data/raw", f"version {version}")
    Consents(found, RECORD).say({"ann", "bob"}, given=False, by="person")
    champion = {"digest": "of the bundle"}
    entry = {"promote": True, "version": 1, "model": RECORD, "champion": champion}
    assert found.crown(RECORD, 0, 1, champion, entry)
    return found


def failed(ledger: Ledger, vault: Vault) -> list[str]:
    return [finding.check for finding in audit(ledger, vault, RECORD) if not finding.holds]


def change(environment: Environment, *statements: str) -> None:
    path = environment.ledger.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store, store:
        for statement in statements:
            store.execute(statement)


def test_honest_books_are_right(ledger: Ledger, vault: Vault) -> None:
    assert ledger.length() == 6
    assert failed(ledger, vault) == []


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize(
    "done",
    [
        "UPDATE entries SET body = replace(body, '\"', ' \"') WHERE number = {}",
        "UPDATE entries SET at = '2020' WHERE number = {}",
        "UPDATE entries SET kind = 'other' WHERE number = {}",
        "DELETE FROM entries WHERE number = {}",
    ],
    ids=["body", "time", "kind", "removed"],
)
def test_an_entry_that_was_altered_or_removed_is_found(
    environment: Environment, ledger: Ledger, vault: Vault, number: int, done: str
) -> None:
    change(environment, done.format(number))
    assert "chain of entries" in failed(ledger, vault)


def test_entries_that_changed_places_are_found(environment: Environment, ledger: Ledger, vault: Vault) -> None:
    change(
        environment,
        "UPDATE entries SET number = 99 WHERE number = 2",
        "UPDATE entries SET number = 2 WHERE number = 3",
        "UPDATE entries SET number = 3 WHERE number = 99",
    )
    assert "chain of entries" in failed(ledger, vault)


def test_an_end_that_was_cut_off_and_a_ledger_begun_anew_are_found(
    environment: Environment, ledger: Ledger, vault: Vault
) -> None:
    change(environment, "DELETE FROM entries WHERE number > 4")
    assert ledger.verify() == 5
    change(environment, "DELETE FROM entries")
    assert ledger.verify() == 1
    ledger.append("access", {"begun": "anew"})
    assert ledger.verify() == 1


def test_a_chain_that_was_computed_anew_is_found(environment: Environment, ledger: Ledger, vault: Vault) -> None:
    path = environment.ledger.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store, store:
        previous = GENESIS
        rows = store.execute("SELECT number, at, kind, body FROM entries ORDER BY number").fetchall()
        for number, at, kind, body in rows:
            forged = json.dumps({**json.loads(body), "who": "nobody"}) if number == 2 else body
            digest = _digest(number, at, kind, forged, previous)
            store.execute(
                "UPDATE entries SET body = ?, previous = ?, digest = ? WHERE number = ?",
                (forged, previous, digest, number),
            )
            previous = digest
    assert ledger.verify() == 6
    assert Ledger(environment.ledger).verify() is None, "without the anchor nobody could tell"


@pytest.mark.parametrize(
    ("done", "check"),
    [
        ("UPDATE consents SET given = 1 WHERE subject = 'ann'", "consents"),
        ("DELETE FROM consents WHERE subject = 'ann'", "consents"),
        ("UPDATE champions SET version = 2", "champion"),
        ("DELETE FROM champions", "champion"),
    ],
)
def test_what_stands_beside_the_chain_and_does_not_follow_from_it_is_found(
    environment: Environment, ledger: Ledger, vault: Vault, done: str, check: str
) -> None:
    change(environment, done)
    assert failed(ledger, vault) == [check]


def test_a_stage_that_opened_people_without_saying_so_is_found(
    ledger: Ledger, vault: Vault, environment: Environment
) -> None:
    step = {"name": "anonymise", "outcome": "ran"}
    ledger.start_run("run 1", {"flow_run": "run 1", "steps": [step]})
    assert failed(ledger, vault) == ["access log"]
    ledger.append("access", {"who": "x", "run": "run 1", "why": "anonymise", "what": "data/raw", "version": None})
    assert failed(ledger, vault) == []


def test_only_news_about_consent_is_entered(ledger: Ledger) -> None:
    said: Callable[..., int] = Consents(ledger, RECORD).say
    assert said({"ann"}, given=False, by="person") == 0
    assert said({"cid"}, given=True, by="person") == 0
    assert said({"ann"}, given=True, by="source") == 0
    assert said({"ann"}, given=True, by="person") == 1
    assert set(Consents(ledger, RECORD).withdrawn()) == {"bob"}
