"""Which spans of a document mean the same: people by their names, identifiers by what is left of them when folded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from pipelines.privacy.people import Person, link
from pipelines.privacy.person_names import Name, parse
from pipelines.privacy.rules import digits_of
from pipelines.privacy.shadow import cast
from pipelines.privacy.spans import Span

_AROUND = 16  # characters beside a name in which a title may stand
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_EXTENSION = re.compile(r" ?(?:x|ext\.?|#|转) ?[0-9]{1,6}\Z")
_SCHEME = re.compile(r"\A(?:h..ps?://)?(?:www\.)?", re.IGNORECASE)
_COMPACT = frozenset({"CARD", "IBAN", "ID", "MAC", "CODE"})


@dataclass(frozen=True)
class Linked:
    """For each span its identity, counted from 0 within its type in order of appearance; for people, their names."""

    identities: list[int]
    names: dict[int, Name]
    people: list[Person]


def link_spans(text: str, spans: Sequence[Span]) -> Linked:
    """Tell which of the spans (in order, disjoint) mean the same person, address or number."""
    names = {place: _name(text, span) for place, span in enumerate(spans) if span.type == "PERSON"}
    found, people = link(names.values())
    persons = dict(zip(names, found, strict=True))
    seen: dict[str, dict[str, int]] = {}
    identities = []
    for place, span in enumerate(spans):
        if span.type == "PERSON":
            identities.append(persons[place])
        else:
            known = seen.setdefault(span.type, {})
            identities.append(known.setdefault(canonical(span.type, text[span.start : span.end]), len(known)))
    return Linked(identities, names, people)


def canonical(type: str, found: str) -> str:
    """What two spellings of one identifier share: the digits of a phone, an e-mail in lower case."""
    folded = cast(found).text.casefold()
    match type:
        case "PHONE":
            return _phone(folded)
        case "URL":
            return _SCHEME.sub("", folded).rstrip("/")
        case "IP":
            return _ip(folded)
        case _ if type in _COMPACT:
            return _NOT_ALPHANUMERIC.sub("", folded)
    return " ".join(folded.split())


def _name(text: str, span: Span) -> Name:
    before = text[max(0, span.start - _AROUND) : span.start]
    return parse(text[span.start : span.end], before, text[span.end : span.end + _AROUND])


def _phone(folded: str) -> str:
    """Digits without the prefix of a country; +86 138… is 138…, +1 202… is 202…, +44 20… is 020…."""
    extension = _EXTENSION.search(folded)
    is_international = folded.startswith(("+", "00"))
    digits = digits_of(folded[: extension.start()] if extension else folded)
    digits = digits.removeprefix("00") if is_international else digits
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    elif digits.startswith("1") and len(digits) == 11 and (is_international or digits[1] == "2"):
        digits = digits[1:]
    elif is_international and digits.startswith("44"):
        digits = "0" + digits[2:].removeprefix("0")
    return digits + ("x" + digits_of(extension[0]) if extension else "")


def _ip(folded: str) -> str:
    try:
        return ip_address(folded).compressed
    except ValueError:
        return folded
