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
    r"(?:orders?|invoices?|applications?|app|cases?|dockets?|files?|ref|references?|accounts?|acct|a/c|polic(?:y|ies)"
    r"|permits?|passports?|tickets?|tracking|bookings?|reservations?|confirmation|members?|membership|customers?"
    r"|clients?|patients?|employees?|students?|staff|registration|claims?|certificates?|serial|complaints?|decrees?"
    r"|judge?ments?|dossiers?|mrn|tax|vat|ssn|social security|national insurance|national|identity|identification|id"
    r"|card|cc|iban|routing|licen[cs]es?|licen[cs]e plate|transaction|shipment|parcel|imei|visa|plots?|land registry)"
)
# A label may stand on the line above its value.
_SAID = r"(?: (?:is|was))?[ :=#]{0,3}\r?\n?"
_NUMBERED = re.compile(rf"(?<![a-z]){_WORDS}[ :(]{{0,2}}{_NUMBER}{_SAID}\Z")
_TITLED = re.compile(rf"(?<![a-z]){_WORDS} ?[:#]{{1,2}} ?\r?\n?\Z")
_NEAR = re.compile(rf"(?<![a-z]){_WORDS}(?: (?:is|was))?[ =]{{0,2}}\Z")
_ONLY_NUMBER = re.compile(
    r"(?<![a-z])(?<!law )(?<!act )(?<!rule )(?<!article )(?<!directive )(?<!regulation )(?<!protocol )"
    r"(?:nos?\.?|№|(?<!&)#) ?\Z",
)
# "nos. 1234/05, 1235/05 and 1236/05": what is true of the first is true of the rest.
_NEXT = re.compile(r"(?:[,;] ?| )(?:and |or |& ?)?(?P<v>[0-9]{1,6}(?:/[0-9]{1,4}){1,2})(?![0-9A-Za-z/])")
_DOCKET = re.compile(r"[0-9]{3,6}/[0-9]{2}")
_LONG_DOCKET = re.compile(r"[0-9]{5}/[0-9]{2}")
_LAW = re.compile(r"[0-9]{1,3}/(?:19|20)[0-9]{2}")

_DIALLED = re.compile(rf"[0-9(]{ALONE}(?:[ .()-]{{0,2}}[0-9]){{6,10}}{END}(?!,[0-9]{{3}})")
_PHONE = re.compile(
    r"(?<![a-z])(?:(?:phones?|telephone|tel|calls?|mobile|cell|fax|text|whats ?app|ring|dial|contact|reach)\.?"
    r"(?: (?:number|no\.?|me|us|him|her|them))?(?: (?:is|at|on|under|now))?"
    r"|answering at|(?:desk|office|home|work|hotline) ?:)"
    r"[ :.=#+]{0,3}\r?\n?\Z",
)


def find(text: str) -> Iterator[Span]:
    """Yield the numbers of a shadow's text that the words before them name."""
    yield from _codes(text)
    for match in _DIALLED.finditer(text):
        if not is_date(match[0]) and _PHONE.search(_words_before(text, match.start())):
            yield Span(match.start(), match.end(), "PHONE", 0.75)


def _codes(text: str) -> Iterator[Span]:
    listed = 0  # an enumeration is read once, not once for each of its members
    for match in _CODE.finditer(text):
        if match.start() >= listed and _is_named(match[0], _words_before(text, match.start())):
            yield Span(match.start(), match.end(), "ID", 0.75)
            listed = match.end()
            for span in _following(text, listed):
                yield span
                listed = span.end


def _words_before(text: str, position: int) -> str:
    """Return what stands before a number, in lower case (patterns that ignore case are slow); "" if no word does."""
    before = text[max(0, position - _REACH) : position]
    word = before.rstrip(" .:=#№(+\r\n")
    return before.lower() if word[-1:].isalpha() or len(word) < len(before.rstrip(" \r\n")) else ""


def _is_named(code: str, before: str) -> bool:
    """Tell whether a code is somebody's: the weaker the words before it, the more of it they must show."""
    digits = len(digits_of(code))
    if digits < 3:
        return False
    if _NUMBERED.search(before) or _LONG_DOCKET.fullmatch(code):
        return True
    docket = _DOCKET.fullmatch(code) is not None
    if (docket or digits >= 5) and not _LAW.fullmatch(code) and _ONLY_NUMBER.search(before):
        return True
    if is_date(code):
        return False
    return _TITLED.search(before) is not None or (digits >= 6 and _NEAR.search(before) is not None)


def _following(text: str, position: int) -> Iterator[Span]:
    """Yield the further numbers of an enumeration of docket numbers."""
    while match := _NEXT.match(text, position):
        yield Span(match.start("v"), match.end("v"), "ID", 0.7)
        position = match.end()
