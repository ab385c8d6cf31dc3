"""Canaries: rows of nobody, planted among the people's, so that whatever shows a row can be seen to show one.

Each is invented from a key of the vault and its row's id: the same wherever the key is, and known to nobody else. One
of each part is faulty on purpose: what is held back is what a careless report would show.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.pictures import stored_png
from pipelines.raw import PLANTED, SealedRow
from pipelines.record import Column, Record
from pipelines.vault import Vault

PURPOSE = "canaries"
PER_PART = 4
SIDE = 18  # of a picture: as many pixels as a marker has letters
AREA_CODES = (202, 212, 305, 312, 415, 503, 617, 702, 713, 808)
# Weights and check characters of a resident id (GB 11643-1999).
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


@dataclass(frozen=True)
class Canary:
    """What one canary is called, and where it could be reached if it were somebody."""

    marker: str
    name: str
    email: str
    phone: str
    card: str
    resident: str
    link: str
    handle: str

    @property
    def identifiers(self) -> tuple[str, ...]:
        """What the anonymiser must take out of a text, by pattern alone."""
        return self.email, self.phone, self.card, self.resident, self.link, self.handle

    @property
    def needles(self) -> tuple[str, ...]:
        """What occurs nowhere else, as a part of any text: 40 bits and more of each are drawn."""
        return self.marker, self.name, self.email, self.link, self.handle


def canary(key: bytes, row: str) -> Canary:
    """The canary of the row `row`; the addresses are reserved ones (RFC 2606, 555-01xx), the birth long ago."""
    drawn = hashlib.blake2b(row.encode(), key=key, digest_size=32).hexdigest()
    number = int(drawn, 16)
    area, line = AREA_CODES[number % 10], number // 10 % 100
    birth = (
        f"110105{1900 + number // 7 % 10}{1 + number // 11 % 12:02}{1 + number // 13 % 28:02}{number // 17 % 1000:03}"
    )
    return Canary(
        marker=f"canary{drawn[:12]}",
        name=f"Canarina {_spelled(drawn[12:22])}",
        email=f"canary.{drawn[22:32]}@example.net",
        phone=f"{area}-555-01{line:02}",
        card=_with_luhn(f"400000{number // 19 % 10**9:09}"),
        resident=birth + _CHECKS[sum(int(d) * w for d, w in zip(birth, _WEIGHTS, strict=True)) % 11],
        link=f"https://canary.example.com/{drawn[32:42]}",
        handle=f"@canary_{drawn[42:52]}",
    )


def _spelled(digits: str) -> str:
    """Hexadecimal digits as syllables: 4 bits each."""
    consonants, vowels = "bdfgklmnprstvzwx", "aeiouaeiouaeioua"
    letters = ((vowels if place % 2 else consonants)[int(digit, 16)] for place, digit in enumerate(digits))
    return "".join(letters).capitalize()


def _with_luhn(digits: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def canaries(vault: Vault, rows: Iterable[str]) -> list[Canary]:
    """The canaries of the planted rows `rows`."""
    key = vault.derive(PURPOSE)
    return [canary(key, row) for row in rows]


def plant(vault: Vault, record: Record, part: int) -> list[SealedRow]:
    """The canaries of the part number `part`, sealed; equal arguments give equal bytes."""
    rows = [vault.row_id([PURPOSE, str(part)], place) for place in range(PER_PART)]
    owners = [vault.pseudonym(each.marker) for each in canaries(vault, rows)]
    ready = [
        (row, owner, cells(each, record, turn=place, faulty=place == PER_PART - 1))
        for place, (row, owner, each) in enumerate(zip(rows, owners, canaries(vault, rows), strict=True))
    ]
    blobs = vault.seal(ready)
    return [SealedRow(row, owner, PLANTED, blob) for (row, owner, _), blob in zip(ready, blobs, strict=True)]


def cells(each: Canary, record: Record, *, turn: int = 0, faulty: bool = False) -> list[str | None]:
    """A row of `record` that this canary wrote: it passes every expectation, or, if `faulty`, as few as it can."""
    return [
        _faulty(each, column) if faulty and _can_fail(column) else _cell(each, column, turn)
        for column in record.columns
    ]


def _can_fail(column: Column) -> bool:
    return column.type not in ("text", "category") or (bool(column.categories) and column.role != "split")


def _faulty(each: Canary, column: Column) -> str:
    return f"{each.marker}-{column.name}"


def _cell(each: Canary, column: Column, turn: int) -> str | None:
    if column.role == "consent":
        return column.granted[0]
    if column.role == "split":
        return "train"
    if column.categories:
        return column.categories[0]
    match column.type:
        case "integer" | "number":
            return str(int(_within(column)))
        case "boolean":
            return "yes"
        case "time":
            return "2001-02-03T04:05:06+00:00"
        case "image":
            # Its pixels are the marker's letters, and its bytes are stored as they are: whoever shows it shows them.
            return base64.b64encode(stored_png(each.marker.encode() * 18, SIDE, SIDE)).decode()
    if column.privacy == "free_text" or column.role == "text":
        return _written(each, column, turn)
    return _named(each, column) if column.privacy == "identifier" or column.type == "text" else each.marker


def _within(column: Column) -> float:
    low = column.min if column.min is not None else min(0, column.max or 0)
    return -(-low // 1)


def _named(each: Canary, column: Column) -> str:
    """What a column with this name holds: who somebody is, or else the marker."""
    name = column.name.casefold()
    kinds = {"mail": each.email, "phone": each.phone, "mobile": each.phone, "tel": each.phone, "card": each.card}
    kinds |= {"user": each.marker, "name": each.name, "url": each.link, "link": each.link}
    found = next((value for word, value in kinds.items() if word in name), each.marker)
    return found if column.max is None or len(found) <= column.max else each.marker[: int(column.max)]


def _written(each: Canary, column: Column, turn: int) -> str:
    """A text of no more than the longest length allowed: as many identifiers as fit, in another order each `turn`."""
    told = [*each.identifiers[turn:], *each.identifiers[:turn]]
    text = f"{each.marker} works well. Ask me: "
    for identifier in told:
        longer = f"{text}{identifier} , "
        if column.max is None or len(longer) + 4 <= column.max:
            text = longer
    text = f"{text}bye."
    text += " " + "again " * max(0, -(-(int(column.min or 0) - len(text)) // 6))
    return text[: int(column.max)] if column.max is not None else text


def let_through(known: Sequence[Canary], texts: Iterable[str | None]) -> int:
    """How many identifiers of the canaries `known` stand in `texts` still."""
    together = "\n".join(text for text in texts if text is not None)
    return sum(identifier in together for each in known for identifier in each.identifiers)
