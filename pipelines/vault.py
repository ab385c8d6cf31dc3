"""Sealing: one key per subject, so that forgetting a person is destroying one key.

Rows are sealed by AES-256-GCM under a nonce that is a keyed hash of the row's id and content (a synthetic nonce, as in
Rogaway and Shrimpton 2006, "Deterministic Authenticated-Encryption"): two contents never share one, and sealing is
deterministic: re-ingesting equal data changes no hash. The hash is keyed by the subject's own key and dies with it.
Whoever opens rows shows the entry of the access log that says why.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.access import Access
from pipelines.cells import Cells, decode, decode_rows, encode
from pipelines.errors import SealError
from pipelines.keys import FORMAT, HEAD, KeyStore, derive, head
from pipelines.master import open_key_store
from pipelines.seen import hashes

# Bytes. Of nonces that look random one key bears 2^32 (NIST SP 800-38D, 8.3), and no person has as many rows.
NONCE = 12
BODY = HEAD + NONCE


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

    def pseudonyms(self, subjects: Iterable[str]) -> list[str]:
        """The pseudonyms of many subjects, in half the time."""
        return [name.hexdigest() for name in hashes((subject.encode() for subject in subjects), self._subjects)]

    def row_id(self, cells: Cells, occurrence: int) -> str:
        """The id of the `occurrence`-th row that holds exactly these `cells`: 32 hexadecimal digits, keyed."""
        content = encode(cells) + occurrence.to_bytes(8, "big")
        return hashlib.blake2b(content, key=self._rows, digest_size=16).hexdigest()

    def row_ids(self, contents: Iterable[bytes], occurrence: int) -> list[bytes]:
        """The same ids for contents that were encoded already: 16 bytes each."""
        last = occurrence.to_bytes(8, "big")
        return [name.digest() for name in hashes((content + last for content in contents), self._rows)]

    def key_names(self, values: Iterable[str]) -> list[str]:
        """The names by which rows of the same key are known: 32 hexadecimal digits, keyed."""
        encoded = (value.encode() for value in values)
        return [name.hexdigest() for name in hashes(encoded, self._rows, person=b"key of a row")]

    def derive(self, purpose: str) -> bytes:
        """A key of this data set for another `purpose`, 32 bytes; the same wherever the key store is."""
        return derive(self._rows, purpose)

    def seal(self, rows: Iterable[tuple[str, str, Cells]]) -> list[bytes]:
        """The sealed cells of each (row id, subject pseudonym, cells); new subjects get a key first.

        The keys are durable before this returns: nothing sealed can outlive its key by accident.
        """
        rows = list(rows)
        return self._seal([(row, subject, encode(cells)) for row, subject, cells in rows])

    def seal_contents(self, rows: Sequence[str], subjects: Sequence[str], contents: Sequence[bytes]) -> list[bytes]:
        """The same for cells that were encoded already, as `cells.encode_rows` does for a whole frame at once."""
        return self._seal(list(zip(rows, subjects, contents, strict=True)))

    def _seal(self, rows: list[tuple[str, str, bytes]]) -> list[bytes]:
        keys = self.keys.ensure({subject for _, subject, _ in rows})
        sealed = [b""] * len(rows)
        for subject, places in _by_subject(rows):
            key = keys[subject]
            start, cipher = head(key), AESGCM(key)
            # The loop runs for each row: nothing in it calls a function of ours.
            for place in places:
                row, _, content = rows[place]
                name = row.encode()
                nonce = hashlib.blake2b(name + b"\0" + content, key=key, digest_size=NONCE).digest()
                sealed[place] = start + nonce + cipher.encrypt(nonce, content, name)
        return sealed

    def open(self, rows: Iterable[tuple[str, str, bytes]], access: Access) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Nobody opens them without an entry of the access log that says who does and why. Raises SealError
        where bytes were altered or belong to another row.
        """
        return [None if content is None else decode(content) for content in self._open(list(rows), access)]

    def open_frame(self, sealed: pl.DataFrame, columns: Sequence[str], access: Access) -> pl.DataFrame:
        """The rows of `sealed` (row, subject, sealed) that nobody was forgotten of, their cells as `columns`."""
        opened = self._open(list(sealed.select("row", "subject", "sealed").iter_rows()), access)
        content = pl.Series("content", opened, dtype=pl.Binary)
        there = content.is_not_null()
        cells = decode_rows(content.filter(there), columns)
        return pl.concat([sealed.filter(there).drop("sealed"), cells], how="horizontal")

    def _open(self, rows: list[tuple[str, str, bytes]], _: Access) -> list[bytes | None]:
        keys, destroyed = self.keys.find({subject for _, subject, _ in rows}), self.keys.destroyed()
        opened: list[bytes | None] = [None] * len(rows)
        for subject, places in _by_subject(rows):
            key = keys.get(subject)
            expected, cipher = (head(key), AESGCM(key)) if key else (b"", None)
            # As in `_seal`, nothing in the loop calls a function of ours, but to refuse.
            for place in places:
                row, sealed = rows[place][0], rows[place][2]
                start = sealed[:HEAD]
                if start in destroyed:
                    continue
                if cipher is None:
                    raise _no_key()
                if start != expected or len(sealed) < BODY:
                    raise _does_not_open(sealed)
                try:
                    opened[place] = cipher.decrypt(sealed[HEAD:BODY], sealed[BODY:], row.encode())
                except InvalidTag:
                    raise _does_not_open(sealed) from None
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


def _by_subject(rows: Sequence[tuple[str, str, bytes]]) -> Iterable[tuple[str, list[int]]]:
    """Each subject and the places of its rows: one cipher at a time, for each takes 3 kB while it lives."""
    found: dict[str, list[int]] = {}
    for place, (_, subject, _) in enumerate(rows):
        found.setdefault(subject, []).append(place)
    return found.items()


def _does_not_open(sealed: bytes) -> SealError:
    if sealed[:1] != FORMAT:
        return SealError(
            "A sealed row does not open: it has another format than this version writes.",
            "Expected rows that this version of Flywheel sealed.",
            "ingest the source into a new workspace; where the file is damaged, restore data/raw from a remote.",
        )
    return SealError(
        "A sealed row does not open with its subject's key.",
        "Expected the bytes that were sealed at ingestion, under the same row id.",
        "restore data/raw from a remote (`dvc pull --force data/raw.dvc`), then run again.",
    )


def _no_key() -> SealError:
    return SealError(
        "The key store has no key for a sealed row, and did not destroy it.",
        "Expected the key store under which the data were sealed (the folder `keys` in FLYWHEEL_HOME).",
        "bring that folder here; without it nobody can open these rows.",
    )
