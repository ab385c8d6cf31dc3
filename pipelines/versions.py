"""Versions of data, kept by DVC, driven in this process: a check costs 0.04 s instead of 0.6 s by command line."""

import contextlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.errors import BusyError, WorldError

if TYPE_CHECKING:
    from dvc.repo import Repo


TABLE = b"PAR1"


@contextlib.contextmanager
def repository(workspace: Path) -> Iterator["Repo"]:
    """The DVC repository of `workspace`. Raises BusyError where another process holds its lock."""
    from dvc.lock import LockError
    from dvc.repo import Repo

    with contextlib.closing(Repo(str(workspace))) as repo:
        try:
            yield repo
        except LockError:
            raise BusyError(
                "Another DVC process holds this workspace.",
                "Expected one run at a time.",
                "wait until it ends, then try again.",
            ) from None


def initialise(workspace: Path) -> None:
    """Make `workspace` a DVC repository of its own that phones nobody."""
    from dvc.repo import Repo

    Repo.init(str(workspace), no_scm=not (workspace / ".git").exists(), force=False).close()
    with repository(workspace) as repo, repo.config.edit("repo") as config:
        config["core"].update({"analytics": False, "check_update": False})


def add(workspace: Path, path: Path, provenance: Mapping[str, Any]) -> str:
    """The new version of the folder `path`: its hash, which `path`.dvc records with its `provenance`."""
    pointer = path.with_name(path.name + ".dvc")
    with repository(workspace) as repo, quiet():
        repo.add(str(path))
    content = yaml.safe_load(pointer.read_text("utf-8"))
    if content.get("meta") != dict(provenance):
        content["meta"] = dict(provenance)
        draft = pointer.with_suffix(".draft")
        draft.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
        draft.replace(pointer)
    return str(content["outs"][0]["md5"])


def describe(path: Path) -> tuple[str, dict[str, Any]] | None:
    """The recorded hash of the folder `path` and its provenance, or None before its first version."""
    pointer = path.with_name(path.name + ".dvc")
    if not pointer.is_file():
        return None
    content = yaml.safe_load(pointer.read_text("utf-8"))
    return str(content["outs"][0]["md5"]), dict(content.get("meta") or {})


def stands(path: Path) -> bool:
    """Whether the folder `path` holds as many files and bytes as its recorded version."""
    pointer = path.with_name(path.name + ".dvc")
    recorded = yaml.safe_load(pointer.read_text("utf-8"))["outs"][0]
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return (len(sizes), sum(sizes)) == (recorded["nfiles"], recorded["size"])


def version_of(path: Path) -> str | None:
    """The recorded hash of the folder `path`, or None before its first version."""
    found = describe(path)
    return found[0] if found else None


def stores(workspace: Path) -> dict[str, Path]:
    """Where the versions of `workspace` lie on this machine: DVC's cache, and those remotes that are folders."""
    with repository(workspace) as repo:
        found = {"cache": Path(repo.cache.local.path)}
        for name, remote in repo.config["remote"].items():
            url = str(remote["url"]).removeprefix("file://")
            if "://" not in url:
                found[f"remote {name}"] = Path(repo.dvc_dir) / url
    return found


@contextlib.contextmanager
def stores_elsewhere(workspace: Path) -> Iterator[dict[str, Path]]:
    """What those remotes hold that are no folders here: copies of their tables, for the time of the block.

    What DVC's cache has as well is not brought again: an object's name is the hash of its bytes. Raises WorldError
    where a remote cannot be read: nobody may say then that nothing is left there.
    """
    from dvc.exceptions import DvcException

    with tempfile.TemporaryDirectory(prefix="flywheel-remote-") as folder, repository(workspace) as repo, quiet():
        found = {}
        for name, remote in repo.config["remote"].items():
            if "://" not in str(remote["url"]).removeprefix("file://"):
                continue
            try:
                found[f"remote {name}"] = _bring_tables(repo, name, Path(folder) / name)
            except (DvcException, OSError):
                raise WorldError(
                    f"The remote {name} could not be looked through.",
                    "Expected a remote that can be listed and read: nobody knows otherwise what it holds.",
                    f"try again when it answers; where it is gone for good, `dvc remote remove {name}`.",
                ) from None
        yield found


def _bring_tables(repo: "Repo", name: str, place: Path) -> Path:
    """The Parquet files of a remote, in the folder `place`: from the cache where that has them."""
    place.mkdir()
    store = repo.cloud.get_remote_odb(name)
    for path in store.fs.find(store.path):
        hash_of = "".join(store.fs.parts(path)[-2:])
        cached = Path(repo.cache.local.oid_to_path(hash_of))
        if cached.is_file():
            shutil.copyfile(cached, place / hash_of)
            continue
        with store.fs.open(path, "rb") as file:
            is_table = file.read(len(TABLE)) == TABLE
        if is_table:
            store.fs.get_file(path, str(place / hash_of))
    return place


def members(workspace: Path, version: str) -> list[Path] | None:
    """The cached files of the folder whose hash is `version`; None where not all of them are in the cache."""
    with repository(workspace) as repo:
        place = repo.cache.local.oid_to_path
        listing = Path(place(version))
        if not listing.is_file():
            return None
        found = [Path(place(entry["md5"])) for entry in json.loads(listing.read_text("utf-8"))]
    return found if all(path.is_file() for path in found) else None


def restore(workspace: Path, path: Path) -> None:
    """Bring the recorded version of the folder `path` back from the cache, or from the default remote.

    Raises WorldError where neither has it.
    """
    from dvc.exceptions import DvcException

    pointer = path.with_name(path.name + ".dvc")
    with repository(workspace) as repo, quiet():
        try:
            if repo.config["core"].get("remote"):
                repo.pull(targets=[str(pointer)])
            else:
                repo.checkout(targets=[str(pointer)])
        except (DvcException, FileNotFoundError):
            raise WorldError(
                f"The recorded version of {path.name} is not here, and could not be brought.",
                f"Expected it in DVC's cache or in the default remote, as {pointer.name} says.",
                f"set a remote that has it (`dvc remote add -d NAME URL`), or remove {pointer.name} to begin anew.",
            ) from None


def set_remote(workspace: Path, name: str, url: str) -> None:
    """Let `url`, a folder or what DVC speaks (s3://bucket/prefix), be the default remote, called `name`."""
    with repository(workspace) as repo, repo.config.edit("repo") as config:
        config["remote"][name] = {"url": url}
        config["core"]["remote"] = name


def push(workspace: Path) -> int:
    """How many files the default remote did not have, and has now. Raises WorldError where it takes none."""
    from dvc.exceptions import DvcException

    with repository(workspace) as repo, quiet():
        try:
            return int(repo.push())
        except (DvcException, OSError) as error:
            raise WorldError(
                f"The default remote did not take the data ({type(error).__name__}).",
                "Expected a remote that can be reached and written to.",
                "try `dvc push`, which says more; for S3 set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            ) from None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """DVC without its log lines and progress bars: ours tell more."""
    from dvc.logger import set_loggers_level

    with set_loggers_level(logging.CRITICAL):
        yield
