"""What is looked for: the canaries as they are, and what names a person as a keyed hash, which names nobody.

The hashes are 64 bits under a key of the vault: kept on the disk they spare opening all people again for each run.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.canaries import canaries
from pipelines.files import digest, replacing
from pipelines.leaks.patterns import strong_spans
from pipelines.leaks.tokens import tokens_of
from pipelines.raw import parts, planted_rows
from pipelines.record import Record
from pipelines.vault import Vault

Hashes: TypeAlias = NDArray[np.uint64]
PURPOSE = "leaks"
_HERE = Path(__file__).parent
CODE = (*sorted(_HERE.glob("*.py")), _HERE.parent / "canaries.py", _HERE.parent / "privacy")
# A name is compared with whole cells, never looked for inside a text: people are also called what things are called.
SHORTEST_NAME = 5
_HAN = re.compile("[\u3400-\u9fff]{2}")


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a workspace; `fingerprint` names exactly this."""

    fingerprint: str
    key: bytes
    canaries: tuple[str, ...]
    tokens: Hashes
    names: Hashes
    # Pieces of text that were looked at: row ids and digests stand in many files.
    strangers: set[str] = field(default_factory=set, compare=False)

    def count_tokens(self, found: Iterable[str]) -> int:
        """How many of the tokens `found` are a person's."""
        number = _common(hashes(self.key, found), self.tokens)
        if number:
            self.strangers.clear()  # some of them are none: they shall be found in the next file as well
        return number

    def count_names(self, found: Iterable[str]) -> int:
        """How many of the whole cells `found` are a person's name, or another identifier that is a word."""
        return _common(hashes(self.key, (cell.strip().casefold() for cell in found)), self.names)


def _common(found: Hashes, wanted: Hashes) -> int:
    return int(np.isin(found, wanted).sum()) if len(found) and len(wanted) else 0


def hashes(key: bytes, values: Iterable[str]) -> Hashes:
    """The sorted 64-bit hashes of `values` under `key`."""
    found = b"".join(
        hashlib.blake2b(v.encode("utf-8", "replace"), key=key, digest_size=8).digest() for v in set(values)
    )
    return np.unique(np.frombuffer(found, dtype=np.uint64))


def fingerprint(raw: Path, record: Record, vault: Vault, allowed: Sequence[str]) -> str:
    """What tells these people, this record, this code and these exceptions apart from others; it holds no value."""
    held = [(part.name, status.st_size, status.st_mtime_ns) for part in parts(raw) for status in [part.stat()]]
    content = repr((held, record, len(vault.keys.destroyed()), sorted(allowed), digest(*CODE)))
    return hashlib.blake2b(content.encode(), key=vault.derive(PURPOSE), digest_size=16).hexdigest()


def look_for(
    raw: Path, people: pl.DataFrame, record: Record, vault: Vault, allowed: Sequence[str], mark: str
) -> Wanted:
    """What to look for, given all `people` of `raw` in the clear; of them nothing but hashes is kept."""
    key = vault.derive(PURPOSE)
    known = canaries(vault, planted_rows(raw))
    values = {value for values in _identifiers(people, record) for value in values} - _going_on(people, record)
    values -= {value.strip().casefold() for value in allowed}
    # Who answered a prediction and was not named is known by its id, which stands in the clear and names nobody.
    values -= set(people["row"])
    telling = {value: tokens_of(value) for value in values}
    telling |= {
        number: tokens_of(number) for each in known for number in (each.email, each.phone, each.card, each.resident)
    }
    names = [value for value, found in telling.items() if not found and _is_name(value)]
    tokens = {token for found in telling.values() for token in found}
    needles = tuple(needle.lower() for each in known for needle in each.needles)
    return Wanted(mark, key, needles, hashes(key, tokens), hashes(key, names))


def _identifiers(people: pl.DataFrame, record: Record) -> Iterable[set[str]]:
    """What names people: the values of identifying columns, and what patterns are sure of in their texts."""
    for column in record.columns:
        values = people[column.name].drop_nulls().unique()
        if column.privacy == "identifier" or column.role == "subject":
            yield {value.strip().casefold() for value in values}
        elif column.type == "text":
            yield {text[span.start : span.end].casefold() for text, span in strong_spans(values)}


def _going_on(people: pl.DataFrame, record: Record) -> set[str]:
    """The values that columns behind the anonymiser may hold: a person called like a city is not looked for."""
    kept = [c for c in record.columns if c.privacy != "identifier" and c.role != "subject" and c.type != "text"]
    found = {value.strip().casefold() for c in kept for value in people[c.name].drop_nulls().unique()}
    return found | {value.casefold() for column in record.columns for value in (column.name, *column.categories)}


def _is_name(value: str) -> bool:
    return len(value) >= SHORTEST_NAME or _HAN.search(value) is not None


def save(wanted: Wanted, path: Path) -> None:
    """Keep the hashes in `path`."""
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez(file, fingerprint=np.array(wanted.fingerprint), tokens=wanted.tokens, names=wanted.names)


def load(path: Path, raw: Path, vault: Vault, mark: str) -> Wanted | None:
    """What `save` kept, where it is of the fingerprint `mark`; the canaries are invented again."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["fingerprint"]) != mark:
                return None
            tokens, names = kept["tokens"], kept["names"]
    except (OSError, ValueError, KeyError):
        return None
    needles = tuple(needle.lower() for each in canaries(vault, planted_rows(raw)) for needle in each.needles)
    return Wanted(mark, vault.derive(PURPOSE), needles, tokens, names)


def nobody(record: Record) -> pl.DataFrame:
    """The rows of a workspace that has none yet."""
    return pl.DataFrame(schema=dict.fromkeys(record.names, pl.String))
