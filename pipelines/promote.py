"""report, model, champion -> the decision, gate by gate, and the alias `champion`."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import gates
from pipelines.bundle import read_bundle
from pipelines.card import card
from pipelines.costs import ASKED, Cost, cost_of
from pipelines.data_set import open_ledger_of
from pipelines.drift.champion import profile_from
from pipelines.drift.profile import write_profile
from pipelines.environment import Environment
from pipelines.erased import known_to_champion
from pipelines.errors import BusyError
from pipelines.files import digest, read_json, replacing
from pipelines.gates import Decision, Gate
from pipelines.giving_away import PrivacyLimits, attack_figures, resists_membership
from pipelines.leaks.report import require_clean
from pipelines.ledger import Champion, Ledger, open_ledger
from pipelines.record import Record
from pipelines.registry import Registry, open_registry
from pipelines.reigns import champion_bundle, reign_before
from pipelines.reports import read_scores, roles_in
from pipelines.rows import inputs, labelled, with_people
from pipelines.stage import run
from pipelines.standing import beats_ignorance
from pipelines.terms import Compared, Terms, refuse_unfit_measure
from pipelines.versions import describe
from pipelines.versus import against, challenger_of
from pipelines.workspace import OWN, RAW


def promote(
    splits: Path = Path("data/splits"),
    model: Path = Path("data/model"),
    report: Path = Path("data/report/evaluation"),
    *,
    record: Record,
    measure: Compared = "accuracy",
    margin: float = 0.02,
    error_margin: float = 0.1,
    privacy: PrivacyLimits = PrivacyLimits(),
    environment: Environment,
    workspace: Path,
) -> dict[str, Any]:
    """Decide whether the new model takes over, record why, and let it; the decision as the ledger keeps it.

    Classes are compared in the `measure`, in which it may be worse than the champion by `margin`, a share; answers that
    are not right or wrong but near or far by `error_margin`, a share of the champion's error. The same model on the
    same rows is decided once: asking again returns the first decision.
    """
    refuse_unfit_measure(record, measure)
    ledger = open_ledger_of(record.name, environment)
    splits, model, report = workspace / splits, workspace / model, workspace / report
    terms, erased = Terms(margin, error_margin, measure), len(known_to_champion(ledger, record.name))
    question = _question(splits, model, terms, privacy, erased)
    known = ledger.decision(question)
    if known is not None:
        _finish_alias(ledger, known, environment, workspace)
        return known
    champion = ledger.champion(record.name)
    decision = weigh(splits, model, report, record, terms, privacy, champion, workspace, erased)
    entry = _describe(decision, question, record, model, report, champion, environment, workspace)
    registry = open_registry(environment, workspace)
    _remember(registry, model, report, decision)
    if not decision.promote:
        ledger.append("decision", entry)
        return ledger.last("decision") or entry
    return _crown(ledger, registry, record, (splits, model, report), entry, champion, workspace)


def weigh(
    splits: Path,
    model: Path,
    report: Path,
    record: Record,
    terms: Terms,
    privacy: PrivacyLimits,
    champion: Champion | None,
    workspace: Path,
    erased: int = 0,
) -> Decision:
    """The decision about the models in `model`, by paired tests on the same test rows.

    `erased`: how many people were erased from whom the champion had learnt.
    """
    test = pl.read_parquet(splits / "test.parquet")
    found = {role: with_people(pl.read_parquet(report / f"{role}.parquet"), test, record) for role in roles_in(model)}
    measured = read_scores(report)
    challenger, first = challenger_of(found, measured, terms.measure)
    scores = measured[challenger]
    clean = require_clean(workspace, [splits, model, report])
    given_away = resists_membership(report, model, challenger, privacy)
    asked = [clean, *first, beats_ignorance(scores), given_away]
    if champion is not None and digest(model / challenger) == champion.body["digest"]:
        reason = f"The new model is version {champion.version}, the champion, byte for byte."
        asked.append(Gate("is_another_model", passed=False, reason=reason, figures={}))
    elif champion is not None:
        bundle = champion_bundle(champion.body, workspace)
        version = describe(workspace / RAW)
        newer = version is not None and version[0] != champion.body["data_version"]
        asked += against(bundle, found[challenger], scores, test, record, newer=newer, terms=terms, erased=erased)
    return gates.decide(challenger, asked)


def _question(splits: Path, model: Path, terms: Terms, privacy: PrivacyLimits, erased: int) -> str:
    """What is being decided: these models, on these rows, on these terms and limits, and what is owed to whom."""
    owed = [f"erased {erased}"] if erased else []
    content = [digest(model / role) for role in roles_in(model)] + [digest(splits), repr(terms), repr(privacy), *owed]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def _describe(
    decision: Decision,
    question: str,
    record: Record,
    model: Path,
    report: Path,
    champion: Champion | None,
    environment: Environment,
    workspace: Path,
) -> dict[str, Any]:
    """The decision as the ledger keeps it: what, on what, why, and against whom."""
    measures = {
        role: {
            name: value and {"value": value.value, "low": value.low, "high": value.high}
            for name, value in s.measures.items()
        }
        for role, s in read_scores(report).items()
    }
    models: Any = read_json(report / "scores.json")["models"]
    version = describe(workspace / RAW)
    return {
        **decision.to_dict(),
        "question": question,
        "model": record.name,
        "families": {role: models[role]["family"] for role in models},
        "measures": measures,
        "test_rows": next(iter(models.values()))["rows"],
        "against_version": champion.version if champion else None,
        "data_version": version[0] if version else "unversioned",
        "digest": digest(model / decision.winner),
        "runs": read_json(model / "runs.json"),
        "flow_run": environment.flow_run,
        "by": "promote",
    }


def _remember(registry: Registry, model: Path, report: Path, decision: Decision) -> None:
    """Give each model's MLflow run its measures, its pictures and what was decided about it."""
    runs: Any = read_json(model / "runs.json")
    for role, scores in read_scores(report).items():
        run_id = runs.get(role)  # what a model was before it was made smaller has no run of its own
        if run_id is None or not registry.exists(run_id):  # trained on another machine, brought here by a remote cache
            continue
        measures = {f"test_{name}": value.value for name, value in scores.measures.items()}
        registry.log(run_id, measures | attack_figures(report, role))
        registry.attach(run_id, report, "evaluation")
        verdict = "promoted" if decision.promote and role == decision.winner else "not promoted"
        registry.tag(run_id, {"decision": verdict, "reason": decision.reason[:500]})


def _crown(
    ledger: Ledger,
    registry: Registry,
    record: Record,
    outputs: tuple[Path, Path, Path],
    entry: dict[str, Any],
    champion: Champion | None,
    workspace: Path,
) -> dict[str, Any]:
    """Register the winner and make it champion, if nobody else became it meanwhile."""
    splits, model, report = outputs
    bundle = model / entry["winner"]
    version = _version(registry, record, bundle, entry)
    kept = OWN / "champions" / f"v{version}-{entry['digest'][:12]}"
    with replacing(workspace / kept) as draft:
        shutil.copytree(bundle, draft)
    profile = OWN / "profiles" / f"{kept.name}.npz"
    write_profile(workspace / profile, profile_from(splits, report, entry["winner"], record))
    cost = _describe_version(registry, record, version, outputs, entry)
    body = {
        "bundle": str(kept),
        "digest": entry["digest"],
        "family": entry["families"][entry["winner"]],
        "run": entry["runs"][entry["winner"]],
        "data_version": entry["data_version"],
        "profile": str(profile),
        "measures": entry["measures"][entry["winner"]],
        "cost": cost.to_dict(),
    }
    _take_over(ledger, record.name, champion, version, body, entry | {"version": version, "champion": body})
    registry.crown(record.name, version)
    ledger.append("alias", {"model": record.name, "version": version})
    return ledger.last("decision") or entry


def _describe_version(
    registry: Registry, record: Record, version: int, outputs: tuple[Path, Path, Path], entry: dict[str, Any]
) -> Cost:
    """Write the model's card into the registry; what the model costs whoever serves it."""
    splits, model, report = outputs
    bundle = read_bundle(model / entry["winner"])
    rows = labelled(pl.read_parquet(splits / "test.parquet"), record, bundle.labels).head(ASKED)
    cost = cost_of(bundle, model / entry["winner"], inputs(rows, record))
    found: Any = read_json(report / "scores.json")
    compression = found.get("compression")
    if compression is not None and compression["role"] != entry["winner"]:
        compression = None
    registry.describe(record.name, version, card(record, entry, bundle, found["models"], cost, compression))
    return cost


def _version(registry: Registry, record: Record, bundle: Path, entry: dict[str, Any]) -> int:
    """The registered version of these very bytes: a promotion that was killed half-way is taken up, not doubled."""
    known = registry.version_of(record.name, entry["digest"])
    if known is not None:
        return known
    run_id = entry["runs"][entry["winner"]]
    if not registry.exists(run_id):
        run_id = registry.start(
            record.name, f"{entry['winner']} (imported)", {}, {"data_version": entry["data_version"]}
        )
        registry.finish(run_id)
    tags = {"digest": entry["digest"], "data_version": entry["data_version"]}
    return registry.register(record.name, run_id, bundle, record, tags)


def _take_over(
    ledger: Ledger,
    model: str,
    champion: Champion | None,
    version: int,
    body: Mapping[str, Any],
    entry: Mapping[str, Any],
) -> None:
    if ledger.crown(model, champion.epoch if champion else 0, version, body, entry):
        return
    raise BusyError(
        "promote: another promotion took place while this one was deciding.",
        "Expected the champion that the new model was compared with.",
        "run again: the new model will be compared with today's champion.",
    )


def _finish_alias(ledger: Ledger, entry: Mapping[str, Any], environment: Environment, workspace: Path) -> None:
    """Let MLflow's alias follow where a promotion was killed between the ledger and MLflow."""
    if not entry["promote"]:
        return
    champion, alias = ledger.champion(entry["model"]), ledger.last("alias")
    if champion is not None and (alias is None or alias["version"] != champion.version):
        open_registry(environment, workspace).crown(champion.model, champion.version)
        ledger.append("alias", {"model": champion.model, "version": champion.version})


def rollback(*, record: Record, environment: Environment, workspace: Path, to: int | None = None) -> dict[str, Any]:
    """Make an earlier champion the champion again: the one before, or version `to`; the entry that records it.

    Raises DataError where there is none, and BundleError where its bytes are not the ones that were measured.
    """
    ledger = open_ledger(environment)
    champion = ledger.champion(record.name)
    reigns = [e for e in ledger.all("decision") if e.get("promote") and e["model"] == record.name]
    target = reign_before(champion, reigns, to)
    body = target["champion"]
    champion_bundle(body, workspace)
    before = champion.version if champion else None
    entry = {
        "promote": True,
        "model": record.name,
        "version": target["version"],
        "champion": body,
        "reason": f"rolled back from version {before} to version {target['version']}",
        "gates": [],
        "by": f"rollback by {os.environ.get('USER') or 'unknown user'}",
    }
    _take_over(ledger, record.name, champion, target["version"], body, entry)
    open_registry(environment, workspace).crown(record.name, target["version"])
    ledger.append("alias", {"model": record.name, "version": target["version"]})
    return entry


if __name__ == "__main__":
    run(promote)
