"""Numbers as people write them: marks between thousands, a decimal comma, signs of money and per cent.

A column says which of two ways its numbers are written, for "1.234" is a thousand in one and little more than one in
the other. A number as programs write it (1234.5, 1e-05) is itself in both, but for three decimals behind one to three
digits: programs here write a fourth (`quantities.as_cell`).
"""

import polars as pl

from pipelines.record import COMMA, POINT

BLANKS = r" \u{a0}\u{202f}\u{2009}"
# Money and shares: the amount is what stands beside the sign. No other letter is one: 3k and 3M are not three.
CURRENCIES = "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RMB|RUB|SEK|SGD"
SIGN = rf"(?:\p{{Sc}}|[%％元円]|kr\.?|{CURRENCIES}|THB|TRY|TWD|USD|VND|ZAR)"
IN_FRONT = rf"^(?:{SIGN}[{BLANKS}]*)?([+-]?)[{BLANKS}]*(?:{SIGN}[{BLANKS}]*)?([0-9.,(])"
BEHIND = rf"[{BLANKS}]*{SIGN}$"
OF_BOOKS = r"^\((.*)\)$"  # accountants' way to write less than nothing
# In thousands, or as in India: 12,34,567.
THOUSANDS = {
    POINT: rf"^[+-]?(?:[0-9]{{1,3}}(?:[,'’{BLANKS}][0-9]{{3}})+|[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}})(?:\.[0-9]+)?$",
    COMMA: rf"^[+-]?[0-9]{{1,3}}(?:[.'’{BLANKS}][0-9]{{3}})+(?:,[0-9]+)?$",
}
MARKS = {POINT: rf"[,'’{BLANKS}]", COMMA: rf"[.'’{BLANKS}]"}
DECIMAL_COMMA = r"^([+-]?[0-9]*),([0-9]+)$"


def plain(cell: pl.Expr, written: str) -> pl.Expr:
    """The texts that are numbers `written` so, as programs write them; all others as they are."""
    text = cell.str.strip_chars().str.replace(OF_BOOKS, "-$1").str.replace("^[−–]", "-")
    text = text.str.replace(IN_FRONT, "$1$2").str.replace(BEHIND, "")
    grouped = text.str.contains(THOUSANDS[written])
    text = pl.when(grouped).then(text.str.replace_all(MARKS[written], "")).otherwise(text)
    return text.str.replace(DECIMAL_COMMA, "${1}.${2}") if written == COMMA else text
