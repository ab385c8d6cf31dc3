"""Sealing: one key per subject, so that forgetting a person is destroying one key.

Rows are sealed by AES-256-GCM under a nonce that is a keyed hash of the row's id and content (a synthetic nonce, as in
Rogaway and Shrimpton 2006, "Deterministic Authenticated-Encryption"): two contents never share one, and sealing is
deterministic: re-ingesting equal data changes no hash. The hash is keyed by the subject's own key and dies with it.
Whoever opens rows shows the entry of the access log that says why.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.access import Access
from pipelines.cells import Cells, decode, decode_rows, encode
from pipelines.errors import SealError
from pipelines.keys import FORMAT, HEAD, KeyStore, derive, head
from pipelines.master import open_key_store
from pipelines.seen import AT_ONCE, digests, one_by_one

# Bytes. Of nonces that look random one key bears 2^32 (NIST SP 800-38D, 8.3), and no person has as many rows.
NONCE = 12
BODY = HEAD + NONCE
# A nonce hashes the subject's key, then the row. A copy of a begun hash takes half the time of one that is given a key.
_NONCES = hashlib.blake2b(digest_size=NONCE, person=b"nonce of a row")
OPENED_AT_ONCE = 100_000

# The name of a row and its cells, sealed or not.
Piece = tuple[bytes, bytes]
Key = TypeVar("Key", bytes, bytes | None)


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
        return hashlib.blake2b(subject.strip().encode("utf-8"), key=self._subjects, digest_size=16).hexdigest()

    def pseudonyms(self, subjects: pl.Series) -> pl.Series:
        """The pseudonyms of many subjects, in half the time."""
        names = digests(one_by_one(subjects.str.strip_chars().cast(pl.Binary)), self._subjects)
        return pl.Series(subjects.name, names, dtype=pl.Binary).bin.encode("hex")

    def row_id(self, cells: Cells, occurrence: int) -> str:
        """The id of the `occurrence`-th row that holds exactly these `cells`: 32 hexadecimal digits, keyed."""
        content = encode(cells) + occurrence.to_bytes(8, "big")
        return hashlib.blake2b(content, key=self._rows, digest_size=16).hexdigest()

    def row_ids(self, contents: Iterable[bytes], occurrence: int) -> list[bytes]:
        """The same ids for contents that were encoded already: 16 bytes each."""
        return digests(contents, self._rows, end=occurrence.to_bytes(8, "big"))

    def key_names(self, values: Iterable[str]) -> list[str]:
        """The names by which rows of the same key are known: 32 hexadecimal digits, keyed."""
        encoded = (value.encode() for value in values)
        return [name.hex() for name in digests(encoded, self._rows, person=b"key of a row")]

    def derive(self, purpose: str) -> bytes:
        """A key of this data set for another `purpose`, 32 bytes; the same wherever the key store is."""
        return derive(self._rows, purpose)

    def seal(self, rows: Iterable[tuple[str, str, Cells]]) -> list[bytes]:
        """The sealed cells of each (row id, subject pseudonym, cells); new subjects get a key first.

        The keys are durable before this returns: nothing sealed can outlive its key by accident.
        """
        rows = list(rows)
        contents = [encode(cells) for _, _, cells in rows]
        return self.seal_contents([row for row, _, _ in rows], [subject for _, subject, _ in rows], contents)

    def seal_contents(self, rows: Sequence[str], subjects: Sequence[str], contents: Sequence[bytes]) -> list[bytes]:
        """The same for cells that were encoded already; fastest where the rows of a subject are neighbours."""
        keys = self.keys.ensure(subjects)
        return list(_sealed(_owners(keys, subjects), zip(map(str.encode, rows), contents, strict=True)))

    def seal_frame(self, ready: pl.DataFrame) -> pl.Series:
        """The same for the rows of `ready` (row, subject, content)."""
        order, owners, rows = _by_subject(ready, "content")
        keys = self.keys.ensure_each(owners["value"])
        return _back(_sealed(zip(keys, owners["len"], strict=True), rows), order)

    def open(self, rows: Iterable[tuple[str, str, bytes]], access: Access) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Nobody opens them without an entry of the access log that says who does and why. Raises SealError
        where bytes were altered or belong to another row.
        """
        rows = list(rows)
        subjects = [subject for _, subject, _ in rows]
        different = pl.Series(subjects, dtype=pl.String).unique()
        found, destroyed = self._keys(different, access)
        owners = _owners(dict(zip(different, found, strict=True)), subjects)
        contents = _opened(owners, ((row.encode(), sealed) for row, _, sealed in rows), destroyed)
        return [None if content is None else decode(content) for content in contents]

    def open_frame(self, sealed: pl.DataFrame, columns: Sequence[str], access: Access) -> pl.DataFrame:
        """The rows of `sealed` (row, subject, sealed) that nobody was forgotten of, their cells as `columns`."""

        def cells(some: pl.DataFrame) -> pl.DataFrame:
            order, owners, rows = _by_subject(some, "sealed")
            keys, destroyed = self._keys(owners["value"], access)
            found = _back(_opened(zip(keys, owners["len"], strict=True), rows, destroyed), order)
            there = found.is_not_null()
            opened = decode_rows(found.filter(there), columns)
            return pl.concat([some.filter(there).drop("sealed"), opened], how="horizontal")

        # In slices: what is sealed, its bytes and its cells then stand side by side for some rows only.
        return pl.concat([cells(some) for some in sealed.iter_slices(OPENED_AT_ONCE)] or [cells(sealed)], rechunk=True)

    def _keys(self, subjects: pl.Series, _: Access) -> tuple[list[bytes | None], set[bytes]]:
        return self.keys.find_each(subjects), self.keys.destroyed()

    def own_names(self, subjects: Collection[str], purpose: str) -> dict[str, bytes]:
        """For each of `subjects` a key for `purpose` that comes of the subject's own, and dies with it.

        What is named by it cannot be led back to a forgotten person, also by whoever holds all other keys.
        """
        return {subject: derive(key, purpose) for subject, key in self.keys.find(subjects).items()}

    def refuse_others(self, rows: Sequence[tuple[str, bytes]]) -> None:
        """Raise SealError where none of `rows` (subject pseudonym, sealed cells) was sealed under these keys."""
        if not rows or self.keys.find({subject for subject, _ in rows}):
            return
        destroyed = self.keys.destroyed()
        if not any(sealed[:HEAD] in destroyed for _, sealed in rows):
            raise _no_key()

    def forget(self, subjects: Collection[str]) -> set[str]:
        """Destroy the keys of the subjects with these pseudonyms, for good; those of them who had one."""
        return self.keys.destroy(subjects)


def open_vault(home: Path, master_key: str | None, namespace: str) -> Vault:
    """The vault of the data set `namespace`, with its key store under `home`; both are made at first use."""
    return Vault(open_key_store(home, master_key, namespace), namespace)


def _owners(keys: Mapping[str, Key], subjects: Sequence[str]) -> Iterator[tuple[Key, int]]:
    """The key of each run of neighbours that are of one subject, and how many they are."""
    return ((keys[subject], len(list(own))) for subject, own in groupby(subjects))


def _by_subject(frame: pl.DataFrame, column: str) -> tuple[pl.Series, pl.DataFrame, Iterator[Piece]]:
    """The order that brings a subject's rows together, each subject's name and its count of rows (value, len), and
    what is in the rows under "row" and `column`.

    A cipher takes 1 µs to make and 3 kB while it lives: each is made once, and the next one takes its place.
    """
    order = frame["subject"].hash().arg_sort()
    names, contents = frame["row"].cast(pl.Binary).gather(order), frame[column].gather(order)
    owners = frame["subject"].gather(order).rle().struct.unnest()
    return order, owners, zip(one_by_one(names), one_by_one(contents), strict=True)


def _back(found: Iterator[bytes | None], order: pl.Series) -> pl.Series:
    """What was found in the rows by subject, as they came.

    Not all at once: fresh memory for so many objects would cost as much as the ciphers.
    """
    parts = [pl.Series(dtype=pl.Binary)]
    while some := list(islice(found, AT_ONCE)):
        parts.append(pl.Series(some, dtype=pl.Binary))
    return pl.concat(parts).gather(order.arg_sort())


def _sealed(owners: Iterable[tuple[bytes, int]], rows: Iterator[Piece]) -> Iterator[bytes]:
    # The inner loop runs for each row: nothing in it calls a function of ours.
    for key, count in owners:
        start, encrypt = head(key), AESGCM(key).encrypt
        for name, content in islice(rows, count):
            hashed = _NONCES.copy()
            hashed.update(key + name + b"\0" + content)
            nonce = hashed.digest()
            yield start + nonce + encrypt(nonce, content, name)


def _opened(
    owners: Iterable[tuple[bytes | None, int]], rows: Iterator[Piece], destroyed: Collection[bytes]
) -> Iterator[bytes | None]:
    for key, count in owners:
        expected, decrypt = (head(key), AESGCM(key).decrypt) if key else (b"", None)
        for name, sealed in islice(rows, count):
            start = sealed[:HEAD]
            if start in destroyed:
                yield None
                continue
            if decrypt is None:
                raise _no_key()
            if start != expected or len(sealed) < BODY:
                raise _does_not_open(sealed)
            try:
                yield decrypt(sealed[HEAD:BODY], sealed[BODY:], name)
            except InvalidTag:
                raise _does_not_open(sealed) from None


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
        "set FLYWHEEL_HOME to where it is, or bring it here; without it nobody can open these rows.",
    )
