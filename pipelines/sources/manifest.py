"""A digest that lies beside a file, as `sha256sum` writes it: the one proof that nothing of the file is missing."""

import re
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.opening import shown

# For all files of a folder.
SUMS = ("SHA256SUMS", "sha256sums.txt")
LINE = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?")
LONGEST = 1_000_000


def refuse_other_content(path: Path, digest: str) -> None:
    """Refuse a file whose SHA-256 is not the one that NAME.sha256 or SHA256SUMS in its folder gives.

    Without either, nothing is known of what the file should be, and it passes.
    """
    for manifest in (path.with_name(path.name + ".sha256"), *map(path.with_name, SUMS)):
        if manifest.is_file() and (expected := _expected(manifest, path.name)) is not None:
            if expected != digest:
                raise _other(path, manifest)
            return


def _expected(manifest: Path, name: str) -> str | None:
    """The digest that `manifest` gives for the file `name`; None where it lists other files only."""
    with manifest.open("rb") as stream:
        lines = [line for line in stream.read(LONGEST).decode("utf-8", "replace").splitlines() if line.strip()]
    found = [LINE.fullmatch(line.strip()) for line in lines]
    if not lines or None in found:
        raise SourceError(
            f"ingest: line {found.index(None) + 1 if None in found else 1} of {shown(manifest)} is no SHA-256.",
            "Expected lines as `sha256sum` writes them: 64 hexadecimal digits, two spaces, and the name of a file.",
            f"write it again (`sha256sum FILE > {shown(manifest)}`), or remove it.",
        )
    own = manifest.name == name + ".sha256"
    for match in found:
        if match is not None and ((own and match[2] is None) or (match[2] or "").removeprefix("./") == name):
            return match[1].lower()
    return None


def _other(path: Path, manifest: Path) -> SourceError:
    """Say that a file is not the one that was promised."""
    return SourceError(
        f"ingest: {shown(path)} is not the file that {shown(manifest)} describes: its SHA-256 is another.",
        "Expected the whole file, unchanged since its digest was taken.",
        f"download the file again; if it was changed on purpose, renew {shown(manifest)}.",
    )
