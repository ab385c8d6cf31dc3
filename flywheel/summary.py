"""What a run came to, for a person who has never seen this project."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from flywheel.words import count, figure, told
from pipelines.checks.finding import FINDINGS
from pipelines.costs import Cost
from pipelines.environment import read_environment
from pipelines.files import read_json
from pipelines.ledger import Ledger, open_ledger
from pipelines.parameters import read_parameters
from pipelines.record import parse_record
from pipelines.workspace import DOCS, DRIFT, EVALUATION, PRIVACY, SPLITS, VALIDATED

# Of one, and of several.
SEEN_AS = {
    "control": ("control character turned into a blank", "control characters turned into blanks"),
    "bidi": (
        "mark that changes the direction of writing, removed",
        "marks that change the direction of writing, removed",
    ),
    "invisible": ("invisible character, removed", "invisible characters, removed"),
    "formulas": (
        "cell that a spreadsheet would take for a formula, kept as it is",
        "cells that a spreadsheet would take for a formula, kept as they are",
    ),
}
NARROWEST = 30  # columns of the terminal that a model's figures take


def summarise(workspace: Path, seconds: float) -> str:
    """The last run of `workspace` in words: data, people, scores beside the baseline's, decision, where to look."""
    ledger = open_ledger(read_environment(os.environ, workspace))
    run = ledger.last_run()
    if run is None:
        return "Nothing has run here yet."
    decision = ledger.decision(str(run.body.get("decision_question", ""))) or ledger.last("decision") or {}
    parts = [
        _headline(run.body["steps"], seconds),
        _data(workspace, run.body["ingested"]),
        *_stands_out(workspace, run.body["steps"]),
        _people(workspace),
        scores_told(workspace),
        _decision(decision, ledger),
        next_steps(workspace, decision, ledger),
    ]
    return "\n\n".join(parts)


def _headline(steps: list[dict[str, Any]], seconds: float) -> str:
    if all(step["outcome"] == "unchanged" for step in steps):
        return f"Nothing has changed since the last run: no stage was run, no model was made ({seconds:.0f} s)."
    return f"The flywheel has turned once, in {seconds:.0f} s."


def _data(workspace: Path, ingested: Mapping[str, Any]) -> str:
    counts: Any = read_json(workspace / VALIDATED / "counts.json")
    splits: Any = read_json(workspace / SPLITS / "counts.json")
    source = yaml.safe_load((workspace / "params.yaml").read_text("utf-8"))["ingest"]["source"]
    name = "the embedded sample (SYNTHETIC: no real person wrote any of it)" if source == "sample" else source
    lines = [
        f"DATA     {name}",
        f"  {count(ingested['read'], 'row')} read, {count(ingested['rows'], 'row')} kept, sealed",
    ]
    if ingested["without_consent"]:
        lines[-1] += f"; {ingested['without_consent']:,} left out for want of consent"
    if superseded := ingested.get("superseded"):
        lines[-1] += f"; {count(superseded, 'earlier row')} superseded by later ones of the same key"
    lines += [
        f"  {number:>6,}  {SEEN_AS[kind][number != 1]}" for kind, number in ingested.get("characters", {}).items()
    ]
    why = ":" if counts["quarantined"] else ""
    lines.append(f"  {counts['accepted']:,} may pass; {counts['quarantined']:,} quarantined{why}")
    lines += [f"    {number:>6,}  {reason}" for reason, number in counts["reasons"].items()]
    parts = ", ".join(f"{splits[name]:,} {name}" for name in ("train", "valid", "test"))
    overlap = f"; {splits['overlap']:,} left out: their text also stands in a later part" if splits["overlap"] else ""
    return "\n".join([*lines, f"  split: {parts}{overlap}"])


def _stands_out(workspace: Path, steps: list[dict[str, Any]]) -> list[str]:
    """A line for each finding that is more than good to know, and one for what moved; nothing where there are none."""
    path, lines = workspace / DOCS / FINDINGS, []
    if path.is_file():
        found: Any = read_json(path)["findings"]
        lines += [f"  {each['count']:>6,}  {each['title']}" for each in found if each["severity"] != "info"]
    moved = next((step for step in steps if step["name"] == "compare" and step["outcome"] == "ran"), None)
    if moved is not None:
        lines.append(f"  {moved['detail']} ({DRIFT / 'index.html'})")
    return ["\n".join([f"LOOK AT  what stands out; {DOCS / 'index.html'} says what it means", *lines])] if lines else []


def _people(workspace: Path) -> str:
    report: Any = read_json(workspace / PRIVACY)
    spans = report["spans_removed"]
    lines = ["PEOPLE", f"  {count(report['subjects'], 'subject')}, each known by a keyed pseudonym only"]
    if report["columns_dropped"]:
        lines.append(f"  columns dropped: {', '.join(report['columns_dropped'])}")
    if not any(column.privacy == "free_text" for column in parse_record(read_parameters(workspace)["record"]).columns):
        return "\n".join(lines)
    found = ", ".join(f"{number:,} {kind}" for kind, number in spans.items())
    lines.append(f"  {sum(spans.values()):,} identifiers taken out of texts" + (f": {found}" if found else ""))
    if "names" not in report.get("text", {}).get("finders", []):
        lines.append("  names that people write inside a text stay: `anonymise.text.finders` does not ask for them")
    return "\n".join(lines)


def scores_told(workspace: Path) -> str:
    """The measures of all models that were evaluated, side by side, and of an answer that ignores the row."""
    scores: Any = read_json(workspace / EVALUATION / "scores.json")
    models = scores["models"]
    rows = next(iter(models.values()))["rows"]
    heads = [f"{models[role]['family']} ({role})" for role in models]
    unknown = scores["test_rows"] - rows
    lines = [f"SCORES   on {rows:,} test rows, with 95 % intervals"]
    if unknown:
        lines[0] += f"; {unknown:,} left out: no training row has their label"
    first = next(iter(models.values()))["measures"]
    cells = [[figure(models[role]["measures"], key) for role in models] for key in told(first)]
    width = max(NARROWEST, 2 + max(len(cell) for row in [heads, *cells] for cell in row))
    for name, row in zip(["", *told(first).values()], [heads, *cells], strict=True):
        lines.append(f"  {name:<10}" + "".join(cell.rjust(width) for cell in row))
    if smaller := scores.get("compression"):
        times = smaller["bytes_before"] / smaller["bytes_after"]
        lines.append(f"  made {times:.1f} times smaller ({smaller['how']}), which cost {smaller['cost']}")
    return "\n".join([*lines, f"  {_ignorant(first)}"])


def _ignorant(measures: Mapping[str, Any]) -> str:
    """What an answer that ignores the row comes to."""
    if "majority_accuracy" in measures:
        return f"always answering the commonest class: {measures['majority_accuracy']['value']:.1%} accuracy"
    if "mean_rmse" in measures:
        mean, away = measures["mean_rmse"]["value"], measures["mean_mae"]["value"]
        return f"always answering the mean: RMSE {mean:.4g}, MAE {away:.4g}"
    return f"characters by their frequency: {measures['unigram_bits']['value']:.3f} bits/char"


def _decision(decision: Mapping[str, Any], ledger: Ledger) -> str:
    if not decision:
        return "DECISION none yet"
    lines = [f"DECISION {decision['reason']}"]
    lines += [f"  {'✓' if gate['passed'] else '✗'} {gate['name']}: {gate['reason']}" for gate in decision["gates"]]
    champion = ledger.champion(decision["model"])
    if champion is not None:
        cost = champion.body.get("cost")
        told = f", {Cost(**cost)}" if cost else ""
        lines.append(f"  champion: version {champion.version} ({champion.body['family']}){told}")
    return "\n".join(lines)


def next_steps(workspace: Path, decision: Mapping[str, Any], ledger: Ledger) -> str:
    """The commands and pages that are worth a look now; what needs a champion stands there where one is."""
    models: Any = read_json(workspace / EVALUATION / "scores.json")["models"]
    writes = "unigram_bits" in next(iter(models.values()))["measures"]
    serves = bool(decision) and ledger.champion(decision["model"]) is not None
    beaten = all(gate["passed"] for gate in decision.get("gates", ()) if gate["name"] == "beats_baseline")
    places = {
        "flywheel status": "how things stand",
        **({} if beaten or writes else {"flywheel tune --minutes 15 --write": "look for what beats the baseline"}),
        **({"flywheel generate PROMPT": "let the champion write on"} if writes and serves else {}),
        **({"flywheel serve": "answer POST /predict and POST /feedback"} if serves else {}),
        "flywheel up": "Prefect, a worker, the MLflow UI and the service, with their addresses",
        str(DOCS / "index.html"): "each expectation, and how many rows failed it",
        str(EVALUATION / "comparison.png"): "the scores as a picture",
        "params.yaml": "all that changes the model; change a value and run again",
    }
    return "\n".join(["NEXT", *(f"  {place:<40}{what}" for place, what in places.items())])
