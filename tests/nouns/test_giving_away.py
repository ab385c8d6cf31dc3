"""The gate of what a model gives away: what is proven stops, where the limits say so."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.bundle import Bundle, write_bundle
from pipelines.features import Terms
from pipelines.gates import INFORMATIVE, decide
from pipelines.giving_away import PrivacyLimits, judge, resists_membership
from pipelines.membership import Membership, attack


def attacked(shift: float, rows: int = 2000) -> Membership:
    """What attacks come to on members whose scores are higher by `shift` standard deviations."""
    rng = np.random.default_rng(1)
    classes = np.zeros(rows, dtype=np.int64)
    return attack({"loss": rng.normal(shift, 1, rows)}, {"loss": rng.normal(0, 1, rows)}, classes, classes)


@pytest.mark.parametrize(("shift", "passed"), [(0.0, True), (0.1, True), (1.0, False)])
def test_a_model_is_held_back_for_what_is_proven(shift: float, passed: bool) -> None:
    assert judge(attacked(shift), PrivacyLimits(), stops=True).passed is passed


def test_few_rows_prove_little() -> None:
    assert judge(attacked(0.5, rows=20), PrivacyLimits(), stops=True).passed
    assert not judge(attacked(0.5), PrivacyLimits(), stops=True).passed


def test_a_gate_that_informs_stops_no_promotion_and_one_that_stops_does() -> None:
    other = judge(attacked(0.0), PrivacyLimits(), stops=True)
    told, stopped = (judge(attacked(1.0), PrivacyLimits(), stops=stops) for stops in (False, True))
    assert told.name in INFORMATIVE
    assert decide("candidate", [other, told]).promote
    assert not decide("candidate", [other, stopped]).promote
    assert "stops nothing" in told.reason
    assert "stops nothing" not in stopped.reason


def test_a_model_that_nobody_attacked_does_not_pass() -> None:
    assert not judge(None, PrivacyLimits(), stops=True).passed


@pytest.mark.parametrize(
    ("about", "stops", "name"),
    [
        ({}, "claimed", "membership_is_recorded"),
        ({"privacy": {"epsilon": 3.0}}, "claimed", "resists_membership"),
        ({"privacy": {"epsilon": 3.0}}, "never", "membership_is_recorded"),
        ({}, "always", "resists_membership"),
    ],
)
def test_who_claims_to_be_private_is_held_to_it(
    tmp_path: Path, about: dict[str, object], stops: str, name: str
) -> None:
    write_bundle(
        Bundle("linear", ("a", "b"), Terms.fit(["one two"], "text", 1, 0, 10), b"graph", about), tmp_path / "m"
    )
    (tmp_path / "membership.json").write_text(
        json.dumps({"models": {"m": {"membership": attacked(0.0).to_dict()}}}), "utf-8"
    )
    gate = resists_membership(tmp_path, tmp_path, "m", PrivacyLimits(stops=stops))  # type: ignore[arg-type]
    assert gate.name == name
    assert gate.passed
