"""Sealing: one key per subject, so that forgetting a person is destroying one key.

Rows are sealed by AES-256-GCM-SIV (RFC 8452): authenticated, and safe to use with a fixed nonce, where all it
reveals is that two rows of one subject are equal. That makes sealing deterministic: re-ingesting equal data changes
no hash. Whoever opens rows shows the entry of the access log that says why.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pipelines.access import Access
from pipelines.errors import SealError
from pipelines.keys import HEAD, KeyStore, derive, head
from pipelines.master import open_key_store

Cells = Sequence[str | None]

NONCE = bytes(12)
# The separators that ASCII has for this: of groups, records and units.
PLAIN, MISSING, PART = "\x1d", "\x1e", "\x1f"


class Vault:
    """What the keys of one data set's subjects seal and name."""

    def __init__(self, keys: KeyStore, namespace: str) -> None:
        self.keys = keys
        # Derived once, then kept wrapped: the master key can be rotated without changing a pseudonym.
        self._subjects = keys.own("subjects", f"{namespace}/subjects")
        self._rows = keys.own("rows", f"{namespace}/rows")
        # Whoever stands in for a person in texts is chosen by this: the same one in all texts of the data set.
        self.surrogate_key = keys.own("surrogates", f"{namespace}/surrogates")

    def close(self) -> None:
        """Close the key store."""
        self.keys.close()

    def pseudonym(self, subject: str) -> str:
        """The name under which a subject is known from arrival on: 32 hexadecimal digits, keyed."""
        return hashlib.blake2b(subject.encode("utf-8"), key=self._subjects, digest_size=16).hexdigest()

    def row_id(self, cells: Cells, occurrence: int) -> str:
        """The id of the `occurrence`-th row that holds exactly these `cells`: 32 hexadecimal digits, keyed."""
        content = _encode(cells) + occurrence.to_bytes(8, "big")
        return hashlib.blake2b(content, key=self._rows, digest_size=16).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A key of this data set for another `purpose`, 32 bytes; the same wherever the key store is."""
        return derive(self._rows, purpose)

    def seal(self, rows: Iterable[tuple[str, str, Cells]]) -> list[bytes]:
        """The sealed cells of each (row id, subject pseudonym, cells); new subjects get a key first.

        The keys are durable before this returns: nothing sealed can outlive its key by accident.
        """
        rows = list(rows)
        seals = {
            subject: (head(key), AESGCMSIV(key))
            for subject, key in self.keys.ensure({subject for _, subject, _ in rows}).items()
        }
        sealed = []
        for row, subject, cells in rows:
            start, cipher = seals[subject]
            sealed.append(start + cipher.encrypt(NONCE, _encode(cells), row.encode()))
        return sealed

    def open(self, rows: Iterable[tuple[str, str, bytes]], _: Access) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Nobody opens them without an entry of the access log that says who does and why. Raises SealError
        where bytes were altered or belong to another row.
        """
        rows = list(rows)
        seals = {
            subject: (head(key), AESGCMSIV(key))
            for subject, key in self.keys.find({subject for _, subject, _ in rows}).items()
        }
        destroyed = self.keys.destroyed()
        return [
            None if sealed[:HEAD] in destroyed else _open(row, seals.get(subject), sealed)
            for row, subject, sealed in rows
        ]

    def own_names(self, subjects: Collection[str], purpose: str) -> dict[str, bytes]:
        """For each of `subjects` a key for `purpose` that comes of the subject's own, and dies with it.

        What is named by it cannot be led back to a forgotten person, also by whoever holds all other keys.
        """
        return {subject: derive(key, purpose) for subject, key in self.keys.find(subjects).items()}

    def forget(self, subjects: Collection[str]) -> set[str]:
        """Destroy the keys of the subjects with these pseudonyms, for good; those of them who had one."""
        return self.keys.destroy(subjects)


def open_vault(home: Path, master_key: str | None, namespace: str) -> Vault:
    """The vault of the data set `namespace`, with its key store under `home`; both are made at first use."""
    return Vault(open_key_store(home, master_key, namespace), namespace)


def _open(row: str, seal: tuple[bytes, AESGCMSIV] | None, sealed: bytes) -> list[str | None]:
    if seal is None:
        raise _no_key()
    start, cipher = seal
    try:
        if sealed[:HEAD] != start:
            raise InvalidTag
        return _decode(cipher.decrypt(NONCE, sealed[HEAD:], row.encode()))
    except InvalidTag:
        raise SealError(
            "A sealed row does not open with its subject's key.",
            "Expected the bytes that were sealed at ingestion, under the same row id.",
            "restore data/raw from a remote (`dvc pull --force data/raw.dvc`), then run again.",
        ) from None


def _no_key() -> SealError:
    return SealError(
        "The key store has no key for a sealed row, and did not destroy it.",
        "Expected the key store under which the data were sealed (the folder `keys` in FLYWHEEL_HOME).",
        "bring that folder here; without it nobody can open these rows.",
    )


def _encode(cells: Cells) -> bytes:
    """Cells as one text, parted by what hardly any cell holds; as JSON where one does. Three times as fast as JSON."""
    cells = list(cells)
    text = PART.join([MISSING if cell is None else cell for cell in cells])
    if text.count(PART) == len(cells) - 1 and text.count(MISSING) == cells.count(None):
        return (PLAIN + text).encode("utf-8")
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _decode(content: bytes) -> list[str | None]:
    text = content.decode("utf-8")
    if not text.startswith(PLAIN):
        return list(json.loads(text))
    return [None if cell == MISSING else cell for cell in text[1:].split(PART)]
