"""Numbers that only the words before them give away: "order no. 123-4567890", "call me on 555 0123".

The number is found first and the words are asked afterwards: numbers are rare, words are not.
"""

import re
from collections.abc import Iterator

from pipelines.privacy.checks import is_date
from pipelines.privacy.rules import ALONE, END, digits_of
from pipelines.privacy.spans import Span

_REACH = 64  # characters before a number that are asked; longer than any match of the patterns below

_CODE = re.compile(
    rf"[0-9A-Z](?<![0-9A-Za-z/.,-].)[A-Z]{{0,5}}-?(?:(?<=[0-9])|[0-9])[0-9A-Z/-]{{2,24}}{END}(?!,[0-9]{{3}})"
)
_NUMBER = r"(?:numbers?|nos?\.?|num\.?|nr\.?|#|ids?|codes?|№|plate)"
_WORDS = (
    r"(?:orders?|invoices?|applications?|app|cases?|dockets?|files?|ref|references?|accounts?|acct|a/c|polic(?:y|ies)|licen[cs]es?"
    r"|permits?|passports?|tickets?|tracking|bookings?|reservations?|confirmation|members?|membership|customers?|clients?"
    r"|patients?|employees?|students?|staff|registration|claims?|certificates?|serial|complaints?|decrees?|judge?ments?"
    r"|dossiers?|mrn|tax|vat|ssn|social security|national insurance|national|identity|identification|id|card|iban|routing"
    r"|driver'?s'? licen[cs]es?|driving licen[cs]es?|licen[cs]e plate|transaction|shipment|parcel|imei|visa|cc|plots?|land registry)"
)
# A label may stand on the line above its value.
_SAID = r"(?: (?:is|was|are|of|on))?[ :=#]{0,3}\r?\n?"
_NUMBERED = re.compile(rf"(?<![A-Za-z]){_WORDS}[ :(]{{0,2}}{_NUMBER}{_SAID}\Z", re.IGNORECASE)
_TITLED = re.compile(rf"(?<![A-Za-z]){_WORDS} ?[:#]{{1,2}} ?\r?\n?\Z", re.IGNORECASE)
_NEAR = re.compile(rf"(?<![A-Za-z]){_WORDS}{_SAID}\Z", re.IGNORECASE)
_ONLY_NUMBER = re.compile(
    r"(?<![A-Za-z])(?<!law )(?<!act )(?<!rule )(?<!article )(?<!directive )(?<!regulation )(?<!protocol )(?:nos?\.?|№|#) ?\Z",
    re.IGNORECASE,
)
# "nos. 1234/05, 1235/05 and 1236/05": what is true of the first is true of the rest.
_NEXT = re.compile(r"(?:[,;] ?| )(?:and |or |& ?)?(?P<v>[0-9]{1,6}(?:/[0-9]{1,4}){1,2})(?![0-9A-Za-z/])")
_DOCKET = re.compile(r"[0-9]{3,6}/[0-9]{2}")
_LONG_DOCKET = re.compile(r"[0-9]{5}/[0-9]{2}")
_LAW = re.compile(r"[0-9]{1,3}/(?:19|20)[0-9]{2}")

_DIALLED = re.compile(rf"[0-9(]{ALONE}(?:[ .()-]{{0,2}}[0-9]){{6,14}}{END}(?!,[0-9]{{3}})")
_PHONE = re.compile(
    r"(?<![A-Za-z])(?:(?:phones?|telephone|tel|calls?|mobile|cell|fax|text|whats ?app|ring|dial|contact|reach|hotline)\.?"
    r"(?: (?:number|no\.?|me|us|him|her|them))?(?: (?:is|at|on|under|now))?|answering at|(?:desk|office|home|work|direct) ?:)"
    r"[ :.=#+]{0,3}\r?\n?\Z",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Span]:
    """Yield the numbers of a shadow's text that the words before them name."""
    for match in _CODE.finditer(text):
        if _is_named(match[0], text, match.start()):
            yield Span(match.start(), match.end(), "ID", 0.75)
            yield from _following(text, match.end())
    for match in _DIALLED.finditer(text):
        if not is_date(match[0]) and _PHONE.search(text, max(0, match.start() - _REACH), match.start()):
            yield Span(match.start(), match.end(), "PHONE", 0.75)


def _is_named(code: str, text: str, start: int) -> bool:
    """Tell whether a code is somebody's: the weaker the words before it, the more of it they must show."""

    def follows(words: re.Pattern[str]) -> bool:
        return words.search(text, max(0, start - _REACH), start) is not None

    digits = len(digits_of(code))
    if digits < 3:
        return False
    if follows(_NUMBERED) or _LONG_DOCKET.fullmatch(code):
        return True
    docket = _DOCKET.fullmatch(code) is not None
    if (docket or digits >= 5) and not _LAW.fullmatch(code) and follows(_ONLY_NUMBER):
        return True
    return not is_date(code) and (follows(_TITLED) or (digits >= 6 and follows(_NEAR)))


def _following(text: str, position: int) -> Iterator[Span]:
    """Yield the further numbers of an enumeration of docket numbers."""
    while match := _NEXT.match(text, position):
        yield Span(match.start("v"), match.end("v"), "ID", 0.7)
        position = match.end()
