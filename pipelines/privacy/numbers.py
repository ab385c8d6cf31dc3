"""Identifiers made of digits that carry their own evidence: phone, card, IBAN, SSN, crypto address."""

import re
from collections.abc import Iterator

from pipelines.privacy.checks import iban_remainder_is_one, is_bitcoin_address, is_card, is_social_security_number
from pipelines.privacy.rules import ALONE, ALONE_NO_DASH, END, Rule, digits_of
from pipelines.privacy.spans import Span

_EXTENSION = r"(?: ?(?:x|ext\.?|#) ?[0-9]{1,6})?"


def _national_length(text: str) -> bool:
    """Refuse what is too short or too long for a number that begins with the trunk prefix 0."""
    return 9 <= len(digits_of(text)) <= 11


RULES = (
    # E.164. The lengths of +1 and +86 are fixed, so that the number after a phone number is not taken along.
    Rule(
        "PHONE",
        re.compile(
            rf"[+0](?<![0-9A-Za-z+].)(?<![0-9]\..)(?:(?<=\+)|0)(?:1(?:[ .()-]{{0,3}}[0-9]){{10}}"
            rf"|86(?:[ .()-]{{0,3}}[0-9]){{10,11}}|(?!86)[2-9](?:[ .()-]{{0,3}}[0-9]){{7,13}}){_EXTENSION}{END}"
        ),
        0.9,
    ),
    # North America: 202-555-0123, (202) 555-0123, 1-202-555-0123 x4.
    Rule(
        "PHONE",
        re.compile(
            rf"[1-9(]{ALONE_NO_DASH}(?:(?<=1)[-. ]{{1,2}}\(?[2-9][0-9]{{2}}|(?<=\()[2-9][0-9]{{2}}|(?<=[2-9])"
            rf"[0-9]{{2}})(?:\)[-. ]{{0,2}}|[-. ]{{1,2}})[2-9][0-9]{{2}}[-. ][0-9]{{4}}{_EXTENSION}{END}(?!-[0-9])"
        ),
        0.8,
    ),
    # A trunk prefix and groups: 07700 900123, 020 7946 0958, 0490 75 40 81.
    Rule(
        "PHONE",
        re.compile(rf"0{ALONE_NO_DASH}[1-9][0-9]{{1,3}}[ -][0-9]{{2,4}}(?:[ -]?[0-9]{{2,4}}){{1,2}}{END}(?!-[0-9])"),
        0.7,
        _national_length,
    ),
    Rule("PHONE", re.compile(rf"0{ALONE}(?:7[0-9]{{9}}|[1-9](?:[ .][0-9]{{2}}){{4}}){END}"), 0.7),
    # Cards, in the groups in which they are printed.
    Rule("CARD", re.compile(rf"[1-9]{ALONE}[0-9]{{12,18}}{END}"), 0.95, is_card),
    Rule("CARD", re.compile(rf"[2-6]{ALONE}[0-9]{{3}}([ -])(?:[0-9]{{4}}\1){{2}}[0-9]{{4}}{END}"), 1.0, is_card),
    Rule("CARD", re.compile(rf"[56]{ALONE}[0-9]{{3}}([ -])(?:[0-9]{{4}}\1){{3}}[0-9]{{1,3}}{END}"), 1.0, is_card),
    Rule("CARD", re.compile(rf"3{ALONE}[0-9]{{3}}([ -])[0-9]{{6}}\1[0-9]{{4,5}}{END}"), 1.0, is_card),
    Rule("CARD", re.compile(rf"6{ALONE}[0-9]{{5}}([ -])[0-9]{{13}}{END}"), 1.0, is_card),
    Rule(
        "ID",
        re.compile(rf"[0-8]{ALONE_NO_DASH}[0-9]{{2}}-[0-9]{{2}}-[0-9]{{4}}{END}(?!-[0-9])"),
        0.9,
        is_social_security_number,
    ),
    Rule("ID", re.compile(rf"0{ALONE}x[0-9A-Fa-f]{{40}}{END}"), 1.0),
    Rule("ID", re.compile(rf"[13]{ALONE}[1-9A-HJ-NP-Za-km-z]{{25,34}}{END}"), 1.0, is_bitcoin_address),
    Rule("ID", re.compile(rf"b(?<![0-9A-Za-z].)c1[02-9ac-hj-np-z]{{11,71}}{END}"), 0.95),
)

# Length of an IBAN by country (ISO 13616 registry).
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_IBAN_LENGTH = {country: length for length, countries in _IBAN_LENGTHS.items() for country in countries.split()}
# Begins at the first check digit: two digits are rarer in prose than two letters.
_IBAN = re.compile(r"[0-9](?<=(?<![0-9A-Za-z])[A-Za-z]{2}[0-9])[0-9](?:[ -]?[0-9A-Za-z]){11,30}")


def find(text: str) -> Iterator[Span]:
    """Yield every number of a shadow's text that proves itself."""
    for rule in RULES:
        yield from rule.find(text)
    for match in _IBAN.finditer(text):
        start = match.start() - 2
        end = start + _iban_length(text[start : match.end()])
        if end > start and (end == len(text) or not (text[end].isascii() and text[end].isalnum())):
            yield Span(start, end, "IBAN", 1.0)


def _iban_length(text: str) -> int:
    """Return how many characters at the start of text, spaces included, are an IBAN; 0 if none are."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    wanted = _IBAN_LENGTH.get(text[:2].upper(), 0)
    compact = "".join(text[place] for place in places[:wanted]).upper()
    if not wanted or len(compact) < wanted or not iban_remainder_is_one(compact):
        return 0
    return places[wanted - 1] + 1
