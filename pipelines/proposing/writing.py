"""A proposal as params.yaml: what to read and how, what each column is, and models that suit; doubts as comments."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from pipelines.proposing.families import is_quick, words_of
from pipelines.proposing.proposal import Proposal, Proposed

HEAD = """\
# Proposed by `flywheel inspect` from {rows} rows of {source}: read it before you trust it.
# What is unsure is marked, with the reason. A column that nothing needs is better left out: then it is never stored.
"""
USUAL_HELD_BACK = 0.05
# The first trials of a search that need no network: four kinds of n-grams and a linear model, or boosted trees, twice,
# and a linear model. On thousands of rows they take a minute together, as one network does, and they do better.
QUICK = {"text": 5, "table": 3}
SOUGHT = {
    "text": "# Quick trials, of n-grams and linear models. `flywheel tune --minutes 15 --write` tries networks, too.",
    "table": "# Quick trials, of boosted trees and a linear model. `flywheel tune --minutes 15 --write` tries more.",
    "wide": "# Boosted trees take minutes for so many columns and classes: `flywheel tune --minutes 15 --write`.",
}
RARE = 0.05  # of two classes: frauds, defects, what is clicked on
# Words, or characters of Han, and rows of a table: of more, four folds would take minutes on two cores, and two do.
MANY_WORDS = 500_000
MANY_ROWS = 200_000


def parameters_of(proposal: Proposal, source: str) -> dict[str, Any]:
    """All sections of params.yaml for a proposal, whose data lie at `source`."""
    split = proposal.splits
    columns = {column.name: dict(column.entry) for column in proposal.columns}
    if split:
        columns[split_name(proposal)] = {"type": "category", "role": "split", "categories": list(split)}
    own_split = bool(split) or proposal.holder("split") is not None
    has_valid = "valid" in split or _brings_valid(proposal)
    parts: dict[str, float] = {} if own_split else {"test": 0.15}
    parts = parts if has_valid and own_split else {"valid": 0.15, **parts}
    anonymise: dict[str, Any] = {"tables": {"fewest_subjects": 10}}
    if proposal.with_names >= 0.01:
        anonymise = {"text": {"mode": "placeholder", "finders": ["patterns", "names"]}, **anonymise}
    return {
        "record": {"name": proposal.name, "columns": columns},
        "seed": 7,
        "ingest": {"source": source, **proposal.found.settings},
        "validate": {"max_quarantined": _allowed(proposal.held_back)},
        "anonymise": anonymise,
        "split": parts,
        "train": _training(proposal),
        "evaluate": {"draws": 1000},
        "promote": _terms(proposal),
        "listen": {"min_feedback": 200},
    }


def split_name(proposal: Proposal) -> str:
    """A name for the column that the files' own splits make, which no column has yet."""
    taken = {column.name for column in proposal.columns}
    return next(name for name in ("split", "part", "_split", "_part") if name not in taken)


def _brings_valid(proposal: Proposal) -> bool:
    column = proposal.holder("split")
    values = {value.casefold() for value in (column.cells.values or ())} if column else set()
    return not values.isdisjoint({"valid", "validation", "dev", "val"})


def _allowed(held_back: float) -> float:
    """The share of rows that may be held back: the usual one, or a little more than what is missing by now."""
    if held_back < 0.6 * USUAL_HELD_BACK:
        return USUAL_HELD_BACK
    return min(0.9, math.ceil((held_back + USUAL_HELD_BACK) * 20) / 20)


def _training(proposal: Proposal) -> dict[str, Any]:
    if proposal.is_language:
        return _language_training(proposal)
    if proposal.pictures:
        return _picture_training(proposal)
    return _text_training(proposal) if proposal.holder("text") else _table_training(proposal)


def _language_training(proposal: Proposal) -> dict[str, Any]:
    epochs = 4 if proposal.sampled.read * proposal.lengths[0] > 100_000 else 12
    return {
        **_course(proposal, "gpt", epochs, 16, 0.002, 3),
        "schedule": {"decay": "cosine", "warmup": 0.05},
        "gpt": {"level": "characters", "length": 64, "layers": 4, "heads": 4, "width": 128},
    }


def _picture_training(proposal: Proposal) -> dict[str, Any]:
    epochs, batch = (8, 128) if proposal.sampled.read > 20_000 else (20, 32)
    course = _course(proposal, "cnn", epochs, batch, 0.002, 5)
    return {**course, "schedule": {"decay": "cosine"}, "linear": {"c": 0.1}}


def _text_training(proposal: Proposal) -> dict[str, Any]:
    baseline = {"words": 2, "characters": 3, "terms": 200_000, "c": 10.0}
    if proposal.families[0] == "ngrams":
        return {"family": "ngrams", **_weights(proposal), "linear": baseline}
    if is_quick(proposal):
        return _sought(proposal, baseline, QUICK["text"], words_of(proposal) > MANY_WORDS)
    length = min(200, max(32, 8 * math.ceil(proposal.lengths[1] / 8)))
    return {
        **_course(proposal, "lstm", 12 if proposal.sampled.read <= 20_000 else 6, 64, 0.001, 3),
        "linear": baseline,
        "lstm": {"vocabulary": 20_000, "length": length, "embedding": 64, "units": 64, "dropout": 0.5},
    }


def _table_training(proposal: Proposal) -> dict[str, Any]:
    if proposal.families[0] == "mlp":
        epochs, batch = (10, 128) if proposal.sampled.read > 20_000 else (30, 32)
        return {**_course(proposal, "mlp", epochs, batch, 0.001, 5), "linear": {"c": 0.1}}
    return _sought(proposal, {"c": 1.0}, QUICK["table"], proposal.sampled.read > MANY_ROWS)


def _sought(proposal: Proposal, baseline: dict[str, Any], trials: int, is_large: bool) -> dict[str, Any]:
    """The best of the families that need no network, or several of them together; of much data in fewer folds."""
    weights, label = _weights(proposal), proposal.holder("label")
    # Where rare classes are to count as much as common ones, they do so in the search, too. Steps of a scale are not
    # right or wrong alone: there, the search asks how far away an answer is.
    rare = bool(weights) or _is_rare(proposal)
    measure = {"measure": "macro_f1"} if rare and label and not label.entry.get("ordered") else {}
    sought = {"trials": trials, **measure, **({"folds": 2} if is_large else {})}
    return {"family": "auto", **weights, "linear": baseline, "auto": sought}


def _course(
    proposal: Proposal, family: str, epochs: int, batch_size: int, learning_rate: float, patience: int
) -> dict[str, Any]:
    """What `train` says of every network, whatever it reads."""
    return {
        "family": family,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "patience": patience,
        **_weights(proposal),
    }


def _terms(proposal: Proposal) -> dict[str, Any]:
    """Models are compared in what they were sought by."""
    sought = _training(proposal).get("auto", {}).get("measure")
    return {**({"measure": sought} if sought == "macro_f1" else {}), "margin": 0.02}


def _is_rare(proposal: Proposal) -> bool:
    """Whether one of two classes is so rare that accuracy says little of who finds it."""
    label = proposal.holder("label")
    counts = sorted((label.cells.values or {}).values()) if label and label.entry["type"] == "category" else []
    return len(counts) == 2 and counts[0] < RARE * sum(counts)


def _weights(proposal: Proposal) -> dict[str, str]:
    """Let rare classes count as much as common ones where there are several and they differ by much."""
    label = proposal.holder("label")
    counts = sorted((label.cells.values or {}).values()) if label and label.entry["type"] == "category" else []
    return {"class_weight": "balanced"} if len(counts) > 2 and counts[0] < counts[-1] / 2.5 else {}


def written(parameters: Mapping[str, Any], proposal: Proposal) -> str:
    """`parameters` as YAML, a line for each column, its doubts above it."""
    doubts = {column.name: column.doubts for column in proposal.columns}
    lines = [HEAD.format(rows=f"{proposal.sampled.read:,}", source=proposal.found.source.name)]
    lines[0] += "".join(f"# unsure: {doubt}\n" for doubt in proposal.doubts)
    record = parameters["record"]
    lines += ["record:", f"  name: {_inline(record['name'])}", "  columns:"]
    for name, entry in record["columns"].items():
        lines += [f"    # unsure: {doubt}" for doubt in doubts.get(name, ())]
        lines.append(f"    {_inline(name)}: {_inline(entry)}")
    for section, values in parameters.items():
        if section != "record":
            lines += ["", *_section(section, values, proposal)]
    return "\n".join(lines) + "\n"


def _section(name: str, values: Any, proposal: Proposal) -> list[str]:
    if not isinstance(values, Mapping) or not values:
        return [f"{name}: {_inline(values)}"]
    lines = [f"{name}:", *(f"  {_inline(key)}: {_inline(value)}" for key, value in values.items())]
    if name == "anonymise" and "text" in values:
        found = f"{max(0.01, proposal.with_names):.0%}".replace("%", " %")
        lines.insert(
            0, f"# Names were found in {found} of the texts looked at; `finders: [patterns]` is faster and leaves them."
        )
    if name == "train" and values["family"] == "auto":
        lines.insert(0, SOUGHT["text" if is_quick(proposal) else "table"])
    if name == "train" and values["family"] == "mlp":
        lines.insert(0, SOUGHT["wide"])
    if name == "promote" and "measure" in values:
        lines.insert(0, "# Some labels are rare: macro F1 counts each as much as the others.")
    return lines


def _inline(value: Any) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    return text.strip().removeprefix("[").removesuffix("]")


def column_in_json(column: Proposed) -> dict[str, Any]:
    """One column for programs: what is proposed, how much of it is filled, and what is unsure."""
    return {
        "name": column.name,
        "role": None,
        "privacy": "none",
        **column.entry,
        "filled": round(column.cells.filled, 4),
        "unsure": list(column.doubts),
    }


def in_json(proposal: Proposal, source: str) -> dict[str, Any]:
    """A proposal for programs."""
    label: Sequence[str] = ()
    if (column := proposal.holder("label")) is not None:
        label = column.entry.get("categories", [])
    return {
        "source": source,
        "files": [path.name for path in proposal.found.files],
        "rows_read": proposal.sampled.read,
        "read_whole": proposal.sampled.all,
        "columns": [column_in_json(column) for column in proposal.columns],
        "classes": list(label),
        "families": list(proposal.families),
        "unsure": list(proposal.doubts),
        "parameters": parameters_of(proposal, source),
    }
