"""The reigns of champions: which of them a rollback returns to, and the bundle by which each reigns."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.bundle import Bundle, read_bundle
from pipelines.errors import BundleError, DataError
from pipelines.files import digest, replacing
from pipelines.ledger import Champion
from pipelines.workspace import MODEL


def champion_bundle(body: Mapping[str, Any], workspace: Path, threads: int = 0) -> Bundle:
    """The bundle of the champion that the ledger describes by `body`.

    Another machine that shares the ledger may have promoted it: then it is taken from this machine's own model of the
    same bytes, which DVC brings. Raises BundleError where neither is here, and where bytes are not those measured.
    """
    kept = workspace / body["bundle"]
    if not kept.exists():
        with replacing(kept) as draft:
            shutil.copytree(_same_bytes(body["digest"], kept.name, workspace / MODEL), draft)
    return read_bundle(kept, body["digest"], threads=threads)


def _same_bytes(wanted: str, name: str, model: Path) -> Path:
    for folder in sorted(model.glob("*/")):
        if digest(folder) == wanted:
            return folder
    raise BundleError(
        f"The bundle of the champion, {name}, is not on this machine.",
        "Expected it in .flywheel/champions, where it was promoted; or the same bytes in data/model.",
        "check out the commit of its promotion and `dvc pull`, or copy that folder from the machine that promoted it.",
    )


def reign_before(champion: Champion | None, reigns: list[dict[str, Any]], to: int | None) -> dict[str, Any]:
    """The reign to return to: the last of version `to`, or of any version before today's champion came."""
    now = champion.version if champion else None
    if to is not None:
        wanted = [entry for entry in reigns if entry["version"] == to and to != now]
    else:
        first = next((place for place, entry in enumerate(reigns) if entry["version"] != now), len(reigns))
        wanted = reigns[first:]
    if wanted:
        return wanted[0]
    versions = sorted({entry["version"] for entry in reigns} - {now})
    raise DataError(
        "rollback: there is no such earlier champion." if to is not None else "rollback: there is no earlier champion.",
        f"Expected one of the versions {', '.join(map(str, versions))}."
        if versions
        else "Expected two promotions at least.",
        "choose one of them with `--to`." if versions else "keep the champion; `flywheel status` shows it.",
    )
