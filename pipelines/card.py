"""The card of a model: what it is, how good it was where it was measured, what it costs, and what was decided.

It stands in MLflow as the version's description, for whoever wants to know what answers them. Mitchell et al. 2019.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.bundle import Bundle
from pipelines.costs import Cost
from pipelines.record import Record

# Measures that are shares are told in per cent; the others as they are.
SHARES = ("accuracy", "precision", "recall", "f1", "auc")
# More labels than these are counted, not named.
LISTED = 20
ANSWERS = {"regression": "answers with a number", "language": "foretells how a text goes on"}
# Of what a training tells of itself, in this order, under these names.
TOLD = {
    "parameters": "parameters",
    "epoch": "epochs",
    "best_epoch": "best epoch",
    "seed": "seed",
    "threads": "threads",
    "device": "device",
    "backend": "backend",
    "precision": "precision",
    "seconds": "seconds of training",
    "peak_memory_mb": "peak memory in MB",
    "energy_wh": "energy in Wh",
    "energy_by": "energy by",
    "cost": "cost of the training",
}


def card(
    record: Record,
    entry: Mapping[str, Any],
    bundle: Bundle,
    models: Mapping[str, Mapping[str, Any]],
    cost: Cost,
    compression: Mapping[str, Any] | None,
) -> str:
    """The card of the winner of the decision `entry`, as Markdown; `models` are the report's, by role."""
    winner = models[entry["winner"]]
    parts = [
        _head(record, entry, bundle),
        _measures(winner, models),
        f"**Size and speed**: {cost}, on one thread, over {cost.rows:,} single rows.",
        _compressed(compression),
        _privacy(bundle, entry["gates"]),
        _training(bundle),
        f"**Decision**: {entry['reason']}",
        "**Limits**: the figures hold for rows like the test rows. Rows of other kinds, languages or years were not "
        "measured; `flywheel status` tells how far the data have moved since.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(record: Record, entry: Mapping[str, Any], bundle: Bundle) -> str:
    learnt = f"learnt from {bundle.about['train_rows']:,} rows of data version {str(entry['data_version'])[:12]}"
    labels = ", ".join(bundle.labels) if len(bundle.labels) <= LISTED else f"{len(bundle.labels):,} labels"
    answers = f"answers with one of {labels}" if bundle.labels else ANSWERS[bundle.task]
    return f"**{bundle.family}** for {record.name}: {learnt}; {answers}."


def _measures(winner: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> str:
    """Each measure of the winner with its 95 % interval, and beside it that of the others."""
    others = [role for role, found in models.items() if found is not winner]
    head = ["measure", "this model [95 %]", *(f"{models[role]['family']} ({role})" for role in others)]
    lines = [f"Measured once, on {winner['rows']:,} test rows:", "", _row(head), _row(["---"] * len(head))]
    for name, found in winner["measures"].items():
        if found is not None:
            beside = [models[role]["measures"].get(name) for role in others]
            lines.append(_row([name, told(name, found), *(told(name, each) for each in beside)]))
    return "\n".join(lines)


def told(name: str, found: Mapping[str, float] | None) -> str:
    """A measure with its interval, in per cent where it is a share."""
    if found is None:
        return "-"
    share = any(each in name for each in SHARES)
    value, low, high = ((100 if share else 1) * found[key] for key in ("value", "low", "high"))
    digits = 1 if share else 3
    interval = "" if low == high else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{value:.{digits}f}{' %' if share else ''}{interval}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _compressed(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    before, after = found["bytes_before"], found["bytes_after"]
    return f"**Made smaller** ({found['how']}): {before / after:.1f} times; {found['cost']}."


def _privacy(bundle: Bundle, gates: Sequence[Mapping[str, Any]]) -> str:
    lines = ["**People**: names and numbers were taken out of the rows before anything was learnt."]
    claim = bundle.about.get("privacy")
    if claim:
        lines.append(f"Differential privacy: epsilon {claim['epsilon']:g} at delta {claim['delta']:g}.")
    lines += [gate["reason"] for gate in gates if "membership" in gate["name"]]
    return " ".join(lines)


def _training(bundle: Bundle) -> str:
    about = {**bundle.about, **bundle.about.get("used", {})}
    facts = [f"{name} {_fact(about[key])}" for key, name in TOLD.items() if about.get(key) is not None]
    return f"**Training**: {', '.join(facts)}." if facts else ""


def _fact(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else str(value)
