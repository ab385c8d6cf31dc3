"""Check digits, dates and address shapes: what makes a match certain."""

import re
from datetime import date
from hashlib import sha256
from ipaddress import ip_address

from pipelines.privacy.rules import digits_of

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# Visa, Mastercard (two ranges), American Express, Diners, Discover, JCB, UnionPay, Maestro.
_CARD_PREFIX = re.compile(
    r"4|5[0-8]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|3[47]|30[0-5]|309|3[689]|35|6011|6[2357]|64[4-9]|60|1800|2131"
)
# North, north-east, east, south, south-west, north-west; Taiwan, Hong Kong, Macau, residents from Taiwan.
_PROVINCES = frozenset(map(str, (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47))))
_PROVINCES |= frozenset(map(str, (*range(50, 55), *range(61, 66), 71, 81, 82, 83)))
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}([-/. ]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|[0-3]?[0-9]([-/. ])[0-3]?[0-9]\2(?:19|20)?[0-9]{2}"
    r"|(?:1[0-9]|20)[0-9]{2}(?:[-/](?:1[0-9]|20)?[0-9]{2})?"
)


def is_date(text: str) -> bool:
    """Tell whether digits read as a date, a year or a span of years rather than as somebody's number."""
    return _DATE.fullmatch(text) is not None


def luhn(digits: str) -> bool:
    """Check digits by ISO/IEC 7812-1, annex B."""
    total = sum(map(int, digits[-1::-2])) + sum(_LUHN_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(text: str) -> bool:
    """Tell whether text is a payment card number: 13 to 19 digits, a known issuer, Luhn."""
    digits = digits_of(text)
    return 13 <= len(digits) <= 19 and _CARD_PREFIX.match(digits) is not None and luhn(digits)


def is_social_security_number(text: str) -> bool:
    """Refuse the US areas, groups and serials that are never issued."""
    digits = digits_of(text)
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def iban_remainder_is_one(compact: str) -> bool:
    """Check an IBAN (upper case, no spaces) by ISO 13616: remainder 1 modulo 97."""
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def is_resident_id(text: str) -> bool:
    """Check a Chinese resident ID: province, date of birth, and GB 11643 check digit (old form: 15, without)."""
    compact = text.replace(" ", "").replace("-", "").upper()
    if compact[:2] not in _PROVINCES:
        return False
    if len(compact) == 15:
        return _is_day("19" + compact[6:12])
    return _is_day(compact[6:14]) and _resident_check(compact) == compact[17]


def is_credit_code(text: str) -> bool:
    """Check a unified social credit code by GB 32100: weights 3^i modulo 31."""
    values = [_CREDIT_ALPHABET.index(character) for character in text]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:17]))
    return (31 - total % 31) % 31 == values[17]


def is_bitcoin_address(text: str) -> bool:
    """Check a base58 address: its last 4 of 25 bytes are the double SHA-256 of the others."""
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return sha256(sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def is_ip(text: str) -> bool:
    """Tell whether text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _resident_check(compact: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(compact[:17], _RESIDENT_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def _is_day(digits: str) -> bool:
    """Tell whether YYYYMMDD is a day on which somebody alive can have been born."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1880 <= day.year <= 2100
