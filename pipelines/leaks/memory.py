"""Files that were clean, and have not changed since: they are not read again."""

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from pipelines.files import replacing

# A file may change once more within the tick of the clock in which it was written last.
SETTLED_NS = 50_000_000


class Memory:
    """What is known of files under one fingerprint; under another, nothing is."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._known, self._contents, self._known_pages = _read(path, fingerprint)
        self._files: dict[str, list[int]] = {}
        self._pages: set[str] = set()

    def is_clean(self, path: Path, traits: list[int]) -> bool:
        """Whether this very file was clean."""
        clean = self._known.get(str(path)) == traits
        if clean:
            self._files[str(path)] = traits
        return clean

    def is_clean_content(self, content: str) -> bool:
        """Whether a file with the content of this digest was clean, wherever it stood."""
        return content in self._contents

    def unknown_pages(self, pages: Iterable[bytes]) -> dict[str, bytes]:
        """The pages of a database that were not clean when they were last seen, by their digests."""
        digests = {hashlib.blake2b(page, digest_size=16).hexdigest(): page for page in pages}
        self._pages |= digests.keys() & self._known_pages
        return {digest: page for digest, page in digests.items() if digest not in self._known_pages | self._pages}

    def note_pages(self, digests: Iterable[str]) -> None:
        """Remember that these pages are clean."""
        self._pages.update(digests)

    def note(self, path: Path, traits: list[int], content: str | None) -> None:
        """Remember that the file is clean."""
        if content is not None:
            self._contents.add(content)
        if time.time_ns() - max(traits) > SETTLED_NS:
            self._files[str(path)] = traits

    def save(self) -> None:
        """Keep what is known of the files that are still there."""
        body = {"fingerprint": self._fingerprint, "files": self._files}
        body |= {"contents": sorted(self._contents), "pages": sorted(self._pages)}
        with replacing(self._path) as draft:
            draft.write_text(json.dumps(body), "utf-8")


def traits_of(path: Path, *, looks: bool) -> list[int]:
    """What changes when the file does, and how it is read; a database changes with its write-ahead log.

    The time of change (ctime) cannot be set back, as that of modification can.
    """
    found = [int(looks)]
    for each in (path, path.with_name(f"{path.name}-wal")) if path.suffix == ".db" else (path,):
        with contextlib.suppress(FileNotFoundError):
            status = each.stat()
            found += [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    return found


def _read(path: Path, fingerprint: str) -> tuple[dict[str, list[int]], set[str], set[str]]:
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["fingerprint"] == fingerprint:
            return kept["files"], set(kept["contents"]), set(kept["pages"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}, set(), set()
    return {}, set(), set()
