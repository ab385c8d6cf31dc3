"""Whom a model learnt from, through the models that it went on from: nobody who was forgotten since."""

from pathlib import Path

from pipelines.errors import ParameterError
from pipelines.ledger import Ledger
from pipelines.models.starting import FRESH, Start, read_start
from pipelines.registry import Registry


def begun_with(start: str, model: str, champions: Path, ledger: Ledger, registry: Registry) -> Start | None:
    """The champion of `model` that `start` names, or None for a fresh start.

    Raises ParameterError where there is no such model, or where somebody was forgotten since it was trained: going on
    from its weights would keep what they taught.
    """
    if start == FRESH:
        return None
    champion = ledger.champion(model)
    begun = read_start(start, champions, Path(champion.body["bundle"]).name if champion else "")
    since = _trained(start, ledger, registry)
    # By induction this holds for the model that it went on from itself.
    if any(entry["record"] == model and str(entry["at"]) > since for entry in ledger.all("erasure")):
        raise ParameterError(
            f"params.yaml: `train.start` is '{start}', and people were forgotten since that model was trained.",
            "Expected a start that keeps nothing of what they taught.",
            "write `start: fresh`.",
        )
    return begun


def _trained(start: str, ledger: Ledger, registry: Registry) -> str:
    """When the training of that champion began; the beginning of time where nobody knows."""
    for entry in ledger.all("decision"):
        if entry.get("promote") and Path(entry["champion"]["bundle"]).name == start:
            return registry.started(entry["champion"]["run"]) or str(entry["at"])
    return ""
