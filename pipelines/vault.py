"""Sealing: one key per subject, so that forgetting a person is destroying one key.

Rows are sealed by AES-256-GCM under a nonce that is a keyed hash of the row's id and content (a synthetic nonce, as in
Rogaway and Shrimpton 2006, "Deterministic Authenticated-Encryption"): two contents never share one, and sealing is
deterministic: re-ingesting equal data changes no hash. The hash is keyed by the subject's own key and dies with it.
Whoever opens rows shows the entry of the access log that says why.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.access import Access
from pipelines.errors import SealError
from pipelines.keys import FORMAT, HEAD, KeyStore, derive, head
from pipelines.master import open_key_store

Cells = Sequence[str | None]

# Bytes. Of nonces that look random one key bears 2^32 (NIST SP 800-38D, 8.3), and no person has as many rows.
NONCE = 12
BODY = HEAD + NONCE
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
        return self._seal([(row, subject, _encode(cells)) for row, subject, cells in rows])

    def seal_frame(self, rows: Sequence[str], subjects: Sequence[str], cells: pl.DataFrame) -> list[bytes]:
        """The same for the rows of a frame of texts; several times as fast as row by row."""
        return self._seal(list(zip(rows, subjects, _encode_frame(cells), strict=True)))

    def _seal(self, rows: list[tuple[str, str, bytes]]) -> list[bytes]:
        seals = {
            subject: (head(key), key, AESGCM(key))
            for subject, key in self.keys.ensure({subject for _, subject, _ in rows}).items()
        }
        sealed = []
        # The loop runs for each row: nothing in it calls a function of ours.
        for row, subject, content in rows:
            start, key, cipher = seals[subject]
            name = row.encode()
            nonce = hashlib.blake2b(name + b"\0" + content, key=key, digest_size=NONCE).digest()
            sealed.append(start + nonce + cipher.encrypt(nonce, content, name))
        return sealed

    def open(self, rows: Iterable[tuple[str, str, bytes]], access: Access) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Nobody opens them without an entry of the access log that says who does and why. Raises SealError
        where bytes were altered or belong to another row.
        """
        return [None if content is None else _decode(content) for content in self._open(list(rows), access)]

    def open_frame(self, sealed: pl.DataFrame, columns: Sequence[str], access: Access) -> pl.DataFrame:
        """The rows of `sealed` (row, subject, sealed) that nobody was forgotten of, their cells as `columns`."""
        opened = self._open(list(sealed.select("row", "subject", "sealed").iter_rows()), access)
        content = pl.Series("content", opened, dtype=pl.Binary)
        there = content.is_not_null()
        cells = _decode_frame(content.filter(there), columns)
        return pl.concat([sealed.filter(there).drop("sealed"), cells], how="horizontal")

    def _open(self, rows: list[tuple[str, str, bytes]], _: Access) -> list[bytes | None]:
        found = self.keys.find({subject for _, subject, _ in rows})
        seals = {subject: (head(key), AESGCM(key)) for subject, key in found.items()}
        destroyed = self.keys.destroyed()
        opened: list[bytes | None] = []
        # As in `_seal`, nothing in the loop calls a function of ours, but to refuse.
        for row, subject, sealed in rows:
            start = sealed[:HEAD]
            if start in destroyed:
                opened.append(None)
                continue
            if subject not in seals:
                raise _no_key()
            expected, cipher = seals[subject]
            if start != expected or len(sealed) < HEAD + NONCE:
                raise _does_not_open(sealed)
            try:
                opened.append(cipher.decrypt(sealed[HEAD:BODY], sealed[BODY:], row.encode()))
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


def _encode(cells: Cells) -> bytes:
    """Cells as one text, parted by what hardly any cell holds; as JSON where one does. Three times as fast as JSON."""
    cells = list(cells)
    text = PART.join([MISSING if cell is None else cell for cell in cells])
    if text.count(PART) == len(cells) - 1 and text.count(MISSING) == cells.count(None):
        return (PLAIN + text).encode("utf-8")
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _encode_frame(cells: pl.DataFrame) -> list[bytes]:
    """What `_encode` gives for each row, without a loop where no cell of any holds a separator."""
    filled = [pl.col(name).fill_null(MISSING) for name in cells.columns]
    texts = cells.select(pl.concat_str(filled, separator=PART)).to_series()
    parts, missing = (texts.str.count_matches(mark, literal=True).sum() for mark in (PART, MISSING))
    if parts != cells.height * (cells.width - 1) or missing != sum(cells.null_count().row(0)):
        return [_encode(row) for row in cells.iter_rows()]
    found: list[bytes] = (PLAIN + texts).cast(pl.Binary).to_list()
    return found


def _decode(content: bytes) -> list[str | None]:
    text = content.decode("utf-8")
    if not text.startswith(PLAIN):
        return list(json.loads(text))
    cells: list[str | None] = [*text[1:].split(PART)]
    return [None if cell == MISSING else cell for cell in cells] if MISSING in text else cells


def _decode_frame(content: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """What `_decode` gives for each row, as columns; a row of another number of cells is a mistake of ours."""
    texts = content.cast(pl.String)
    plain = texts.str.starts_with(PLAIN) & (texts.str.count_matches(PART, literal=True) == len(columns) - 1)
    if not plain.all():
        rows = [_decode(bytes(each)) for each in content]
        return pl.DataFrame(rows, dict.fromkeys(columns, pl.String), orient="row")
    cells = texts.str.slice(1).str.split_exact(PART, len(columns) - 1).struct.unnest()
    cells.columns = list(columns)
    return cells.select(pl.when(pl.col(name) != MISSING).then(pl.col(name)).alias(name) for name in columns)
