"""Stand-ins that are made of names: e-mail and URL at reserved domains (RFC 2606), handle, address, place, company."""

import re
from random import Random

from pipelines.privacy.person_names import is_han
from pipelines.privacy.surrogates import pools

_DOMAINS = ("example.com", "example.org", "example.net")
_STREETS = ("Street", "Road", "Avenue", "Lane")
_COMPANIES = ("Ltd", "Group", "Holdings", "Partners", "Inc.")
_ZIP = re.compile(r"\b[a-z]{2},? [0-9]{5}\b")
_UNIT = re.compile(r"\b(?P<unit>apt|apartment|suite|flat|unit)\b", re.IGNORECASE)
_ONLY_CODE = re.compile(r"[a-z0-9]{2,4} [0-9][a-z]{2}|[a-z]{2},? [0-9-]{5,10}")
_BOX = re.compile(r"p\.? ?o\.? ?box")
_CHINESE_ROOM = re.compile(r"[0-9]+室")


def email(original: str, random: Random, _: bool) -> str:
    """An address at a reserved domain; names in it are separated as the original's are."""
    local = original.rpartition("@")[0]
    mark = next((mark for mark in "._-" if mark in local), "")
    given, surname = _word(random, pools.given_names()), _word(random, pools.surnames())
    return f"{given}{mark}{surname}{random.randint(10, 99) if local[-1:].isdigit() else ''}@{random.choice(_DOMAINS)}"


def url(_: str, random: Random, __: bool) -> str:
    """A page at a reserved domain, without its scheme."""
    page = "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=8))
    return f"{random.choice(_DOMAINS)}/{page}"


def handle(original: str, random: Random, _: bool) -> str:
    """An account's name, Chinese for a Chinese one."""
    if is_han(original):
        return (
            "@" + random.choice(pools.chinese_surnames(1)) + "".join(random.choices(pools.chinese_given_names(0), k=2))
        )
    return f"@{_word(random, pools.given_names())}_{_word(random, pools.surnames())}{random.randint(10, 99)}"


def address(original: str, random: Random, _: bool) -> str:
    """A street address that has the parts of the original: house, flat, town, postcode."""
    if is_han(original):
        return _chinese_address(original, random)
    digits = random.randint(100, 9999)
    code = f"{random.choice(pools.states())} {random.randint(10000, 99999)}"
    if _ONLY_CODE.fullmatch(original):
        return code if original[-1].isdigit() else f"ZZ{random.randint(1, 99)} {random.randint(1, 9)}ZZ"
    if _BOX.match(original):
        return f"P.O. Box {digits}"
    unit = _UNIT.search(original)
    if unit and unit.start() == 0:
        return f"{unit['unit'].title()} {digits}"
    flat = f", {unit['unit'].title()} {random.randint(1, 99)}" if unit else ""
    town = f", {place('', random, False)}, {code}" if _ZIP.search(original) else ""
    return f"{digits} {random.choice(pools.surnames())} {random.choice(_STREETS)}{flat}{town}"


def _chinese_address(original: str, random: Random) -> str:
    cities, districts = pools.chinese_places()
    town = f"{random.choice(cities)}市{random.choice(districts)}区" if "市" in original or "区" in original else ""
    room = f"{random.randint(1, 20)}号楼{random.randint(101, 2999)}室" if _CHINESE_ROOM.search(original) else ""
    return f"{town}{random.choice(districts)}路{random.randint(1, 999)}号{room}"


def place(original: str, random: Random, _: bool) -> str:
    """A town that there may be; for a Chinese place a Chinese city, with 市 or 区 where the original has it."""
    if is_han(original):
        cities, districts = pools.chinese_places()
        ending = original[-1] if original[-1] in "市区县" else ""
        return random.choice(districts if ending in ("区", "县") and ending else cities) + ending
    return random.choice(pools.surnames()) + random.choice(pools.city_endings())


def organisation(original: str, random: Random, _: bool) -> str:
    """A company's name that is made up."""
    if is_han(original):
        heads, ends = pools.chinese_companies()
        return random.choice(heads) + random.choice(ends)
    return f"{random.choice(pools.surnames())} {random.choice(_COMPANIES)}"


def _word(random: Random, names: tuple[str, ...]) -> str:
    return re.sub("[^a-z]", "", random.choice(names).lower())
