"""The 27 controls: each passes on evidence in order, fails on each way of breaking it, and never passes on nothing."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from evidences import (
    DAY,
    ENTRY,
    ERASURE,
    FINGERPRINT,
    IN_ORDER,
    NOW,
    RECORD,
    REGISTER,
    SPEND,
    TABLE,
    attacked,
    changed,
    limited,
    registered,
)

from pipelines.compliance.control import check, check_all
from pipelines.compliance.controls import CONTROLS
from pipelines.compliance.evidence import Chain, Consent, Evidence, Request
from pipelines.compliance.register import Assessment, Breach, Incident, Recipient, Source

BY_NUMBER = {control.number: control for control in CONTROLS}
BREACH = Breach("security@example.com", "the authority", date(2026, 3, 1))

# Control -> each way of breaking it: what is broken, and the evidence that shows it.
BROKEN: dict[int, dict[str, Evidence]] = {
    1: {
        "nobody owns the data": registered(owner=""),
        "no retention": registered(retention_days=None),
        "no lawful basis": registered(lawful_basis=None),
        "a recipient without a name": registered(recipients=(Recipient("", "EU"),)),
    },
    2: {
        "a row without consent": changed("stored", without_consent=1),
        "a withdrawal that was not heeded": changed("stored", withdrawn=1),
        "consent is the basis, and nobody is asked": replace(IN_ORDER, record=TABLE),
        "another basis, though people are asked": registered(lawful_basis="contract"),
        "a basis that nobody has named": replace(registered(lawful_basis=None), record=TABLE),
    },
    3: {
        "no entry, for nobody is there": replace(changed("stored", subjects=0), consents=()),
        "a ledger without an entry": replace(IN_ORDER, chain=Chain(0, None, None)),
        "no entry": replace(IN_ORDER, consents=()),
        "an entry without the notice": replace(IN_ORDER, consents=(Consent(40, "learn", None, "web", NOW),)),
        "people whom no entry covers": replace(IN_ORDER, consents=(Consent(39, "learn", "v3", "web", NOW),)),
        "a chain that was altered": changed("chain", broken_at=5),
    },
    4: {
        "a sensitive column that nobody declared": changed("stored", undeclared=("income",)),
        "a child": changed("stored", minors=1),
        "a sensitive column without consent of its own": replace(
            registered(sensitive={"health": "health_consent"}),
            stored=changed("stored", sensitive_without_consent={"health": 2}).stored,
        ),
        "a consent column that is not there": registered(sensitive={"health": "nothing"}),
    },
    5: {
        "a declared column that is in no record": replace(
            registered(minimum=(*RECORD.names, "diary")),
            stored=changed("stored", columns=(*RECORD.names, "diary")).stored,
        ),
        "no column at all": changed("stored", columns=()),
        "a column beyond the minimum": registered(minimum=("user", "text")),
        "a column that is in no record": changed("stored", columns=(*RECORD.names, "diary")),
        "an identifier behind the anonymiser": changed("stored", released=("text", "user")),
    },
    6: {
        "no purpose at all": registered(purpose="", inputs={"source": ("",), "feedback": ("",)}),
        "a source for another purpose": registered(inputs={"source": ("support",), "feedback": (REGISTER.purpose,)}),
        "feedback of which nothing is said": registered(inputs={"source": (REGISTER.purpose,)}),
    },
    7: {
        "nobody has said for how long": registered(retention_days=None),
        "nobody knows how old the rows are": replace(changed("stored", oldest=None), version=None),
        "a row that should have gone": changed("stored", expired=1),
        "nobody looked": replace(IN_ORDER, expiry_checked=None),
        "nobody looked lately": replace(IN_ORDER, expiry_checked=NOW - 60 * DAY),
        "data without a time, kept too long": replace(
            changed("stored", oldest=None),
            version=replace(IN_ORDER.version, ingested=NOW - 500 * DAY),  # type: ignore[type-var]
        ),
    },
    8: {
        "no text was looked at": changed("residue", texts=0),
        "an identifier in a training text": changed("residue", identifiers=1),
        "names in training texts": changed("residue", names=5),
        "nobody looked for names": changed("residue", names=None),
        "an anonymiser that misses": changed("residue", removed=100),
    },
    9: {
        "k is too small": changed("anonymity", k=9),
        "l is too small": changed("anonymity", l=1),
        "t is too large": changed("anonymity", t=0.6),
        "k is a claim": changed("anonymity", counted=3),
        "suppression is not reported": changed("anonymity", suppressed=None),
        "a quasi-identifier that was left out": changed("anonymity", quasi=("city",)),
    },
    10: {
        "keys among the data": changed("keys", inside=True),
        "keys that others may read": changed("keys", readable_by_others=("reviews.db",)),
        "a key in the cache": changed("keys", copies=(".dvc/cache/files/md5/aa/bb",)),
        "an old key": changed("keys", rotated=NOW - 400 * DAY),
        "a key without a date": changed("keys", rotated=None),
    },
    11: {
        "a cell in the clear": changed("seals", malformed=1),
        "a cell that was altered": changed("seals", unauthentic=1),
        "nothing was looked at": changed("seals", rows=0),
        "a leak": changed("leaks", hits=1),
        "no scan": replace(IN_ORDER, leaks=None),
        "a scan of another model": changed("leaks", current=False),
    },
    12: {
        "a way in the clear": replace(
            IN_ORDER, transports=(replace(IN_ORDER.transports[1], scheme="http", private=False),)
        ),
        "a bucket that does not encrypt": replace(
            IN_ORDER, transports=(replace(IN_ORDER.transports[1], rests_encrypted=False),)
        ),
    },
    13: {
        "nothing is granted, and nobody looked": replace(registered(access=()), accesses=()),
        "nothing is granted, so all is denied": registered(access=()),
        "a look for what was not granted": replace(IN_ORDER, accesses=(replace(ENTRY, why="curiosity"),)),
        "a grant for what nothing does": registered(access=("validate", "anonymise", "prove", "sell")),
        "somebody without a name": replace(IN_ORDER, accesses=(replace(ENTRY, who=None),)),
    },
    14: {
        "nobody knows since when": changed("chain", since=None),
        "no entry": replace(IN_ORDER, accesses=()),
        "an entry without the version": replace(IN_ORDER, accesses=(replace(ENTRY, version=None),)),
        "an entry was removed": changed("chain", broken_at=2),
    },
    15: {
        "a read that nobody logged": replace(IN_ORDER, accesses=(ENTRY,)),
        "an entry of another day": replace(IN_ORDER, accesses=(replace(ENTRY, at=NOW - 9 * DAY),)),
    },
    16: {
        "epsilon overspent": limited(epsilon=2.9),
        "epsilon overspent by two trainings": replace(IN_ORDER, spends=(SPEND, SPEND, SPEND)),
        "delta overspent": limited(delta=1e-6),
        "no budget": limited(epsilon=None),
    },
    17: {
        "a claim whose noise is not told": replace(IN_ORDER, spends=(replace(SPEND, sigma=None),)),
        "a claim that does not follow": replace(IN_ORDER, spends=(replace(SPEND, epsilon=1.0),)),
        "a claim without its noise": replace(IN_ORDER, spends=(replace(SPEND, sigma=None, recomputed=None),)),
        "a claim that nothing here can compute": replace(IN_ORDER, spends=(replace(SPEND, recomputed=None),)),
        "shuffled batches accounted as Poisson": replace(IN_ORDER, spends=(replace(SPEND, sampling="shuffled"),)),
    },
    18: {
        "members are told apart on average": replace(
            limited(membership_tpr=1.0), proof=changed("proof", membership=attacked(1.0)).proof
        ),
        "members are told apart with certainty": replace(
            limited(membership_auc=1.0), proof=changed("proof", membership=attacked(1.0)).proof
        ),
        "members are told apart": changed("proof", membership=attacked(1.0)),
        "nobody attacked": changed("proof", membership=None),
        "a canary that was remembered": changed("proof", exposure=14.0),
        "no canaries": changed("proof", exposure=None),
        "more than epsilon allows": changed("proof", audited=3.5),
        "a claim that nobody audited": changed("proof", audited=None),
    },
    19: {
        "no assessment": registered(impact_assessment=None),
        "a file that is not there": replace(IN_ORDER, assessment_characters=None),
        "an empty file": replace(IN_ORDER, assessment_characters=10),
        "the processing has changed since": registered(
            impact_assessment=Assessment("docs/dpia.md", date(2026, 5, 1), "ba9876543210")
        ),
        "an assessment of four years ago": registered(
            impact_assessment=Assessment("docs/dpia.md", date(2022, 5, 1), FINGERPRINT)
        ),
    },
    20: {
        "a request that waits too long": replace(IN_ORDER, requests=(Request("access", NOW - 31 * DAY, None),)),
        "a request that was answered late": replace(IN_ORDER, requests=(Request("access", NOW - 90 * DAY, NOW - DAY),)),
        "nobody can be asked": registered(contact=""),
    },
    21: {
        "a key that remains": replace(IN_ORDER, erasures=(replace(ERASURE, key_remains=True),)),
        "no search": replace(IN_ORDER, verification=None),
        "a search before the erasure": changed("verification", at=NOW - 9 * DAY),
        "a row that still opens": changed("verification", decryptable=1),
        "a derived row": changed("verification", derived=1),
        "fewer people than were forgotten": changed("verification", subjects=0),
        "no place was searched": changed("verification", places=0),
    },
    22: {"a recipient who was not told": replace(IN_ORDER, erasures=(replace(ERASURE, notified=("Cloud",)),))},
    23: {
        "no decision": replace(IN_ORDER, erasures=(replace(ERASURE, models={"1": None}),)),
        "no list": replace(IN_ORDER, erasures=(replace(ERASURE, models=None),)),
    },
    24: {
        "nobody knows where the data are": registered(location="", storage={"origin": ""}, recipients=()),
        "a remote of which nothing is known": registered(storage={}),
        "a remote abroad": registered(storage={"origin": "US"}),
        "a recipient abroad without a mechanism": registered(recipients=(Recipient("Labels", "US"),)),
        "sensitive data abroad": registered(sensitive={"health": "health_consent"}),
    },
    25: {
        "a source without a licence": registered(sources=(Source("reviews.csv", "", 400, 0, date(2026, 5, 1)),)),
        "a source that is not listed": registered(sources=()),
        "no inspection": registered(sources=(Source("reviews.csv", "CC BY 4.0"),)),
        "too much illegal content": registered(
            sources=(Source("reviews.csv", "CC BY 4.0", 400, 21, date(2026, 5, 1)),)
        ),
    },
    26: {
        "a prediction in the clear": changed("usage", unsealed=1),
        "a prediction kept too long": changed("usage", oldest=NOW - 200 * DAY),
        "learnt from without leave": changed("usage", learnt_without_consent=1),
        "feedback without consent": changed("stored", feedback_without_consent=1),
    },
    27: {
        "no contact": registered(breach=replace(BREACH, contact="")),
        "nobody to tell": registered(breach=None),
        "no authority": registered(breach=replace(BREACH, authority="")),
        "not practised for two years": registered(breach=replace(BREACH, drilled=date(2024, 6, 1))),
        "an incident told after four days": registered(
            breach=replace(BREACH, incidents=(Incident(NOW - 9 * DAY, NOW - 5 * DAY),))
        ),
        "an incident that nobody tells": registered(breach=replace(BREACH, incidents=(Incident(NOW - 4 * DAY),))),
    },
}
WAYS = [(number, what) for number, ways in BROKEN.items() for what in ways]

# Where a control truly does not apply, it says so.
ELSEWHERE: dict[int, Evidence] = {
    2: replace(registered(lawful_basis="contract"), record=TABLE),
    3: replace(registered(lawful_basis="contract"), record=TABLE),
    8: replace(IN_ORDER, record=TABLE),
    9: replace(IN_ORDER, record=TABLE),
    16: replace(IN_ORDER, spends=()),
    17: replace(IN_ORDER, spends=()),
    21: replace(IN_ORDER, erasures=()),
    22: replace(IN_ORDER, erasures=()),
    23: replace(IN_ORDER, erasures=()),
}


def verdict(number: int, evidence: Evidence) -> str:
    return check(BY_NUMBER[number], evidence).verdict


def test_there_are_the_27_controls_of_the_catalogue() -> None:
    assert [control.number for control in CONTROLS] == list(range(1, 28))
    assert set(BROKEN) == set(BY_NUMBER)


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_workspace_in_order_passes_and_shows_its_evidence(number: int) -> None:
    found = check(BY_NUMBER[number], IN_ORDER)
    assert found.verdict == "pass", [each for each in found.facts if not each.holds]
    assert found.facts
    assert all(each.where and each.figure.en and each.figure.zh for each in found.facts)


@pytest.mark.parametrize(("number", "what"), WAYS)
def test_what_is_broken_on_purpose_fails_its_control(number: int, what: str) -> None:
    found = check(BY_NUMBER[number], BROKEN[number][what])
    assert found.verdict == "fail", found
    assert any(not each.holds for each in found.facts)


@pytest.mark.parametrize(("number", "what"), WAYS)
def test_what_is_broken_in_one_place_fails_few_controls(number: int, what: str) -> None:
    """The controls tell apart: one broken thing is not drowned in failures."""
    failed = [each.control.number for each in check_all(CONTROLS, BROKEN[number][what]) if each.verdict == "fail"]
    assert number in failed
    assert len(failed) <= 4


@pytest.mark.parametrize("number", ELSEWHERE)
def test_a_control_that_does_not_apply_says_why_in_both_languages(number: int) -> None:
    found = check(BY_NUMBER[number], ELSEWHERE[number])
    assert found.verdict == "not applicable"
    assert found.reason
    assert found.reason.en != found.reason.zh


NOTHING = Evidence(at=NOW, record=RECORD, fingerprint=FINGERPRINT)
# Nothing was claimed and nobody was forgotten: that is no missing evidence.
NOT_CLAIMED = {16, 17, 21, 22, 23}


@pytest.mark.parametrize("number", BY_NUMBER)
def test_without_evidence_nothing_passes(number: int) -> None:
    assert verdict(number, NOTHING) == ("not applicable" if number in NOT_CLAIMED else "fail")


OPTIONAL = [each.name for each in fields(Evidence) if each.name not in ("at", "record", "fingerprint")]


@pytest.mark.parametrize("part", OPTIONAL)
def test_evidence_that_is_taken_away_turns_a_pass_into_something_else(part: str) -> None:
    empty: Any = () if isinstance(getattr(IN_ORDER, part), tuple) else None
    before = [each.verdict for each in check_all(CONTROLS, IN_ORDER)]
    after = [each.verdict for each in check_all(CONTROLS, replace(IN_ORDER, **{part: empty}))]
    if part == "requests":  # the ledger is the list of requests; an empty one is good news
        assert before == after
    else:
        assert before != after


def test_a_control_whose_check_says_nothing_fails() -> None:
    silent = replace(BY_NUMBER[1], check=lambda _: [])
    assert check(silent, IN_ORDER).verdict == "fail"


def test_both_languages_are_spoken_everywhere() -> None:
    for found in check_all(CONTROLS, IN_ORDER):
        assert found.control.title.en != found.control.title.zh
        for each in found.facts:
            if any("a" <= letter <= "z" for letter in each.what.en) and " " in each.what.en:
                assert each.what.en != each.what.zh, each.what.en


def test_a_month_is_the_shorter_of_both_laws() -> None:
    on_time = replace(IN_ORDER, requests=(Request("access", NOW - 30 * DAY, None),))
    assert verdict(20, on_time) == "pass"
    late = replace(IN_ORDER, requests=(Request("access", NOW - 30 * DAY - timedelta(seconds=1), None),))
    assert verdict(20, late) == "fail"
