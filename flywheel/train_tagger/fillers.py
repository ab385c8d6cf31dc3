"""What a slot of a template is filled with, and of which type that is.

phrases.txt says how; the words in it come from words.txt, names and foreign addresses from Faker's many locales.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

_HERE = Path(__file__).parent
_SIGN = re.compile(r"[#^]")


def fill(template: str, random: Random) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a template with their types, slots filled; what is no slot's name stays as it is."""
    text = template.replace("\\n", "\n")
    while text:
        before, brace, rest = text.partition("{")
        slot, _, after = rest.partition("}")
        if not brace or slot not in phrases():
            yield before + brace, ""
            text = rest
            continue
        yield before, ""
        kind, lines = phrases()[slot]
        yield _drawn(random.choice(lines), random), kind
        text = after


@cache
def phrases() -> dict[str, tuple[str, list[str]]]:
    """The slots of phrases.txt: the type of each, and its lines."""
    found: dict[str, tuple[str, list[str]]] = {}
    lines: list[str] = []
    for line in (_HERE / "phrases.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            slot, _, kind = line.strip("[]").partition(": ")
            lines = []
            found[slot] = (kind, lines)
        elif line and not line.startswith("# "):
            lines.append(line.replace("\\n", "\n"))
    return found


@cache
def words() -> dict[str, list[str]]:
    """The lists of words.txt."""
    lists: dict[str, list[str]] = {}
    name = ""
    for line in (_HERE / "words.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("# "):
            lists.setdefault(name, []).extend(line.split(", "))
    return lists


def _drawn(line: str, random: Random) -> str:
    """A line of phrases.txt with digits, letters and inner slots drawn."""
    text = _SIGN.sub(lambda sign: random.choice("123456789" if sign[0] == "#" else "ABCDEFGHJKLMNPRSTUVWZ"), line)
    return re.sub(r"\{([^}]+)\}", lambda slot: _inner(slot[1], random), text)


def _inner(slot: str, random: Random) -> str:
    if slot in _DRAWS:
        return _DRAWS[slot](random)
    if slot.startswith("made_up "):
        return random.choice(made_up(slot.removeprefix("made_up ")))
    if slot in phrases():
        return _drawn(random.choice(phrases()[slot][1]), random)
    return random.choice(words()[slot])


@cache
def names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """First and last names by locale, as Faker knows them, and our own; its order of drawing has no part in it."""
    from faker import Faker

    found = {}
    for locale in words()["locales"]:
        provider = next(each for each in Faker(locale).get_providers() if hasattr(each, "last_names"))
        first: list[str] = []
        for part in ("first_names", "first_names_male", "first_names_female"):
            first += list(getattr(provider, part, ()))
        found[locale] = (tuple(sorted(set(first))), tuple(sorted(set(provider.last_names))))
    found["own"] = (tuple(words()["first"]), tuple(words()["last"]))
    return found


@cache
def made_up(kind: str) -> tuple[str, ...]:
    """Addresses, streets, cities or companies (`kind`) as Faker makes them up, each locale's in its own form."""
    from faker import Faker

    if kind == "one_line":
        return tuple(address.replace("\n", ", ") for address in made_up("address"))
    found: list[str] = []
    for place, locale in enumerate(words()["locales"]):
        faker = Faker(locale)
        faker.seed_instance(place)
        found += [str(getattr(faker, kind)()) for _ in range(250)]
    if kind == "city":
        # Places that exist count more than those made up.
        provider = next(each for each in Faker().get_providers() if hasattr(each, "land_coords"))
        found += 3 * [row[2] for row in provider.land_coords]
    return tuple(found)


def _locale(random: Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    part = random.random()
    return names()["en_US" if part < 0.2 else "own" if part < 0.45 else random.choice(words()["locales"])]


def first(random: Random) -> str:
    """A first name of any locale."""
    return random.choice(_locale(random)[0])


def last(random: Random) -> str:
    """A last name of any locale."""
    return random.choice(_locale(random)[1])


def city(random: Random) -> str:
    """A city that exists, or a name that could be a town's."""
    return _inner("city", random)


def _whole(random: Random) -> str:
    """A whole name; some have two first or last names, an initial, a suffix, or the last name first."""
    firsts, lasts = _locale(random)
    one, other = random.choice(firsts), random.choice(lasts)
    usual = f"{one} {other}"
    letter = random.choice("ABCDEFGHJKLMNPRST")
    rare = [
        f"{one} {letter}. {other}",
        f"{one} {letter}. {other}",
        f"{one} {random.choice(firsts)} {other}",
        f"{one} {other} {random.choice(lasts)}",
        f"{one[0]}. {other}",
        f"{usual} {random.choice(['Jr.', 'Sr.', 'III', 'PhD'])}",
        f"{other} {one}",
    ]
    return random.choice(rare) if random.random() < 0.25 else usual


_DRAWS: dict[str, Callable[[Random], str]] = {
    "first_name": first,
    "last_name": last,
    "whole_name": _whole,
    "years": lambda random: str(random.randint(1930, 2029)),
    "day": lambda random: str(random.randint(1, 28)),
    "month_number": lambda random: str(random.randint(1, 12)),
    "months_cut": lambda random: random.choice(words()["months"])[:3],
    "ordinal": lambda random: random.choice(words()["ordinals"]),
    "aged": lambda random: str(random.randint(1, 95)),
}
