"""The gate of what a model gives away: attacks on its training rows, held against what a coin finds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.bundle import read_bundle
from pipelines.files import read_json
from pipelines.gates import RECORDED, Gate
from pipelines.membership import FALSE_POSITIVES, Membership
from pipelines.paired import Figures

# Under this key of `about` a bundle's card claims differential privacy.
CLAIM = "privacy"


@dataclass(frozen=True)
class PrivacyLimits:
    """How much an attacker may find, and whom the limits stop.

    `membership_auc` bounds the area under the ROC curve, `membership_tpr` the share of training rows found where one
    test row in a hundred is taken for one. `stops: claimed` holds back a model whose card claims differential
    privacy, and records the figures of all others; `always` and `never` say so.
    """

    membership_auc: float = 0.55
    membership_tpr: float = 0.03
    stops: Literal["claimed", "always", "never"] = "claimed"


def read_membership(report: Path, role: str) -> Membership | None:
    """What attacks on the model called `role` came to, or None where it was not attacked."""
    file = report / "membership.json"
    if not file.is_file():
        return None
    models: Any = read_json(file)["models"]
    return Membership.from_dict(models[role]["membership"]) if role in models else None


def attack_figures(report: Path, role: str) -> dict[str, float]:
    """The strongest attack's figures, named as MLflow keeps them; none where the model was not attacked."""
    found = read_membership(report, role)
    return {} if found is None else {"membership_auc": found.auc.value, "membership_tpr": found.tpr.value}


def resists_membership(report: Path, model: Path, role: str, limits: PrivacyLimits) -> Gate:
    """Whether attacks find so little that the low ends of their 95 % intervals are within the limits.

    The low ends: a model is held back for what is proven. Under a name that only records where `limits` stop nobody.
    """
    claims = CLAIM in read_bundle(model / role).about
    return judge(
        read_membership(report, role), limits, stops=limits.stops == "always" or (claims and limits.stops == "claimed")
    )


def judge(found: Membership | None, limits: PrivacyLimits, *, stops: bool) -> Gate:
    """The gate for what was `found`; one that `stops` a promotion has another name than one that informs."""
    name = "resists_membership" if stops else RECORDED
    if found is None:
        reason = "Nobody has attacked this model: the report has no membership.json."
        return Gate(name, passed=False, reason=reason, figures={})
    auc, tpr = found.auc, found.tpr
    passed = auc.low <= limits.membership_auc and tpr.low <= limits.membership_tpr
    reason = (
        f"The best attack {'finds little more than a coin' if passed else 'tells training rows from others'}: "
        f"area {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}] against {limits.membership_auc:g}, and "
        f"{tpr.value:.1%} [{tpr.low:.1%}, {tpr.high:.1%}] found at {FALSE_POSITIVES:.0%} false alarms "
        f"against {limits.membership_tpr:.1%}."
    )
    reason += "" if passed or stops else " It is recorded and stops nothing."
    figures: Figures = {"auc": auc.value, "auc_low": auc.low, "tpr": tpr.value, "tpr_low": tpr.low}
    return Gate(name, passed, reason, figures | {"members": found.members, "others": found.others})
