"""`flywheel request` and `notify`: the book of what people asked, and of whom an erasure was passed on to."""

import json
from datetime import UTC, datetime

import pytest
import yaml
from workspaces import Workspace

from flywheel.cli import main
from pipelines.compliance import ledgered
from pipelines.compliance.register import FILE


def command(*words: str) -> int:
    """The exit code of `flywheel WORDS`."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


@pytest.fixture
def asked(reviews: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with one recipient, in which commands are called."""
    register = {
        "owner": "Reviews team",
        "contact": "privacy@example.com",
        "purpose": "learn the mood of reviews",
        "lawful_basis": "consent",
        "retention_days": 365,
        "location": "EU",
        "recipients": [{"name": "Printers", "location": "EU"}],
        "inputs": {},
        "minimum": [],
        "access": [],
    }
    (reviews.path / FILE).write_text(yaml.safe_dump(register), "utf-8")
    reviews.set("train", {"family": "linear"})
    monkeypatch.chdir(reviews.path)
    return reviews


def test_a_request_waits_until_it_is_answered_and_is_answered_once(
    asked: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("request", "new", "access", "ann") == 0
    number = capsys.readouterr().out.split()[1]
    assert command("request", "list", "--json") == 0
    (waiting,) = json.loads(capsys.readouterr().out)
    assert (waiting["id"], waiting["what"]) == (number, "access")
    assert [each.closed for each in ledgered.requests(asked.ledger)] == [None]
    assert command("request", "answer", number, "granted") == 0
    assert ledgered.requests(asked.ledger)[0].closed is not None
    assert command("request", "answer", number, "granted") == 2
    assert "no open request" in capsys.readouterr().err


def test_a_request_names_nobody_in_the_ledger_and_has_to_be_one(
    asked: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("request", "new", "portability", "ann") == 0
    assert (asked.ledger.last("request") or {})["subject"] == asked.vault.pseudonym("ann")
    assert command("request", "new", "a refund", "ann") == 2
    assert "nothing that can be asked for" in capsys.readouterr().err
    assert len(asked.ledger.all("request")) == 1


def test_an_erasure_is_passed_on_to_each_recipient_by_name(
    asked: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.ledger.append("erasure", {"subject": asked.vault.pseudonym("ann")})

    def told() -> tuple[str, ...]:
        found = ledgered.erasures(asked.ledger, asked.environment, asked.record.name, datetime.now(UTC))
        return found[0].notified

    assert told() == ()
    assert command("notify", "Nobody", "--all") == 2
    assert "Expected one of: Printers" in capsys.readouterr().err
    assert command("notify", "Printers", "bob") == 2
    assert "has not been erased" in capsys.readouterr().err
    assert told() == ()
    assert command("notify", "Printers", "ann") == 0
    assert told() == ("Printers",)
    assert command("notify", "Printers", "--all") == 2  # nothing is owed any more
