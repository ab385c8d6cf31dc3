"""A source -> what `record` and the settings around it could be, and what is unsure about that."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contradictions import READ
from pipelines.errors import ParameterError
from pipelines.proposing import albums, folders, galleries, shelves, texts
from pipelines.proposing.bounds import SHARED_BY, bounds, has_order
from pipelines.proposing.cells import Cells, look_at
from pipelines.proposing.families import families_of
from pipelines.proposing.folders import Found
from pipelines.proposing.labels import is_quantity
from pipelines.proposing.layout import NESTED
from pipelines.proposing.people import privacy_of
from pipelines.proposing.reading import frames, not_twice
from pipelines.proposing.roles import Roles, granted, roles_of
from pipelines.proposing.sampling import Sampled, sample_of
from pipelines.proposing.split_folders import find_in_folders
from pipelines.record import DEVICES, NAME, Privacy, Role
from pipelines.sources.opening import shown

MOST_LISTED = 30


@dataclass(frozen=True)
class Proposed:
    """One column as it could be described, and the reasons to look at it again."""

    name: str
    entry: dict[str, Any]
    doubts: tuple[str, ...]
    cells: Cells


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a source: columns, the keys of `ingest`, and what is unsure about the whole."""

    name: str
    found: Found
    sampled: Sampled
    columns: tuple[Proposed, ...]
    doubts: tuple[str, ...]
    splits: tuple[str, ...] = ()
    held_back: float = 0.0
    lengths: tuple[int, int] = (0, 0)
    with_names: float = 0.0
    joined: tuple[str, ...] = ()  # columns that are one text together
    size: str = ""  # of the files, for people: what a URL named is no longer there when it is told

    def holder(self, role: Role) -> Proposed | None:
        """The column that has a role."""
        return next((column for column in self.columns if column.entry.get("role") == role), None)

    @property
    def families(self) -> tuple[str, ...]:
        """The model families that suit, the likeliest first; none where there is nothing to predict."""
        return families_of(self)

    @property
    def is_language(self) -> bool:
        """Whether there are texts, no label, and no column, kept or left out, that could be one."""
        known = all("role" in column.entry or column.cells.is_constant for column in self.columns)
        known = known and not any(NESTED in doubt for doubt in self.doubts)
        return known and self.holder("label") is None and self.holder("text") is not None

    @property
    def pictures(self) -> bool:
        """Whether the rows are pictures."""
        return any(column.entry["type"] == "image" for column in self.columns)


def propose(source: Path, told: Mapping[str, Role] | None = None) -> Proposal:
    """What the data at `source` seem to be, given the roles that somebody `told`. Raises SourceError for no table.

    Raises ParameterError where a role is given to a column that is not there.
    """
    if files := galleries.gallery(source):
        return _of_pictures(galleries.hung(source, files), sample_of(galleries.labels(files)), told or {})
    if shelf := shelves.shelf(source):
        found, roles = shelves.placed(source, shelf), shelves.ROLES | dict(told or {})
        return replace(propose_rows(found, frames(found), roles), name=_named(source))
    found, twice = not_twice(find_in_folders(source) or folders.find(source))
    found = replace(found, doubts=(*found.doubts, *twice))
    found, named = albums.with_album(found)
    shown_in = named or galleries.framed(found)
    plain = replace(found, names=tuple(name for name in found.names if name not in shown_in))
    rows = propose_rows(plain, frames(plain), {**found.roles, **(told or {})})
    if rows.joined:
        rows = _as_one_text(plain, rows, told or {})
    if shown_in and len(rows.columns) == 1 and rows.holder("label") is None and rows.columns[0].cells.values:
        # What stands alone beside a picture says what it shows, whatever it is called.
        rows = propose_rows(plain, frames(plain), {plain.names[0]: "label"})
    pictures = tuple(_picture(name, rows.columns[0].cells) for name in shown_in[:1])
    others = tuple(f"{name}: another picture, and a model reads one: it is left out" for name in shown_in[1:])
    return replace(rows, name=_named(source), columns=(*pictures, *rows.columns), doubts=(*rows.doubts, *others))


def _as_one_text(found: Found, apart: Proposal, told: Mapping[str, Role]) -> Proposal:
    """The same source with the texts that were proposed `apart` as one, under the name of the one that was chosen."""
    text = next(column.name for column in apart.columns if column.entry.get("role") == "text")
    names = tuple(name for name in found.names if name == text or name not in apart.joined)
    found = replace(found, names=names, settings={**found.settings, "join": {text: list(apart.joined)}})
    proposal = propose_rows(found, frames(found), {**told, text: "text"})
    known = {column.name: column.doubts for column in apart.columns}
    known[text] = (
        *known[text],
        f"made of {' and '.join(apart.joined)} (`ingest.join`): a model reads one text",
    )
    columns = (replace(each, doubts=tuple(dict.fromkeys(known[each.name] + each.doubts))) for each in proposal.columns)
    return replace(proposal, columns=tuple(columns))


def propose_rows(found: Found, rows: Iterator[pl.DataFrame], told: Mapping[str, Role]) -> Proposal:
    """What `rows` seem to be, which were `found`. Raises ParameterError as `propose` does."""
    _refuse_unknown(told, found)
    sampled = sample_of(rows)
    shapes = [_cells(name, sampled) for name in found.names]
    found_out = {shape.name: privacy_of(shape, sampled.rows[shape.name]) for shape in shapes}
    privacy: dict[str, Privacy] = {name: kind for name, (kind, _) in found_out.items()}
    roles = roles_of(shapes, privacy, sampled.rows, told)
    if roles.joined and "query" in found.settings:
        roles.doubts.append(
            f"{' and '.join(roles.joined)} could be one text: a model reads one; let the query join them"
        )
    reasons = {name: why for name, (_, why) in found_out.items() if why}
    columns = tuple(_column(shape, privacy[shape.name], roles, reasons.get(shape.name), sampled) for shape in shapes)
    splits = found.splits if roles.holder("split") is None and len(set(found.splits)) > 1 else ()
    doubts = (*found.doubts, *roles.doubts, *_about_rows(sampled))
    text = next((column.name for column in columns if column.entry.get("role") == "text"), None)
    lengths, names = ((0, 0), 0.0) if text is None else (texts.lengths(sampled, text), texts.with_names(sampled, text))
    held, size = _held_back(columns, sampled), folders.unpacked_size(found)
    proposal = Proposal(_named(found.source), found, sampled, columns, doubts, splits, held, lengths, names, size=size)
    return replace(proposal, joined=roles.joined, doubts=(*doubts, *_without_label(proposal)))


def _of_pictures(found: Found, sampled: Sampled, told: Mapping[str, Role]) -> Proposal:
    _refuse_unknown(told, found)
    cells = _cells(galleries.LABEL, sampled)
    entry: dict[str, Any] = {"type": "category", "role": "label"}
    doubts = _categories(cells, "category", "label", "none", entry)
    columns = (_picture(galleries.IMAGE, cells), Proposed(galleries.LABEL, entry, tuple(doubts), cells))
    size = folders.unpacked_size(found)
    return Proposal(_named(found.source), found, sampled, columns, _about_rows(sampled), found.splits, size=size)


def _refuse_unknown(told: Mapping[str, Role], found: Found) -> None:
    unknown = [name for name in told if name not in found.names]
    if unknown:
        few = ", ".join(found.names[:8]) + (f" and {len(found.names) - 8} more" if len(found.names) > 8 else "")
        raise ParameterError(
            f"inspect: there is no column '{unknown[0]}' in {shown(found.source)}.",
            f"Expected one of: {few}.",
            "write the name as it stands there.",
        )


def _picture(name: str, cells: Cells) -> Proposed:
    """A column of pictures, beside one of those `cells`."""
    seen = "if a person can be recognised in them, these are people's data, and nothing here takes a face out"
    return Proposed(name, {"type": "image", "role": "feature"}, (seen,), replace(cells, name=name, values=None))


def _cells(name: str, sampled: Sampled) -> Cells:
    return look_at(sampled.rows[name], sampled.counted[name], sampled.read)


def _column(cells: Cells, privacy: Privacy, roles: Roles, reason: str | None, sampled: Sampled) -> Proposed:
    """One column as it would stand in `record`."""
    role = roles.roles.get(cells.name)
    doubts = [*cells.doubts, *roles.of.get(cells.name, ())]
    if role == "subject":
        privacy = "identifier"
    if role == "text":
        privacy = "free_text"
    if role == "label" and privacy != "none":
        privacy = "none"
        doubts.append("what is predicted tells something about people: may it be?")
    if role in READ and privacy == "identifier":
        privacy = "quasi"
        doubts.append("its values look like somebody's name or number, and it was told to be read: may it be?")
    kind = _type(cells, role, privacy, beside_text=roles.holder("text") is not None)
    entry: dict[str, Any] = {"type": kind}
    if role:
        entry["role"] = role
    if privacy != "none":
        entry["privacy"] = privacy
    if role != "text" and reason:
        doubts.append(reason)
    if role not in ("label", "text", "split", "consent") and (cells.filled < 1 or not sampled.all):
        entry["required"] = False
    if cells.missing:
        entry["missing"] = list(cells.missing)
    if kind in ("time", "integer", "number") and cells.format:
        entry["format"] = cells.format
    if role == "consent":
        entry["granted"] = granted(cells)
    entry |= bounds(cells, kind, role, privacy)
    doubts += _categories(cells, kind, role, privacy, entry)
    if role == "label" and has_order(cells, entry):
        entry["ordered"] = True
        doubts.append("taken for steps of a scale, lowest first; if they are names only, remove `ordered`")
    if cells.is_constant and role is None:
        doubts.append(
            "always the same value, or none: it tells nothing" if cells.filled else "always empty: leave it out"
        )
    return Proposed(cells.name, entry, tuple(doubts), cells)


def _type(cells: Cells, role: Role | None, privacy: Privacy, *, beside_text: bool) -> str:
    if role == "label" and is_quantity(cells, beside_text=beside_text):
        return cells.type
    # A quasi-identifier in words has to be a category: of these, rare ones are drawn together.
    if role in ("label", "split", "consent") or (privacy == "quasi" and cells.type == "text"):
        return "category"
    return "text" if role in ("text", "subject") else cells.type


def _categories(cells: Cells, kind: str, role: Role | None, privacy: Privacy, entry: dict[str, Any]) -> list[str]:
    """Close the set of values where many rows share each, and they tell nothing of people; else say why not."""
    if kind != "category" or role == "consent" or cells.values is None or cells.is_constant:
        return []
    if role not in ("label", "split") and (privacy != "none" or len(cells.values) > MOST_LISTED):
        return []
    rare = sum(number < SHARED_BY for number in cells.values.values())
    if rare:
        many = f"{rare} of its {len(cells.values)} values have fewer than {SHARED_BY} rows"
        return [f"{many}: they are not listed" + ("; are they spelled right?" if role == "label" else "")]
    entry["categories"] = sorted(cells.values, key=_in_order)
    return []


def _in_order(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def _without_label(proposal: Proposal) -> tuple[str, ...]:
    if proposal.is_language:
        return ("there is no label: a language model is to write such texts on; others want labels in a column",)
    return () if proposal.holder("label") else ("no column looks like a label: name it by `--label NAME`",)


def _about_rows(sampled: Sampled) -> tuple[str, ...]:
    if not sampled.all:
        return (f"only the first {sampled.read:,} rows were read: rare values and gaps may come later",)
    return (f"rows to learn from are few: {sampled.read:,}",) if sampled.read < 200 else ()


def _held_back(columns: Sequence[Proposed], sampled: Sampled) -> float:
    """The share of rows that `validate` would hold back for want of a label, a text or another required cell."""
    whole = 1.0
    for column in columns:
        if column.entry.get("required", True):
            whole *= column.cells.filled
    return 1 - whole


def _named(source: Path) -> str:
    """A name for the data set: that of its folder or file, as a word that may name files on any system."""
    path = source.resolve()
    stem = (path.parent if path.name.lower() == "data" else path).name.partition(".")[0] or "data"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    word = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:64].rstrip("_")
    return word if NAME.fullmatch(word) and not DEVICES.fullmatch(word) else "data"
