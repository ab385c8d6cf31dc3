"""`flywheel inspect SOURCE`: what a source seems to hold, what `record` could be, and what is unsure about it."""

import json
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from flywheel.numbered import folded
from flywheel.reading import speaking_as
from flywheel.words import count, hanging, width_of
from pipelines.environment import read_environment
from pipelines.errors import ParameterError
from pipelines.ingest import reach_of
from pipelines.proposing import queries
from pipelines.proposing.labels import MOST_CLASSES, MOST_OF_TEXTS
from pipelines.proposing.layout import suffix_format
from pipelines.proposing.proposal import Proposal, Proposed, propose, propose_rows
from pipelines.proposing.writing import in_json, parameters_of, split_name, written
from pipelines.record import Role
from pipelines.sources.database_urls import absolute, is_database
from pipelines.sources.elsewhere import Download
from pipelines.sources.opening import shown
from pipelines.sources.separators import called

WIDEST_NAME = 32
NARROW = "\N{NO-BREAK SPACE}"
WRITTEN_AS = {
    "csv": "CSV",
    "tsv": "TSV",
    "jsonl": "JSON Lines",
    "json": "a JSON array",
    "parquet": "Parquet",
    "arrow": "Arrow",
    "excel": "an Excel workbook",
    "lines": "plain text, a text on each line",
    "paragraphs": "plain text in paragraphs",
    "fasttext": "fastText's lines",
    "documents": "text documents by class",
}
HEADS = ("COLUMN", "TYPE", "ROLE", "PRIVACY", "WHAT IT HOLDS")


def inspect(source: str, label: str | None, write: str | None, *, as_json: bool, query: str | None = None) -> int:
    """Print what the source at `source` seems to hold, or write a params.yaml for it to the file `write`; 0.

    Of a database, the rows of `query` are looked at, or its only table.

    Raises SourceError where it cannot be read, ParameterError where a file would be overwritten.
    """
    proposal = look(source, {label: "label"} if label else {}, query)
    place = absolute(source) if "://" in source else str(Path(source).expanduser().resolve())
    if write is not None:
        _write(Path(write), text_of(proposal, place))
    if as_json:
        print(json.dumps(in_json(proposal, place), ensure_ascii=False, indent=2))
    else:
        print(report(proposal, source, shutil.get_terminal_size((100, 24)).columns, label))
    return 0


def look(source: str, told: Mapping[str, Role], query: str | None = None) -> Proposal:
    """The proposal for a source as somebody names it. Raises ParameterError for a wrong name.

    What a URL names is downloaded for as long as it is looked at; a database is asked the `query`.
    """
    path = Path(source).expanduser()
    if query is not None and not is_database(source):
        raise ParameterError(
            "inspect: there is a query, and the source is no database.",
            "Expected sqlite:///file.db or postgresql://user@host/database.",
            "leave the query out, or name the database.",
        )
    with speaking_as("inspect"):
        if is_database(source):
            machine = read_environment(os.environ, Path.cwd())
            return propose_rows(*queries.asked(source, Path.cwd(), machine.source_password, query), told)
        if "://" in source:
            return _look_elsewhere(source, told)
        if path.exists():
            return propose(path, told)
    raise ParameterError(
        f"inspect: {shown(path)} does not exist.",
        "Expected a file or a folder with data.",
        "check the path; it is read from the folder that you are in.",
    )


def _look_elsewhere(source: str, told: Mapping[str, Role]) -> Proposal:
    brought = Download(source, None, None, reach_of(read_environment(os.environ, Path.cwd())))
    try:
        brought.bring(None)
        first = brought.files[0].path
        return propose(first if len(brought.files) == 1 else first.parent, told)
    finally:
        brought.close()


def text_of(proposal: Proposal, source: str) -> str:
    """The params.yaml for a proposal. Raises ParameterError where nothing could be learnt by it."""
    refuse_unlearnable(proposal)
    return written(parameters_of(proposal, where(proposal, source)), proposal)


def refuse_unlearnable(proposal: Proposal) -> None:
    """Raise ParameterError where no label, or nothing to predict it from, was found."""
    name = shown(proposal.found.source)
    if proposal.is_language:
        return
    if proposal.holder("label") is None:
        raise ParameterError(
            f"No column of {name} looks like a label.",
            f"Expected one of {MOST_CLASSES} values at most, {MOST_OF_TEXTS} beside a text; "
            f"there are {_listed(proposal.found.names)}.",
            "name it by `--label NAME`; `flywheel inspect` shows what each column holds.",
        )
    if not proposal.families:
        raise ParameterError(
            f"Nothing in {name} could predict its label.",
            "Expected a column of texts, or columns of numbers and categories, beside the label.",
            "name one by `--set record.columns.NAME.role=text` or `feature`, or bring a source with more columns.",
        )


def where(proposal: Proposal, source: str) -> str:
    """What `ingest.source` should name: a URL as it is; of a folder the file or the folder within it that is meant."""
    return source if "://" in source else str(proposal.found.source.resolve())


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise ParameterError(
            f"inspect: {shown(path)} is there already.",
            "Expected the name of a new file.",
            "choose another name, or remove the file yourself.",
        )
    path.write_text(text, "utf-8")


def report(proposal: Proposal, source: str, width: int, label: str | None = None) -> str:
    """A proposal for people, in lines of `width` columns; `label` where somebody named it."""
    parts = [_headline(proposal, source), _table(proposal, width), _predicts(proposal, width)]
    if unsure := _unsure(proposal, width):
        parts.append(unsure)
    return "\n\n".join([*parts, _next(proposal, source, label)])


def _headline(proposal: Proposal, source: str) -> str:
    found, sampled = proposal.found, proposal.sampled
    read = f"{sampled.read:,} rows" if sampled.all else f"the first {sampled.read:,} rows"
    if query := found.settings.get("query"):
        return f"{shown(found.source)}\n  {query}; {read}, {count(len(proposal.columns), 'column')}"
    kind = found.settings.get("format") or suffix_format(found.files[0]) or "csv"
    written_as = "pictures" if proposal.pictures and "pictures" not in found.settings else WRITTEN_AS[kind]
    if delimiter := found.settings.get("delimiter"):
        written_as += f" with {called(delimiter)}"
    if encoding := found.settings.get("encoding"):
        written_as += f" in {encoding}"
    if "pictures" in found.settings:
        written_as += f" that names pictures below {shown(Path(found.settings['pictures']))}"
    size = f"{count(len(found.files), 'file')}, {proposal.size}; {read}, {count(len(proposal.columns), 'column')}"
    lines = [Path(source).name or source, f"  {written_as}; {size}"]
    mapping = found.settings.get("files")
    if mapping and proposal.splits:
        lines.append("  " + ", ".join(f"{name} → {split}" for name, split in mapping.items()))
    elif proposal.pictures and proposal.splits:
        lines.append(f"  {', '.join(proposal.splits)}: by their names")
    elif Path(source).is_dir() and found.source.resolve() != Path(source).resolve():
        lines.append(f"  read: {shown(found.source)}")
    return "\n".join(lines)


def _table(proposal: Proposal, width: int) -> str:
    rows = folded([_row(column) for column in proposal.columns])
    if proposal.splits:
        rows.append((split_name(proposal), "category", "split", "", "the part that each file is"))
    names = [row[0] for row in rows]
    fitting = [width_of(name) for name in names if width_of(name) <= max(16, min(WIDEST_NAME, width - 58))]
    first = max([*fitting, len(HEADS[0])])
    widths = [max(len(row[place]) for row in [*rows, HEADS]) for place in (1, 2, 3)]
    indent = 2 + first + sum(widths) + 8
    lines = []
    for name, row in zip([HEADS[0], *names], [HEADS, *rows], strict=True):
        if width_of(name) > first:  # on a line of its own
            lines.append("  " + name)
            name = ""
        left = "  " + name + " " * (first - width_of(name))
        left += "".join("  " + cell.ljust(wide) for cell, wide in zip(row[1:4], widths, strict=True))
        lines += hanging(left + "  ", row[4], indent, width)
    return "\n".join(lines)


def _row(column: Proposed) -> tuple[str, str, str, str, str]:
    entry = column.entry
    mark = " ?" if _is_doubtful(column) else ""
    privacy = str(entry.get("privacy", "")).replace("_", " ")
    return (column.name + mark, entry["type"], entry.get("role", ""), privacy, _holds(column))


def _is_doubtful(column: Proposed) -> bool:
    return bool(column.doubts)


def _holds(column: Proposed) -> str:
    entry, cells = column.entry, column.cells
    said: list[str] = []
    if "categories" in entry:
        listed = [str(value) for value in entry["categories"]]
        said.append(", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else ""))
    elif entry["type"] in ("category", "boolean") and cells.values is not None:
        said.append("yes or no" if entry["type"] == "boolean" else f"{count(len(cells.values), 'value')}")
    elif entry["type"] in ("integer", "number") and "min" in entry:
        said.append(f"{entry['min']:,} to {entry['max']:,}")
    elif entry["type"] == "image":
        said.append("one for each row")
    elif entry["type"] == "text":
        said.append(
            f"about {cells.words:.0f} words"
            if cells.words >= 3
            else "one for each row"
            if cells.distinct > 0.99
            else ""
        )
    elif entry["type"] == "time":
        said.append(entry.get("format", "ISO 8601"))
    elif "format" in entry:
        said.append(f"written as {entry['format']}")
    if cells.filled < 1:
        said.append(f"{min(cells.filled, 0.999):.1%} filled".replace("%", f"{NARROW}%"))
    if cells.missing:
        said.append("missing: " + ", ".join(cells.missing))
    return "; ".join(part for part in said if part)


def _answers(label: Proposed) -> str:
    """What the label is: a number, or so many classes."""
    if label.entry["type"] in ("integer", "number"):
        return "a number"
    counts = sorted((label.cells.values or {}).values())
    commonest = f"{counts[-1] / sum(counts):.0%}".replace("%", f"{NARROW}%")
    kind = "classes in their order" if label.entry.get("ordered") else "classes"
    return f"{len(counts)} {kind}, the commonest {commonest}"


def _predicts(proposal: Proposal, width: int) -> str:
    label, text = proposal.holder("label"), proposal.holder("text")
    if text and proposal.is_language:
        return f"PREDICTS    how a text goes on, from what was written before in {text.name}\nFAMILIES    gpt"
    if label is None:
        return "PREDICTS    nothing yet: no column looks like a label"
    features = sum(column.entry.get("role") == "feature" for column in proposal.columns)
    pictures = "pictures" + f" and {count(features - 1, 'feature')}" * (features > 1)
    source = text.name if text else pictures if proposal.pictures else count(features, "feature")
    lines = hanging("PREDICTS    ", f"{label.name}, {_answers(label)}, from {source}", 12, width)
    lines.append("FAMILIES    " + (" or ".join(proposal.families) or "none"))
    if proposal.families and (unread := [column.name for column in proposal.columns if "role" not in column.entry]):
        why = f"{_listed(unread)}. Take their lines out of params.yaml, and they are never stored."
        lines += hanging("NOT NEEDED  ", why, 12, width)
    return "\n".join(lines)


def _unsure(proposal: Proposal, width: int) -> str:
    lines: list[str] = []
    for doubt in proposal.doubts:
        lines += hanging("  - ", doubt, 4, width)
    about: dict[str, list[str]] = {}
    for column in proposal.columns:
        for doubt in column.doubts:
            about.setdefault(doubt, []).append(column.name)
    for doubt, names in about.items():
        lines += hanging("  - ", f"{_listed(names)}: {doubt}", 4, width)
    return "\n".join(["UNSURE (marked ?)", *lines]) if lines else ""


def _next(proposal: Proposal, source: str, label: str | None) -> str:
    if len(proposal.columns) < 2 and not proposal.is_language:
        return "NEXT\n  bring each row's label in a column of its own, then look again"
    name = f"  flywheel new DIR --source {shlex.quote(source)}"
    if query := proposal.found.settings.get("query"):
        name += f" --set {shlex.quote(f'ingest.query={query}')}"
    if label is not None:  # or the workspace's own look would choose another one
        name += f" --label {shlex.quote(label)}"
    if not proposal.families:
        name += " --label NAME" if proposal.holder("label") is None else " --set record.columns.NAME.role=text"
    return f"NEXT\n{name}\n  cd DIR; look at params.yaml; flywheel run"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
