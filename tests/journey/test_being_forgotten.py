"""Somebody asks to be forgotten, of the command line or the service: receipts, and a next model that knows nothing."""

import json
import sys

import pytest
import yaml
from places import Moment, Place
from planted import planted
from workspaces import ACCESS

from pipelines.environment import read_environment
from pipelines.erasure import erase
from pipelines.ledger import open_ledger
from pipelines.parameters import convert, read_parameters
from pipelines.raw import open_rows
from pipelines.record import Record
from pipelines.vault import Vault, open_vault

pytestmark = pytest.mark.xdist_group("no network")


@pytest.fixture(scope="module")
def place(planted_once: Moment) -> Place:
    return planted_once.again()


@pytest.fixture(scope="module")
def people() -> list[str]:
    """Subjects who consented, most talkative first."""
    said = [row["user_id"] for row in planted() if row["consent"] == "yes" and row["user_id"]]
    return sorted(dict.fromkeys(said), key=said.count, reverse=True)


def vault_of(place: Place) -> Vault:
    environment = read_environment(place.environment, place.folder)
    return open_vault(environment.home, environment.master_key, "product_reviews")


def known(place: Place) -> set[str]:
    record = convert("record", read_parameters(place.folder)["record"], Record)
    return set(open_rows(place.folder / "data" / "raw", record, vault_of(place), ACCESS)["user_id"])


def test_a_receipt_for_each_and_the_service_s_requests_are_brought_to_their_end(
    place: Place, people: list[str]
) -> None:
    told = place.flywheel("forget", people[0], people[1], "--json").stdout.splitlines()
    receipts = [json.loads(line) for line in told]
    assert [receipt["left"] for receipt in receipts] == [0, 0]
    assert all(receipt["models"] == [1] for receipt in receipts)
    vault, environment = vault_of(place), read_environment(place.environment, place.folder)
    erase({vault.pseudonym(people[2])}, "product_reviews", vault, open_ledger(environment), "the service")
    assert place.status()["erasures"] == {"to_unlearn": 3, "without_receipt": 1}
    assert "1 wait for a receipt" in place.flywheel("status").stdout
    place.run([sys.executable, "-m", "flows.forget"], counted=True)
    assert place.status()["erasures"] == {"to_unlearn": 3, "without_receipt": 0}
    assert "None of these rows opens" in place.flywheel("forget", "--verify").stdout
    assert "✗" not in place.flywheel("audit").stdout


def test_a_stranger_and_nobody_at_all_are_refused(place: Place) -> None:
    for arguments in (["nobody we know"], []):
        done = place.flywheel("forget", *arguments, code=2)
        assert len(done.stderr.splitlines()) == 3
        assert "nobody we know" not in done.stderr


def test_listen_retrains_in_time_and_the_next_model_learnt_from_none_of_them(place: Place, people: list[str]) -> None:
    before = place.status()["data"]["version"]
    parameters = read_parameters(place.folder)
    parameters["forget"] = {"retrain_within_days": 1}
    (place.folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True), "utf-8")
    assert "withdrawn" in place.flywheel("consent", "withdraw", people[3]).stdout
    assert people[3] in known(place)
    assert "erasure: 3 people are to be unlearnt" in place.flywheel("listen").stdout
    status = place.status()
    assert status["last_run"]["reason"].startswith("erasure: 3 people")
    assert status["data"]["version"] != before
    assert status["erasures"]["to_unlearn"] == 0
    assert not known(place) & set(people[:3])
    assert len(known(place)) > 300
    assert "✗" not in place.flywheel("audit").stdout


def test_withdrawn_consent_left_with_the_next_run(place: Place, people: list[str]) -> None:
    assert people[3] not in known(place)
    assert people[4] in known(place)
