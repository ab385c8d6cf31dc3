"""How much privacy of a data set is spent, over all trainings that the ledger knows, and what is left of it.

A training is noted before it starts, since whoever sees it killed half-way may have seen its weights. The same
training again, resumed or repeated, has the same noise and gives the same weights: it spends nothing.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.accounting import Spending, total
from pipelines.errors import BudgetError
from pipelines.ledger import Ledger

KIND = "privacy"


def spent(ledger: Ledger, data: str, delta: float) -> float:
    """The epsilon at `delta` that all private trainings on `data` come to together."""
    return total([Spending.of(entry) for entry in _of(ledger.all(KIND), data)], delta)


def reserve(ledger: Ledger, data: str, training: str, terms: Mapping[str, Any], budget: float) -> float:
    """Note a training on `data` with these `terms` (sigma, rate, steps, delta, unit and more); what is then spent.

    Raises BudgetError where that would be more than `budget`, an epsilon at the delta of `terms`. Losses are
    composed as distributions, over trainings too; units of two kinds cannot be.
    """
    while True:
        known = ledger.all(KIND)
        ours = _of(known, data)
        before = [Spending.of(entry) for entry in ours]
        if any(entry["training"] == training for entry in ours):
            return total(before, terms["delta"])
        _refuse_other_unit(ours, str(terms["unit"]))
        after = total([*before, Spending.of(terms)], terms["delta"])
        if after > budget:
            _refuse(data, total(before, terms["delta"]), after, budget, len(ours))
        # Another training may have been noted meanwhile: then the sum is another one.
        if ledger.append_after(KIND, {"data": data, "training": training, **terms}, len(known)):
            return after


def _of(entries: list[dict[str, Any]], data: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["data"] == data]


def _refuse(data: str, before: float, after: float, budget: float, trainings: int) -> None:
    raise BudgetError(
        f"train: private trainings on '{data}' so far ({trainings}) came to epsilon {before:.3g}, with this one "
        f"{after:.3g}.",
        f"Expected at most the budget of {budget:.3g}.",
        "raise `train.privacy.budget` in params.yaml if the people in the data may bear that, or ask for a smaller "
        "`epsilon`.",
    )


def _refuse_other_unit(ours: list[dict[str, Any]], unit: str) -> None:
    if any(entry["unit"] != unit for entry in ours):
        raise BudgetError(
            f"train: earlier trainings on this data set protect another unit than each {unit}.",
            "Expected one `train.privacy.unit` for all: what is spent per row says nothing of whole subjects.",
            f"go back to the unit of those trainings, or give the data set a `record.name` of its own for {unit}s.",
        )
