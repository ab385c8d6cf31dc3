"""Numbers that stand in for numbers: as long, as grouped and as checked as theirs, from ranges that nobody has.

Reserved: 555-01xx (North America), 07700 900xxx, 020 7946 0xxx and 01632 960xxx (Ofcom, for drama), 192.0.2.0/24,
198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32 (RFC 5737, 3849), 00:00:5E:00:53:xx (RFC 7042), the test numbers
of card issuers, US social security areas from 900 on. China reserves none: mobiles begin with 154, which no
operator hands out, and resident IDs and credit codes name the county 0000, which there is not.
"""

import re
from itertools import pairwise
from random import Random

from pipelines.privacy.checks import is_credit_code, is_resident_id, luhn
from pipelines.privacy.rules import HAN, digits_of
from pipelines.privacy.shadow import cast

_DIGITS, _LETTERS, _HEX = "0123456789", "abcdefghjklmnpqrstuvwxyz", "0123456789abcdef"
_BECH32 = "023456789acdefghjklmnpqrstuvwxyz"
_TEST_CARDS = {"2": "222300", "3": "378282", "4": "411111", "5": "555555", "6": "601111"}
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PLATES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PROVINCES = ("11", "31", "33", "44", "51")
_HEAD = re.compile(r"wxid|0x(?=[0-9a-f]{40}\Z)|bc1(?=[0-9a-z]{11,71}\Z)|[a-z]{0,2}(?=[0-9])")
_YEAR_BEFORE_HAN = re.compile(rf"(?:19|20)[0-9]{{2}}(?=[{HAN}])")
_SCHEME = re.compile(r"\A(?:[hH]..[pP][sS]?[:：]//)?(?:[wW]{3}\.)?")


def phone(original: str, random: Random, wide: bool) -> str:
    """Digits in the place of a phone's digits (without the country's prefix), extension included."""
    number, _, extension = original.partition("x")
    return _phone(number, random, wide) + _some(len(extension), random)


def _phone(number: str, random: Random, wide: bool) -> str:
    length = len(number)
    if length == 11 and number[0] == "1":
        return "154" + _some(8, random)
    if wide:
        return number[:2] + _some(length - 2, random)
    if length == 10 and number[:3] in ("400", "800"):
        return number[:3] + "55501" + _some(2, random)
    if length == 10 and number[0] in "23456789":
        return f"{random.randint(2, 9)}{random.randint(0, 8)}{random.randint(2, 9)}55501" + _some(2, random)
    if length == 11 and number[:2] == "07":
        return "07700900" + _some(3, random)
    if length == 11 and number[:3] == "020":
        return "02079460" + _some(3, random)
    if length == 7:
        return "55501" + _some(2, random)
    return number[:3] + str(random.randint(2, 9)) + _some(length - 4, random) if length > 4 else _some(length, random)


def card(original: str, random: Random, _: bool) -> str:
    """A card number of a test range of the same issuer, with its check digit."""
    if not re.fullmatch("[0-9]{8,19}", original):
        return _alike(original, random)
    head = _TEST_CARDS.get(original[0], original[0] + "00000")
    body = head + _some(len(original) - len(head) - 1, random)
    return next(body + last for last in _DIGITS if luhn(body + last))


def iban(original: str, random: Random, _: bool) -> str:
    """An IBAN of the same country and shape, with its check digits (ISO 13616)."""
    if not re.fullmatch("[a-z]{2}[0-9]{2}[0-9a-z]{8,30}", original):
        return _alike(original, random)
    country, account = original[:2], _alike(original[4:], random)
    value = int("".join(str(int(character, 36)) for character in account + country + "00"))
    return f"{country}{98 - value % 97:02}{account}"


def mac(_: str, random: Random, wide: bool) -> str:
    """A MAC address for documentation, or one that only its own network gives out."""
    return "02005e" + "".join(random.choices(_HEX, k=6)) if wide else "00005e0053" + "".join(random.choices(_HEX, k=2))


def ip(original: str, random: Random, wide: bool) -> str:
    """An address for documentation (version 4 or 6), or for benchmarks (RFC 2544)."""
    if ":" in original:
        return "2001:db8::" + ":".join(f"{random.randint(1, 0xFFFF):x}" for _ in range(3))
    if wide:
        return f"198.{random.randint(18, 19)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
    return random.choice(("192.0.2.", "198.51.100.", "203.0.113.")) + str(random.randint(1, 254))


def code(original: str, random: Random, _: bool) -> str:
    """A number of the same letters and digits in the same places, with check digits where a known form has them."""
    compact = original.upper()
    if re.fullmatch("[1-9][0-9]{14}(?:[0-9]{2}[0-9X])?", compact) and is_resident_id(compact):
        return _resident(len(compact), random)
    if re.fullmatch(f"[{_CREDIT}]{{18}}", compact) and is_credit_code(compact):
        return _credit(compact[:2], random)
    if re.fullmatch("[0-9]{9}", original):
        return f"9{_some(2, random)}{random.randint(1, 49):02}{random.randint(1, 9999):04}"
    if _YEAR_BEFORE_HAN.match(original):
        return f"20{random.randint(10, 24)}" + _alike(original[4:], random)
    kept = _HEAD.match(original)
    head = kept[0] if kept else ""
    rest = original[len(head) :]
    alphabet = {"0x": _HEX, "bc1": _BECH32}.get(head)
    return head + ("".join(random.choices(alphabet, k=len(rest))) if alphabet else _alike(rest, random))


def quantity(original: str, random: Random, _: bool) -> str | None:
    """The same words with other digits; None where there are none."""
    return _alike_digits(original, random) if digits_of(original) else None


def laid_out(type: str, found: str, original: str, chosen: str) -> str:
    """The chosen characters in the form of `found`: its spaces, dashes, country prefix and capitals."""
    form = cast(found).text
    match type:
        case "PHONE":
            return _right_aligned(form, original.replace("x", ""), chosen)
        case "URL":
            scheme = _SCHEME.match(form)
            return (scheme[0] if scheme else "") + chosen
        case "CARD" | "IBAN" | "ID" | "CODE" | "MAC":
            return _in_places(form, chosen)
    return chosen.upper() if form.isupper() and type in ("LOC", "ORG") else chosen


def _resident(length: int, random: Random) -> str:
    born = f"{random.randint(1950, 2004)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    head = random.choice(_PROVINCES) + "0000" + (born if length == 18 else born[2:]) + _some(3, random)
    return head if length == 15 else next(head + last for last in "0123456789x" if is_resident_id(head + last))


def _credit(kind: str, random: Random) -> str:
    head = kind + random.choice(_PROVINCES) + "0000" + _some(8, random) + random.choice(_CREDIT)
    return next(head + last for last in _CREDIT if is_credit_code(head + last)).lower()


def _some(count: int, random: Random) -> str:
    return "".join(random.choices(_DIGITS, k=max(count, 0)))


def _alike(shape: str, random: Random) -> str:
    """A digit for a digit and a letter for a letter; a plate gets another province."""
    made = "".join(random.choice(_LETTERS) if "a" <= letter <= "z" else letter for letter in shape)
    made = random.choice(_PLATES) + made[1:] if made[:1] in _PLATES and made else made
    return _alike_digits(made, random)


def _alike_digits(shape: str, random: Random) -> str:
    """Other digits; a number that does not begin with 0 goes on not to."""
    pairs = pairwise(" " + shape)
    return "".join(
        letter
        if not ("0" <= letter <= "9")
        else random.choice(_DIGITS if before.isdigit() or letter == "0" else _DIGITS[1:])
        for before, letter in pairs
    )


def _right_aligned(form: str, original: str, chosen: str) -> str:
    """Lay digits over the last ones of `form`: what stands before them is the country's prefix."""
    if not digits_of(form).endswith(original):
        chosen = chosen[1:]  # +44 20…, whose 0 is left out
    laid = list(form)
    places = [place for place, letter in enumerate(laid) if letter in _DIGITS]
    for place, digit in zip(reversed(places), reversed(chosen), strict=False):
        laid[place] = digit
    return "".join(laid)


def _in_places(form: str, chosen: str) -> str:
    """Lay letters and digits over those of `form`, capitals over capitals."""
    places = [place for place, letter in enumerate(form) if letter.isalnum()]
    if len(places) != len(chosen):
        return chosen
    laid, is_upper = list(form), form.upper() == form
    for place, letter in zip(places, chosen, strict=True):
        laid[place] = letter.upper() if form[place].isupper() or (is_upper and form[place].isdigit()) else letter
    return "".join(laid)
