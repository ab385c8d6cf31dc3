"""Tables in folders, as `train/metadata.csv` and `test/metadata.csv`, or one for each month: which belong together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.proposing.folders import SPLITS, Found, data_files, find, found_in, innermost, listed, size_of, unread
from pipelines.proposing.layout import Layout, layout_of
from pipelines.sources.class_folders import splits_of
from pipelines.sources.named_files import matching

ORDER = ("train", "valid", "test")
# Of this many folders the tables are looked at: a class each, of something else, are more.
MOST_FOLDERS = 200


def find_in_folders(source: Path) -> Found | None:
    """The tables in the folders of `source`, which holds none itself; None where there are none, or one folder alone.

    Folders that are called as splits are them; what lies in any other is for training.
    """
    source = innermost(source)
    if source.is_file() or data_files(source):
        return None
    folders = sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith("."))
    called = _splits(folders)
    splits = called or {folder.name: "train" for folder in folders}
    folders = [folder for folder in folders if folder.name in splits]
    if not 1 < len(folders) <= MOST_FOLDERS:
        return None
    layouts = [layout_of(path) for folder in folders for path in data_files(folder)]
    readable = [layout for layout in layouts if layout.unreadable is None and layout.names and not layout.is_plain]
    group = _together(readable, splits)
    left = [f"{_folder(each)}/{each.path.name}" for each in readable if each not in group]
    doubts = (f"{listed(left)}: left out, other columns than the rest",) if left else ()
    doubts = (*doubts, *unread([layout for layout in layouts if layout.unreadable is not None]))
    alone = len({_folder(each) for each in group}) == 1
    if not group or (alone and left and not called):  # nobody could tell which of them is meant
        return None
    if alone:
        found = find(group[0].path.parent)
        return replace(found, doubts=(*doubts, *found.doubts))
    return found_in(source, group, _mapping(source, group, splits), (*doubts, *_about(group, splits)))


def _splits(folders: Sequence[Path]) -> dict[str, str]:
    """The split of each folder that is called so, where one is to train on; others may lie beside them."""
    names = [folder.name for folder in folders]
    plain = {name: SPLITS[name.casefold()] for name in names if name.casefold() in SPLITS}
    return splits_of(names) or (plain if "train" in plain.values() else {})


def _folder(layout: Layout) -> str:
    return layout.path.parent.name


def _together(layouts: Sequence[Layout], splits: dict[str, str]) -> list[Layout]:
    """The files that have the same columns: those to train on, in the most folders, and then of the most bytes."""
    groups: dict[tuple[object, ...], list[Layout]] = defaultdict(list)
    for layout in layouts:
        groups[layout.kind].append(layout)

    def worth(group: list[Layout]) -> tuple[bool, int, int]:
        there = {_folder(each) for each in group}
        return any(splits[name] == "train" for name in there), len(there), size_of(group)

    return max(groups.values(), key=worth, default=[])


def _about(group: Sequence[Layout], splits: dict[str, str]) -> tuple[str, ...]:
    there = {splits[_folder(each)] for each in group}
    if there == {"train"}:
        return ("the folders are not called as splits are: their rows are taken together, and a new folder's as well",)
    if "test" not in there:
        return ("no folder is a test part: one is cut from all rows, those of the validation folder too",)
    return ()


def _mapping(source: Path, group: Sequence[Layout], splits: dict[str, str]) -> dict[str, str]:
    """What `ingest.files` says of these files: by a pattern where no other file fits it, for all folders or each."""
    names = [path.relative_to(source).as_posix() for path in _files_below(source)]
    ending = "".join(group[0].path.suffixes)
    if {splits[_folder(each)] for each in group} == {"train"}:
        wanted = [f"{_folder(each)}/{each.path.name}" for each in group]
        return dict.fromkeys(_keys(wanted, f"*/*{ending}", names), "train")
    mapping: dict[str, str] = {}
    for folder in sorted({_folder(each) for each in group}, key=lambda name: ORDER.index(splits[name])):
        wanted = [f"{folder}/{each.path.name}" for each in group if _folder(each) == folder]
        mapping |= dict.fromkeys(_keys(wanted, f"{folder}/*{ending}", names), splits[folder])
    return mapping


def _keys(wanted: Sequence[str], pattern: str, names: Sequence[str]) -> Sequence[str]:
    return [pattern] if len(wanted) > 1 and sorted(matching(names, pattern)) == sorted(wanted) else wanted


def _files_below(source: Path) -> list[Path]:
    return [path for path in source.glob("*/*") if path.is_file() and not path.parent.name.startswith(".")]
