"""Which rows of a source are new: each named by what it holds, and looked for among those that are known."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.cells import encode_rows, name_rows, rare_rows
from pipelines.record import Record
from pipelines.seen import Flags, Seen, halves, one_by_one
from pipelines.superseding import Standing, key_of
from pipelines.values import named_in
from pipelines.vault import Vault

# A row that may be sealed: its id, its subject's pseudonym, the name of its key, and its cells as they are encoded.
READY = {"row": pl.String, "subject": pl.String, "key": pl.String, "content": pl.Binary}


def consents(record: Record) -> pl.Expr:
    """Whether a row says that it may be kept."""
    consent = record.with_role("consent")
    return pl.lit(value=True) if consent is None else pl.col(consent.name).is_in(consent.granted).fill_null(value=False)


@dataclass
class Fresh:
    """Finds the rows that are new in frames of one source, shown in their order, and counts the others.

    `counts`: rows, without_consent, suppressed (of those in `held_back`), known. A row that comes n times is n rows:
    the number of its occurrence is a part of its id. Memory: 16 bytes for each row, and a hundred for each different
    row that comes more than once.
    """

    record: Record
    vault: Vault
    known: Seen
    held_back: Collection[str]
    standing: Standing | None = None
    counts: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)  # people whose last row so far does not consent
    _names: Seen = field(default_factory=Seen)
    _repeats: Counter[bytes] = field(default_factory=Counter)

    def among(self, arrived: pl.DataFrame) -> pl.DataFrame:
        """The rows of `arrived` that are new, ready to be sealed."""
        rows = arrived.filter(consents(self.record))
        self._hear(arrived)
        self.counts["rows"] += arrived.height
        self.counts["without_consent"] += arrived.height - rows.height
        rare = rare_rows(rows, self.record.names)
        ids, key = self._ids(name_rows(rows, rare)), key_of(rows, self.record, self.vault)
        known_ids = self.known.has(halves(ids))
        if self.standing is not None:
            self._let_stand(rows, ids, known_ids, key, self.standing)
        row = pl.Series("row", ids, dtype=pl.Binary).bin.encode("hex")
        subject = owners_of(rows, row, self.record, self.vault)
        held = subject.is_in(list(self.held_back)) if self.held_back else pl.repeat(False, rows.height, eager=True)
        known = pl.Series(known_ids, dtype=pl.Boolean)
        self.counts["suppressed"] += int(held.sum())
        self.counts["known"] += int((known & ~held).sum())
        content = encode_rows(rows, self.record.names, rare)
        ready = pl.DataFrame([row, subject.alias("subject"), key.alias("key"), content.alias("content")])
        return ready.filter(~held & ~known)

    def _hear(self, arrived: pl.DataFrame) -> None:
        """Note whose last row does not consent: what came of them above it, in this very source, may not stay."""
        subject = self.record.with_role("subject")
        if subject is None or self.record.with_role("consent") is None:
            return
        said = arrived.select(named_in(arrived, subject).alias("person"), consents(self.record).alias("given"))
        said = said.drop_nulls("person")
        asked = self.refused.union(said.filter(~pl.col("given"))["person"])
        if asked:
            last = said.filter(pl.col("person").is_in(list(asked))).group_by("person", maintain_order=True).last()
            given = set(last.filter("given")["person"])
            self.refused = asked - given

    def _ids(self, contents: pl.Series) -> list[bytes]:
        ids = self.vault.row_ids(one_by_one(contents), 0)
        for place in np.flatnonzero(self._names.add(halves(ids))):
            # Equal ids are equal rows: they are keyed hashes of 128 bits.
            first = ids[place]
            self._repeats[first] += 1
            (ids[place],) = self.vault.row_ids([contents[int(place)]], self._repeats[first])
        return ids

    def _let_stand(
        self, rows: pl.DataFrame, ids: list[bytes], known: Flags, key: pl.Series, standing: Standing
    ) -> None:
        """Name known rows anew, as one more occurrence, where they come back as the last of their key.

        So a value that was corrected, and then corrected back, stands again.
        """
        last, stands = standing.next(key, ~known)
        for place in np.flatnonzero(last):
            renewed = standing.is_renewed(key[int(place)])
            if stands[place] == ids[place].hex() and not renewed:
                continue
            content, occurrence = name_rows(rows[int(place)]).to_list(), 0
            (name,) = self.vault.row_ids(content, occurrence)
            while self.known.has(halves([name])).all() and (renewed or name.hex() != stands[place]):
                occurrence += 1
                (name,) = self.vault.row_ids(content, occurrence)
            ids[place], known[place] = name, name.hex() == stands[place]


def owners_of(rows: pl.DataFrame, ids: pl.Series, record: Record, vault: Vault) -> pl.Series:
    """Whose each row is. A row without a subject is its own subject: it can still be forgotten by itself."""
    subject = record.with_role("subject")
    if subject is None:
        return ids
    people = named_in(rows, subject)
    named = people.is_not_null()
    return ids.clone().scatter(named.arg_true(), vault.pseudonyms(people.filter(named)))
