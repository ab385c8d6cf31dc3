"""Which files of a folder belong together, and which of them train, validate and test, by their names."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.errors import SourceError
from pipelines.proposing.layout import Layout, ends_unended, layout_of, suffix_format, told
from pipelines.record import Role
from pipelines.sources.kinds import PLAIN
from pipelines.sources.opening import is_packed, remedy, shown
from pipelines.sources.passages import COLUMN

SPLITS = {
    **dict.fromkeys(("train", "training", "trn", "训练", "训练集"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "dev", "development", "验证", "验证集", "开发"), "valid"),
    **dict.fromkeys(("test", "testing", "tst", "测试", "测试集"), "test"),
}
# What lies beside data and is none.
ASIDE = re.compile(
    r"^(readme|licen[cs]e|copying|notice|changelog|source|sha256sums|md5sums|citation|dataset_infos?)\b|\.(md|rst|html?|pdf|py|ipynb|sha256|md5|names|ya?ml|toml|cfg|log|docx?)$",
    re.IGNORECASE,
)
# What Hugging Face's `save_to_disk` writes beside its Arrow files.
SAVED_BESIDE = re.compile(r"^(dataset_dict|dataset_infos?|state)\.json$")
PART = re.compile(r"[^\W\d_]+")
WHY_NOT = 3  # files that are told one by one


@dataclass(frozen=True)
class Found:
    """The files to read, the keys of `ingest` that say how, and what is unsure. `splits` are those that files give."""

    source: Path
    names: tuple[str, ...]
    files: tuple[Path, ...]
    settings: dict[str, Any]
    splits: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def name_of(self, path: Path) -> str:
        """What `ingest.files` calls one of the files: its path from the source on."""
        return path.relative_to(self.source).as_posix() if path != self.source else path.name

    @property
    def roles(self) -> dict[str, Role]:
        """The roles that are known before any cell is looked at: plain text is text."""
        return {COLUMN: "text"} if self.settings.get("format") in PLAIN else {}


def find(source: Path) -> Found:
    """The files of a source that nobody has described. Raises SourceError where none of them holds a table."""
    source = innermost(source)
    there = [source] if source.is_file() else data_files(source)
    layouts = [layout_of(path) for path in there]
    readable = [layout for layout in layouts if layout.unreadable is None and layout.names]
    readable = [layout for layout in readable if not layout.is_plain] or readable
    # A text beside data tells of them, also where we cannot read them.
    others = [layout for layout in layouts if layout not in readable]
    if not readable or (readable[0].is_plain and size_of(readable) < size_of(others)):
        raise _nothing(source, layouts)
    group, doubts = _together(readable)
    doubts = (*doubts, *unread(others))
    mapping, more = _mapping(group)
    if mapping:
        group = [layout for layout in group if layout.path.name in mapping]
    return found_in(source, group, mapping, (*doubts, *more))


def only(found: Found, path: Path) -> Found:
    """The same source with one of its files alone."""
    return replace(found, source=path, files=(path,), doubts=found.doubts)


def innermost(source: Path) -> Path:
    """The folder with the data files: as repositories and archives have them, alone inside another one."""
    while source.is_dir() and not data_files(source) and len(inner := _folders(source)) == 1:
        source = inner[0]
    return source


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def data_files(folder: Path) -> list[Path]:
    """The files that may be data: those with a name that says so, or else all but those that say something else."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "~$")))
    files = [path for path in files if not SAVED_BESIDE.search(path.name)]
    data = [path for path in files if suffix_format(path) is not None]
    return data or [path for path in files if not ASIDE.search(path.name)]


def _together(layouts: Sequence[Layout]) -> tuple[list[Layout], tuple[str, ...]]:
    """The files that have the same columns: those that name splits, then the most bytes."""
    groups: dict[tuple[object, ...], list[Layout]] = defaultdict(list)
    for layout in layouts:
        groups[layout.kind].append(layout)
    best = max(groups.values(), key=lambda group: (len({_split(each.path) for each in group} - {None}), size_of(group)))
    left = sorted(shown(layout.path) for layout in layouts if layout not in best)
    if not left:
        return best, ()
    return best, (f"{listed(left)}: left out, other columns than {shown(best[0].path)}",)


def size_of(group: Sequence[Layout]) -> int:
    """Bytes of these files together."""
    return sum(layout.path.stat().st_size for layout in group)


def _split(path: Path) -> str | None:
    """The split that a file's name tells: "train-00001.csv" trains, "adult.test" tests."""
    named = [SPLITS[part] for part in PART.findall(path.name.casefold()) if part in SPLITS]
    return named[-1] if named else None


def _mapping(group: Sequence[Layout]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The split of each file; empty where the names tell of none, or not of what to train on."""
    splits = {layout.path.name: _split(layout.path) for layout in group}
    unnamed = [name for name, split in splits.items() if split is None]
    told_of = {split for split in splits.values() if split is not None}
    doubts: list[str] = []
    if not told_of or len(group) == 1:
        return {}, ()
    if "train" not in told_of:
        if len(unnamed) != 1:
            return {}, ("some names of files tell a split, but none tells which file to train on",)
        splits[unnamed[0]] = "train"
        doubts.append(f"{unnamed[0]}: taken for the training part, because the other files are not")
        unnamed = []
    chosen = {name: split for name, split in splits.items() if split is not None}
    plain = {split for name, split in chosen.items() if _is_plain(name)}
    extra = [
        name for name, split in chosen.items() if split in plain and not _is_plain(name) and not _is_numbered(name)
    ]
    for name in extra:
        del chosen[name]
    if left := [*unnamed, *extra]:
        doubts.append(f"{listed(left)}: left out, because other files are the parts by their names")
    if "test" not in chosen.values():
        doubts.append("no file is a test part: one is cut from all rows, those of the validation file too")
    order = ["train", "valid", "test"]
    return dict(sorted(chosen.items(), key=lambda item: order.index(item[1]))), tuple(doubts)


def _is_plain(name: str) -> bool:
    """Whether nothing but the split stands in a file's name: "train.csv", not "train_phrases.csv"."""
    return name.partition(".")[0].casefold() in SPLITS


def _is_numbered(name: str) -> bool:
    """Whether a file is one of several numbered parts: "train-00001-of-00004.parquet"."""
    return re.fullmatch(r"[^\W\d_]+[-_.]?\d+(-of-\d+)?", name.partition(".")[0]) is not None


def found_in(source: Path, group: Sequence[Layout], mapping: dict[str, str], doubts: tuple[str, ...]) -> Found:
    """These files of `source` as what was found, with the split of each, if there is one."""
    settings = dict(group[0].settings)
    if mapping:
        # Without a test part one is cut from all rows: there are no splits that a column would keep.
        settings["files"] = mapping if "test" in mapping.values() else dict.fromkeys(mapping, "train")
    elif source.is_dir() and (
        settings.get("format") or len(group) < len([p for p in data_files(source) if suffix_format(p)])
    ):
        # The folder alone would not find these files, or others beside them.
        source = group[0].path if len(group) == 1 else source
        if len(group) > 1:
            settings["files"] = {layout.path.name: "train" for layout in group}
    unended = [each.path for each in group if _is_text(each) and ends_unended(each.path)]
    if unended:
        settings["final_newline"] = False
        doubts = (
            *doubts,
            f"{listed([shown(path) for path in unended])}: the last line has no end; is the file whole?",
        )
    own = tuple(dict.fromkeys(doubt for layout in group for doubt in layout.doubts))
    splits = tuple(dict.fromkeys(mapping.values())) if "test" in mapping.values() else ()
    return Found(source, group[0].names, tuple(each.path for each in group), settings, splits, (*own, *doubts))


def _is_text(layout: Layout) -> bool:
    return (layout.settings.get("format") or suffix_format(layout.path)) in ("csv", "tsv")


def unread(layouts: Sequence[Layout]) -> tuple[str, ...]:
    """Why the first few of these files are left out."""
    return tuple(f"{told(layout)}; left out" for layout in layouts[:WHY_NOT])


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    few = ", ".join(names[:WHY_NOT])
    return few if len(names) <= WHY_NOT else f"{few} and {len(names) - WHY_NOT} more"


def _nothing(source: Path, layouts: Sequence[Layout]) -> SourceError:
    """Say why nothing there can be proposed: the reason for each of the first files."""
    why = "; ".join(told(layout) for layout in layouts[:WHY_NOT]) or _empty(source)
    return SourceError(
        f"inspect: {shown(source)} holds no table that we can read ({why}).",
        "Expected rows with a label (CSV, TSV, JSON Lines, Parquet, Arrow), plain text, or a folder for each class.",
        _remedy(layouts)
        or (not layouts and _folders(source) and "name one of its folders, or bring all their files into one.")
        or "write one row per example, with its label in a column of its own; spans have none.",
    )


def _remedy(layouts: Sequence[Layout]) -> str | None:
    """What helps with the first file that is known to be something else than a table."""
    found = (remedy(layout.unreadable or "") for layout in layouts[:WHY_NOT])
    return next((each for each in found if each is not None), None)


def _empty(folder: Path) -> str:
    inner = listed([shown(path) for path in _folders(folder)])
    return f"it holds folders ({inner}), and no data files of its own" if inner else "it holds no data files"


def unpacked_size(found: Found) -> str:
    """How large the files are, for people."""
    size = sum(path.stat().st_size for path in found.files)
    packed = " packed" if any(is_packed(path) for path in found.files) else ""
    return f"{size / 1e6:,.1f} MB{packed}" if size >= 100_000 else f"{size / 1e3:,.1f} kB{packed}"
