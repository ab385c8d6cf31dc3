"""Amounts whose shape is sure: "EUR 5,000", "£20", "1,200 square metres", "4.5%"."""

import re
from bisect import bisect_left

from pipelines.privacy.rules import ALONE
from pipelines.privacy.spans import Span, resolve

_NUMBER = r"[0-9]{1,3}(?:[., \u00a0]?[0-9]{3}){0,5}(?:[.,][0-9]{1,4})?"
_MANY = r"(?: (?:hundred|thousand|million|billion|trillion|mio\.?|mln\.?|bn))?"
_CODES = (
    "EUR|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|SKK|HUF|RON|ROL|BGN|BGL|HRK|SIT|RSD|MKD|ALL|MDL|UAH|RUB|RUR|TRY|TRL|GEL"
    "|AMD|AZN|CYP|MTL|LTL|LVL|EEK|DEM|FRF|FF|ITL|ATS|ESP|PTE|GRD|FIM|NLG|BEF|IEP|CNY|RMB|JPY|KRW|INR|AUD|CAD|NZD|HKD"
    "|SGD|BRL|MXN|ZAR"
)
_UNITS = (
    r"%|per ?cent\b|euros?\b|pounds?\b(?: sterling\b)?|dollars?\b|cents?\b|[a-z]{0,8}francs?\b|marks\b|liras?\b|lire\b"
    r"|zlotys?\b|kron(?:or|er|a|e|ur)\b|krooni?\b|roubles?\b|rubles?\b|hryvni(?:a|as)\b|forints?\b|le[iv]s?\b|koruny?\b"
    r"|schillings?\b|drachmas?\b|pesetas?\b|escudos?\b|guilders?\b|yen\b|yuan\b|rupees?\b"
    r"|(?:square|sq\.?|cubic) ?(?:metres?|meters?|feet|km|m)\b"
    r"|hectares?\b|kilograms?\b|kilogrammes?\b|grams?\b|grammes?\b|kilomet(?:re|er)s?\b|met(?:re|er)s?\b|miles?\b"
    r"|litres?\b|kg\b|km\b|cm\b|m2\b|m²|ha\b"
)
_DIGIT = re.compile("[0-9]")
_BEFORE = re.compile(rf"(?:[€£$¥](?<![0-9A-Za-z].)|(?<![A-Za-z])(?:{_CODES})) ?{_NUMBER}{_MANY}(?![0-9])")
_AFTER = re.compile(
    rf"[0-9]{ALONE}(?<=[0-9])(?:[0-9]{{0,2}}(?:[., \u00a0]?[0-9]{{3}}){{0,5}}(?:[.,][0-9]{{1,4}})?){_MANY} ?"
    rf"(?:(?:[A-Z][a-z]{{3,12}} )?(?i:{_UNITS})|[€£¥](?![0-9])|(?:{_CODES})(?![A-Za-z]))"
)


def find_amounts(text: str) -> list[Span]:
    """The amounts of money, shares, lengths, areas and weights of a text, in order and disjoint."""
    if not _DIGIT.search(text):
        return []
    # What stands before a number is nearer to it: in "2005 PLN 10" the year is no amount.
    before = [Span(*match.span(), "QUANTITY", 0.8) for match in _BEFORE.finditer(text)]
    after = [Span(*match.span(), "QUANTITY", 0.8) for match in _AFTER.finditer(text)]
    return resolve([*before, *(span for span in after if not _touches(span, before))])


def _touches(span: Span, others: list[Span]) -> bool:
    """Whether a span overlaps one of `others` (in order, disjoint)."""
    place = bisect_left(others, span.end, key=lambda other: other.start)
    return place > 0 and others[place - 1].end > span.start
