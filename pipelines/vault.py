"""Sealing: one key per subject, so that forgetting a person is destroying one key.

Rows are sealed by AES-256-GCM-SIV (RFC 8452): authenticated, and safe to use with a fixed nonce, where all it
reveals is that two rows of one subject are equal. That makes sealing deterministic: re-ingesting equal data changes
no hash. Whoever opens rows shows the entry of the access log that says why.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pipelines.access import Access
from pipelines.cells import Cells, decode, encode
from pipelines.errors import SealError
from pipelines.keys import HEAD, KeyStore, derive, head
from pipelines.master import open_key_store

NONCE = bytes(12)


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
        content = encode(cells) + occurrence.to_bytes(8, "big")
        return hashlib.blake2b(content, key=self._rows, digest_size=16).hexdigest()

    def row_ids(self, contents: Iterable[bytes], occurrence: int) -> list[bytes]:
        """The same ids for contents that were encoded already: 16 bytes each."""
        start, last = hashlib.blake2b(key=self._rows, digest_size=16), occurrence.to_bytes(8, "big")
        found = []
        for content in contents:
            name = start.copy()  # half the time of hashing the key again
            name.update(content + last)
            found.append(name.digest())
        return found

    def key_names(self, values: Iterable[str]) -> list[str]:
        """The names by which rows of the same key are known: 32 hexadecimal digits, keyed."""
        start = hashlib.blake2b(key=self._rows, digest_size=16, person=b"key of a row")
        found = []
        for value in values:
            name = start.copy()
            name.update(value.encode("utf-8"))
            found.append(name.hexdigest())
        return found

    def derive(self, purpose: str) -> bytes:
        """A key of this data set for another `purpose`, 32 bytes; the same wherever the key store is."""
        return derive(self._rows, purpose)

    def seal(self, rows: Iterable[tuple[str, str, Cells]]) -> list[bytes]:
        """The sealed cells of each (row id, subject pseudonym, cells); new subjects get a key first.

        The keys are durable before this returns: nothing sealed can outlive its key by accident.
        """
        names, subjects, cells = _columns(rows)
        return self.seal_contents(names, subjects, [encode(each) for each in cells])

    def seal_contents(self, rows: Sequence[str], subjects: Sequence[str], contents: Sequence[bytes]) -> list[bytes]:
        """The same for cells that were encoded already."""
        keys = self.keys.ensure(set(subjects))
        sealed = [b""] * len(contents)
        for subject, places in _by_subject(subjects):
            start, cipher = head(keys[subject]), AESGCMSIV(keys[subject])
            for place in places:
                sealed[place] = start + cipher.encrypt(NONCE, contents[place], rows[place].encode())
        return sealed

    def open(self, rows: Iterable[tuple[str, str, bytes]], access: Access) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Nobody opens them without an entry of the access log that says who does and why. Raises SealError
        where bytes were altered or belong to another row.
        """
        contents = self.open_contents(*_columns(rows), access)
        return [None if content is None else decode(content) for content in contents]

    def open_contents(
        self, rows: Sequence[str], subjects: Sequence[str], sealed: Sequence[bytes], _: Access
    ) -> list[bytes | None]:
        """The same, with the cells as they were encoded."""
        keys, destroyed = self.keys.find(set(subjects)), self.keys.destroyed()
        opened: list[bytes | None] = [None] * len(sealed)
        for subject, places in _by_subject(subjects):
            left = [place for place in places if sealed[place][:HEAD] not in destroyed]
            if not left:
                continue
            if subject not in keys:
                raise _no_key()
            start, cipher = head(keys[subject]), AESGCMSIV(keys[subject])
            for place in left:
                opened[place] = _open(rows[place], start, cipher, sealed[place])
        return opened

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


def _columns(rows: Iterable[tuple[str, str, Any]]) -> tuple[list[str], list[str], list[Any]]:
    each = list(rows)
    return [row for row, _, _ in each], [subject for _, subject, _ in each], [last for _, _, last in each]


def _by_subject(subjects: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Each subject and the places of its rows: one cipher at a time, for each takes 3 kB while it lives."""
    order = sorted(range(len(subjects)), key=subjects.__getitem__)
    for subject, places in groupby(order, key=subjects.__getitem__):
        yield subject, list(places)


def _open(row: str, start: bytes, cipher: AESGCMSIV, sealed: bytes) -> bytes:
    try:
        if sealed[:HEAD] != start:
            raise InvalidTag
        return cipher.decrypt(NONCE, sealed[HEAD:], row.encode())
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
