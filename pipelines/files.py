"""Files that are there whole or not at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(final: Path) -> Iterator[Path]:
    """A path to write a file or folder to; it takes the place of `final` only when the block succeeds."""
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{final.name}.{os.getpid()}.draft")
    _remove(draft)
    try:
        yield draft
        if final.is_dir():
            shutil.rmtree(final)
        draft.replace(final)
    finally:
        _remove(draft)


@contextmanager
def drafting(final: Path) -> Iterator[Path]:
    """A folder beside `final` for drafts, gone at the end; those of runs that were killed go as well."""
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob(f".{final.name}.*.drafts"):
        if not _lives(left.name.split(".")[-2]):
            _remove(left)
    folder = final.with_name(f".{final.name}.{os.getpid()}.drafts")
    _remove(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def _lives(process: str) -> bool:
    """Whether a process of this number runs here."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def inside(root: Path, name: str) -> Path:
    """The path `name` directly or deeper below `root`, links followed. Raises ValueError where it is elsewhere."""
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()) or path.resolve() == root.resolve():
        raise ValueError("a name led out of its folder")
    return path


def write_json(path: Path, value: object) -> None:
    """Write `value` as readable JSON; equal values give equal bytes."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n", "utf-8")


def read_json(path: Path) -> dict[str, object]:
    """The JSON object in `path`."""
    value = json.loads(path.read_text("utf-8"))
    if not isinstance(value, dict):
        raise TypeError(f"{path.name} holds no JSON object")
    return value


def digest(*paths: Path) -> str:
    """The SHA-256 of names and bytes of all files in `paths`, folders included, in hexadecimal."""
    total = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            name = file.name if file == path else file.relative_to(path).as_posix()
            total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
