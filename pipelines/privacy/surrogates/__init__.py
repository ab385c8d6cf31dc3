"""Realistic stand-ins: who is one person stays one person, a phone number keeps its shape, and nobody is real.

* chosen     the choice itself: by a keyed digest, never by the plain value, never what the text already says
* people     names: "Anna Smith" and "Ms Smith" become "Maria Jones" and "Ms Jones"
* numbers    phones, cards, IBAN, ID numbers, addresses of machines: right check digits, reserved ranges
* places     e-mail, URL, handle, street address, place, organisation
* dates      shifted by as many days all through a document
* pools      the names and places that Faker knows

What has no realistic stand-in keeps its placeholder.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from pipelines.privacy.coreference import Linked, canonical
from pipelines.privacy.spans import Span
from pipelines.privacy.surrogates import numbers, places
from pipelines.privacy.surrogates.chosen import Choice
from pipelines.privacy.surrogates.dates import shifted
from pipelines.privacy.surrogates.people import stand_in

# type -> (the folded original, randomness, whether to leave the reserved range) -> the folded stand-in
MAKERS: dict[str, Callable[[str, Random, bool], str | None]] = {
    "PHONE": numbers.phone,
    "CARD": numbers.card,
    "IBAN": numbers.iban,
    "ID": numbers.code,
    "CODE": numbers.code,
    "QUANTITY": numbers.quantity,
    "MAC": numbers.mac,
    "IP": numbers.ip,
    "EMAIL": places.email,
    "URL": places.url,
    "HANDLE": places.handle,
    "ADDRESS": places.address,
    "LOC": places.place,
    "ORG": places.organisation,
}
DATES = ("DATETIME", "DATE")


def surrogates(text: str, spans: Sequence[Span], linked: Linked, key: bytes) -> list[str | None]:
    """What stands in for each span (in order, disjoint) of a document; None where nothing realistic can."""
    choice = Choice(key, text)
    for place, span in enumerate(spans):
        _reserve(choice, span, text[span.start : span.end], linked, place)
    return [_one(choice, span, text[span.start : span.end], linked, place) for place, span in enumerate(spans)]


def _reserve(choice: Choice, span: Span, found: str, linked: Linked, place: int) -> None:
    """Keep what the document says from standing in for something else in it."""
    choice.reserve(span.type, canonical(span.type, found))
    if place in linked.names:
        name = linked.names[place]
        for part in (*name.given, *name.surname.split(), *name.alone.split()):
            choice.reserve("NAME", part)


def _one(choice: Choice, span: Span, found: str, linked: Linked, place: int) -> str | None:
    if place in linked.names:
        return stand_in(choice, found, linked.names[place], linked.people[linked.identities[place]])
    if span.type in DATES:
        return shifted(found, choice.days)
    maker = MAKERS.get(span.type)
    if maker is None:
        return None
    original = canonical(span.type, found)
    chosen = choice.choose(span.type, original, partial(maker, original))
    return None if chosen is None else numbers.laid_out(span.type, found, original, chosen)
