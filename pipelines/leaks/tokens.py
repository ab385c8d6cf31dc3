"""The pieces of a text that can be compared with a person's identifiers: addresses, numbers, ids, in one spelling.

A token is telling by itself: an e-mail address, a number of 9 digits or more, or an id of 8 characters or more that
mixes letters with 2 digits or more. Whatever is shorter, or a word, stands in many places for other reasons.
"""

import re
from collections.abc import Iterable, Iterator

import polars as pl

# In the syntax of Rust's regex, which knows no look-around and takes linear time.
EMAIL = r"[0-9A-Za-z_][0-9A-Za-z._%+'&-]{0,63}@[0-9A-Za-z][0-9A-Za-z.-]{2,252}"
NUMBER = r"[0-9](?:[ ().+/-]{0,3}[0-9]){8,30}"
ID = r"[0-9A-Za-z](?:[0-9A-Za-z_.-]{6,70})[0-9A-Za-z]"
FEWEST_DIGITS, SHORTEST_ID = 9, 8
# A number or an id can be a part of a longer one; of one with more parts than this only its beginnings are tried.
MOST_PARTS = 8
MOST_KNOWN = 2_000_000

_WHOLE_EMAIL = re.compile(EMAIL)
_SEPARATED = re.compile(r"[0-9]+")
_PARTS = re.compile(r"[_.-]+|[^_.-]+")
_TWO_DIGITS = re.compile(r"[0-9].*[0-9]")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LETTER = re.compile(r"[a-z]")
_DATE = re.compile(r"(?:1[89]|20)[0-9]{2}[-./]?[0-9]{1,2}[-./]?[0-9]{1,2}(?:t.*)?")


def tokens(texts: pl.Series, known: set[str] | None = None) -> set[str]:
    """All tokens of `texts`, each in one spelling, without those of the pieces in `known`, which is added to."""
    known = set() if known is None else known
    if len(known) > MOST_KNOWN:
        known.clear()
    addresses = [*_matches(texts, EMAIL)]
    numbers = {f"#{each}" for each in _matches(texts, NUMBER)} - known
    ids = {each.lower() for each in _matches(texts, ID, holding="[0-9].*[0-9]")} - known
    known |= numbers | ids
    return {
        *(token for found in addresses for token in _addresses(found)),
        *(token for found in numbers for token in _numbers(found)),
        *(token for found in ids for token in _ids(found)),
    }


def tokens_of(value: str) -> set[str]:
    """The tokens of one identifier, as a whole: none where it is too short, or a word."""
    value = value.strip()
    if "@" in value[1:]:
        match = _WHOLE_EMAIL.search(value)
        return set(_addresses(match[0])) if match else set()
    digits = re.sub(r"[^0-9]", "", value)
    if digits and not re.search(r"[^0-9 ().+/-]", value):
        return set(_spellings(digits)) if not _DATE.fullmatch(value) else set()
    lowered = value.lower()
    return {lowered} if _is_telling(lowered) and re.fullmatch(ID, value) else set()


def _matches(texts: pl.Series, pattern: str, holding: str = "") -> Iterable[str]:
    found = texts.str.extract_all(pattern).explode().drop_nulls()
    return (found.filter(found.str.contains(holding)) if holding else found).unique()


def _addresses(found: str) -> Iterator[str]:
    """An address, and the same without what may have been written before it and is not parted from it."""
    local, _, domain = found.lower().strip(".-").rpartition("@")
    domain = domain.strip(".-")
    if "." in domain:
        yield f"{local}@{domain}"
        for separator in ("_", "'", "=", "%", "&"):
            if separator in local:
                yield f"{local.rpartition(separator)[2]}@{domain}"


def _numbers(found: str) -> Iterator[str]:
    """Every run of neighbouring groups of digits: two numbers side by side look like one."""
    groups = _SEPARATED.findall(found)
    for start in range(len(groups)):
        digits = ""
        for group in groups[start : start + MOST_PARTS]:
            digits += group
            yield from _spellings(digits)


def _spellings(digits: str) -> Iterator[str]:
    """The number as it is, without zeros before it, and without the codes of the USA and of China."""
    digits = digits.lstrip("0")
    if FEWEST_DIGITS <= len(digits) <= 30:
        yield digits
        if len(digits) == 11 and digits.startswith("1"):
            yield digits[1:]
        if len(digits) in (12, 13) and digits.startswith("86"):
            yield digits[2:]


def _ids(found: str) -> Iterator[str]:
    """The id, and each run of its neighbouring parts that is telling by itself."""
    if found.isalnum() or _UUID.fullmatch(found):  # a UUID is one id: databases are full of them
        if _is_telling(found):
            yield found
        return
    parts = _PARTS.findall(found)
    for start in range(0, min(len(parts), 2 * MOST_PARTS), 2):
        for end in range(start + 1, min(len(parts), start + 2 * MOST_PARTS) + 1, 2):
            if _is_telling(piece := "".join(parts[start:end])):
                yield piece


def _is_telling(piece: str) -> bool:
    return bool(
        len(piece) >= SHORTEST_ID and _TWO_DIGITS.search(piece) and _LETTER.search(piece) and not _DATE.fullmatch(piece)
    )
