"""Evidence of a workspace that is in order in every way, for tests that break one thing of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from pipelines.compliance.evidence import (
    Access,
    Anonymity,
    Chain,
    Consent,
    Erasure,
    Evidence,
    Keys,
    Leaks,
    Proof,
    Read,
    Request,
    Residue,
    Seals,
    Spend,
    Stored,
    Transport,
    Usage,
    Verification,
    Version,
)
from pipelines.compliance.register import (
    Assessment,
    Breach,
    Consenting,
    Incident,
    Limits,
    Recipient,
    Register,
    Source,
)
from pipelines.membership import Membership, attack
from pipelines.record import parse_record

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
COLUMNS: dict[str, Any] = {
    "user": {"type": "text", "role": "subject", "privacy": "identifier"},
    "city": {"type": "category", "privacy": "quasi"},
    "age": {"type": "integer", "privacy": "quasi"},
    "health": {"type": "category", "required": False},
    "health_consent": {"type": "category", "required": False},
    "consent": {"type": "category", "role": "consent", "granted": ["yes"]},
    "at": {"type": "time", "role": "time"},
    "text": {"type": "text", "role": "text", "privacy": "free_text"},
    "mood": {"type": "category", "role": "label", "categories": ["bad", "good"]},
}
RECORD = parse_record({"name": "reviews", "columns": COLUMNS})
TABLE = parse_record(
    {
        "name": "table",
        "columns": {"x": {"type": "number", "role": "feature"}, "y": {"type": "category", "role": "label"}},
    }
)
FINGERPRINT = "0123456789ab"


def attacked(shift: float) -> Membership:
    """What attacks come to on members whose scores are higher by `shift` standard deviations."""
    rng = np.random.default_rng(1)
    classes = np.zeros(2000, dtype=np.int64)
    return attack({"loss": rng.normal(shift, 1, 2000)}, {"loss": rng.normal(0, 1, 2000)}, classes, classes)


REGISTER = Register(
    owner="Reviews team",
    contact="privacy@example.com",
    purpose="learn the mood of reviews",
    lawful_basis="consent",
    retention_days=365,
    location="EU",
    recipients=(Recipient("Cloud", "EU"), Recipient("Labels", "UK", "adequacy")),
    inputs={"source": ("learn the mood of reviews",), "feedback": ("learn the mood of reviews", "support")},
    minimum=tuple(COLUMNS),
    access=("validate", "anonymise", "prove"),
    sensitive={},
    storage={"origin": "EU"},
    consent=Consenting("v3", "web form"),
    sources=(Source("reviews.csv", "CC BY 4.0", inspected=400, illegal=2, date=date(2026, 5, 1)),),
    impact_assessment=Assessment("docs/dpia.md", date(2026, 5, 1), FINGERPRINT),
    breach=Breach(
        "security@example.com",
        "the data protection authority",
        date(2026, 3, 1),
        (Incident(NOW - 40 * DAY, NOW - 38 * DAY),),
    ),
    limits=Limits(epsilon=8.0, delta=1e-4),
)
RUN = Read("run", "validate", NOW - DAY, NOW - DAY + timedelta(hours=1))
ENTRY = Access(2, NOW - DAY + timedelta(minutes=5), "validate", "ann", "data/raw", "a1b2")
SPEND = Spend("lstm", "a1b2", 3.0, 1e-5, 1.1, 0.01, 1000, "poisson", 3.001)
ERASURE = Erasure(NOW - 3 * DAY, {"1": "retrain"}, ("Cloud", "Labels"))

IN_ORDER = Evidence(
    at=NOW,
    record=RECORD,
    fingerprint=FINGERPRINT,
    register=REGISTER,
    version=Version("a1b2", "reviews.csv", "CC BY 4.0", NOW - 5 * DAY),
    stored=Stored(
        rows=100,
        subjects=40,
        without_consent=0,
        withdrawn=0,
        oldest=NOW - 100 * DAY,
        expired=0,
        minors=0,
        feedback=7,
        feedback_without_consent=0,
        sensitive_without_consent={"health": 0},
        columns=tuple(COLUMNS),
        released=("row", "subject", "city", "age", "text", "mood"),
    ),
    consents=(Consent(40, "learn the mood of reviews", "v3", "web form", NOW - 100 * DAY),),
    chain=Chain(12, NOW - 200 * DAY, None),
    accesses=(ENTRY, replace(ENTRY, number=3, why="anonymise")),
    reads=(RUN, replace(RUN, why="anonymise")),
    expiry_checked=NOW - DAY,
    seals=Seals(parts=2, rows=100, malformed=0, unauthentic=0, forgotten=3),
    leaks=Leaks(NOW - DAY, 230, 0, True, "data/report/leaks.json"),
    residue=Residue(texts=70, identifiers=0, names=0, planted=200, removed=199),
    anonymity=Anonymity(("city", "age"), 12, 2, 0.3, 0.0, 12, "data/report/privacy.json"),
    keys=Keys("/home/somebody/.flywheel/keys", False, (), (), NOW - 30 * DAY),
    transports=(
        Transport("ledger", "sqlite", True, False, False),
        Transport("origin", "s3", True, True, True),
    ),
    spends=(SPEND,),
    proof=Proof("lstm (candidate)", attacked(0.0), 2.1, 0.4, 3.0, "data/report/evaluation"),
    assessment_characters=4000,
    requests=(Request("erasure", NOW - 20 * DAY, NOW - 3 * DAY), Request("access", NOW - 2 * DAY, None)),
    erasures=(ERASURE,),
    verification=Verification(NOW - 2 * DAY, 1, 5, 0, 0),
    usage=Usage(50, NOW - 10 * DAY, 0, 0),
)


def registered(**changed: Any) -> Evidence:
    """Evidence in order but for these fields of the register."""
    return replace(IN_ORDER, register=replace(REGISTER, **changed))


def limited(**changed: Any) -> Evidence:
    """Evidence in order but for these limits."""
    return registered(limits=replace(REGISTER.limits, **changed))


def changed(part: str, **values: Any) -> Evidence:
    """Evidence in order but for these fields of one part of it."""
    return replace(IN_ORDER, **{part: replace(getattr(IN_ORDER, part), **values)})
