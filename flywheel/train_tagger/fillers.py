"""What a slot of a template is filled with, and of which type that is.

Names come from Faker's many locales and from words.txt; numbers, dates and addresses are put together here.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

LOCALES = (
    "en_US en_GB en_IN en_AU en_IE de_DE fr_FR es_ES es_MX it_IT pl_PL tr_TR nl_NL sv_SE no_NO fi_FI da_DK cs_CZ hu_HU"
    " ro_RO pt_BR hr_HR id_ID sk_SK sl_SI lt_LT lv_LV et_EE"
).split()
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
TITLES = "Mr Mr. Mrs Mrs. Ms Ms. Miss Dr Dr. Prof. Sir Herr Madame Mr Ms".split()
_SMALL = "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty".split()
_PREFIXES = "North South East West New Port Lake Upper Lower Saint San Santa El Great Little Bad Mount Fort Old".split()

_Draw = Callable[[Random], str]


@cache
def words() -> dict[str, list[str]]:
    """The lists of words.txt."""
    lists: dict[str, list[str]] = {}
    name = ""
    for line in (Path(__file__).parent / "words.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            lists.setdefault(name, []).extend(line.split(", "))
    return lists


@cache
def names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """First and last names by locale, as Faker knows them; its order of drawing has no part in it."""
    from faker import Faker

    found = {}
    for locale in LOCALES:
        provider = next(each for each in Faker(locale).get_providers() if hasattr(each, "last_names"))
        first: list[str] = []
        for part in ("first_names", "first_names_male", "first_names_female"):
            first += list(getattr(provider, part, ()))
        found[locale] = (tuple(sorted(set(first))), tuple(sorted(set(provider.last_names))))
    found["own"] = (tuple(words()["first"]), tuple(words()["last"]))
    return found


@cache
def foreign(kind: str) -> tuple[str, ...]:
    """Addresses, cities or companies (`kind`) as Faker makes them up, each locale's in its own form."""
    from faker import Faker

    found: list[str] = []
    for place, locale in enumerate(LOCALES):
        faker = Faker(locale)
        faker.seed_instance(place)
        found += [getattr(faker, kind)() for _ in range(250)]
    if kind == "city":
        provider = next(each for each in Faker().get_providers() if hasattr(each, "land_coords"))
        found += 3 * [row[2] for row in provider.land_coords]
    return tuple(found)


def _of(name: str) -> _Draw:
    return lambda random: random.choice(words()[name])


def _locale(random: Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    part = random.random()
    return names()["en_US" if part < 0.2 else "own" if part < 0.45 else random.choice(LOCALES)]


def first(random: Random) -> str:
    """A first name of any locale."""
    return random.choice(_locale(random)[0])


def last(random: Random) -> str:
    """A last name of any locale."""
    return random.choice(_locale(random)[1])


def name(random: Random) -> str:
    """A whole name; some have two first or last names, an initial, a suffix."""
    firsts, lasts = _locale(random)
    parts = [random.choice(firsts), random.choice(lasts)]
    chance = random.random()
    if chance < 0.08:
        parts.insert(1, f"{random.choice('ABCDEFGHJKLMNPRST')}.")
    elif chance < 0.13:
        parts.insert(1, random.choice(firsts))
    elif chance < 0.17:
        parts.append(random.choice(lasts))
    elif chance < 0.2:
        parts[0] = f"{parts[0][0]}."
    elif chance < 0.22:
        parts.append(random.choice(["Jr.", "Sr.", "III", "PhD"]))
    elif chance < 0.24:
        parts = [random.choice(lasts), random.choice(firsts)]
    return " ".join(parts)


def _initials(random: Random) -> str:
    letters = "ABCDEFGHIJKLMNOPRSTVWYZ"
    return random.choice([f"{random.choice(letters)}.{random.choice(letters)}.", f"{random.choice(letters)}. {last(random)}"])


def city(random: Random) -> str:
    """A city that exists, or a name that could be a town's."""
    chance = random.random()
    if chance < 0.4:
        return random.choice(words()["cities"])
    if chance < 0.7:
        return random.choice(foreign("city"))
    town = f"{last(random).split()[0]}{random.choice(words()['towns'])}" if chance < 0.85 else last(random)
    return f"{random.choice(_PREFIXES)} {town}" if random.random() < 0.4 else town.capitalize()


def street_name(random: Random) -> str:
    """A street without a number."""
    if random.random() < 0.2:
        return random.choice(words()["roads"])
    own = random.choice(words()["streetnames"]) if random.random() < 0.5 else last(random)
    return f"{own} {random.choice(words()['streets'])}"


def street(random: Random) -> str:
    """A street with a number, at times with a flat."""
    number = str(random.randint(1, random.choice([30, 300, 9999])))
    number += random.choice("abcABC") if random.random() < 0.05 else ""
    line = f"{number} {street_name(random)}"
    if random.random() < 0.25:
        return random.choice(foreign("street_address")).replace("\n", ", ")
    if random.random() < 0.15:
        line = f"{random.choice(words()['roads'])} {number}"
    if random.random() < 0.2:
        unit = random.choice(["Apt", "Apt.", "Suite", "Unit", "Flat", "Floor", "#"])
        line += f"{random.choice([', ', ' '])}{unit} {random.randint(1, 999)}"
    return line


def zip_code(random: Random) -> str:
    """A postal code of the United States, Britain, Germany, the Netherlands, Canada and others."""
    letters = "ABCDEFGHJKLMNPRSTUWYZ"
    draw = random.choice
    return draw(
        [
            f"{random.randint(501, 99950):05}",
            f"{random.randint(501, 99950):05}",
            f"{random.randint(501, 99950):05}-{random.randint(1, 9999):04}",
            f"{draw(letters)}{draw(letters)}{random.randint(1, 99)} {random.randint(1, 9)}{draw(letters)}{draw(letters)}",
            f"{random.randint(1000, 9999)} {draw(letters)}{draw(letters)}",
            f"{draw(letters)}{random.randint(1, 9)}{draw(letters)} {random.randint(1, 9)}{draw(letters)}{random.randint(1, 9)}",
            str(random.randint(1000, 9999)),
            f"{random.randint(10, 99)}-{random.randint(100, 999)}",
        ]
    )


def _address(random: Random, separator: str) -> str:
    if random.random() < 0.35:
        return random.choice(foreign("address")).replace("\n", separator)
    state, country, town = random.choice(words()["states"]), random.choice(words()["countries"]), city(random)
    town_line = random.choice(
        [f"{town}, {state} {zip_code(random)}", f"{town} {zip_code(random)}", f"{zip_code(random)} {town}", town, f"{town}, {state}"]
    )
    parts = [street(random), town_line]
    if random.random() < 0.35:
        parts.append(country)
    return separator.join(parts)


def year(random: Random) -> str:
    """A year."""
    return str(random.randint(1930, 2029))


def date(random: Random) -> str:
    """A date, written in one of many ways."""
    day, month, when = random.randint(1, 28), random.randint(1, 12), year(random)
    word = MONTHS[month - 1]
    ordinal = f"{day}{'th' if 10 < day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"
    return random.choice(
        [
            f"{day} {word} {when}", f"{word} {day}, {when}", f"{word[:3]} {day}, {when}", f"{day}/{month}/{when}",
            f"{month:02}/{day:02}/{when}", f"{when}-{month:02}-{day:02}", f"{day}.{month}.{when}", f"{ordinal} of {word}",
            f"{word} {ordinal}", f"{ordinal} {word} {when}", f"{word} {when}", f"{month}/{day}/{when[2:]}", when,
            f"{day}-{word[:3]}-{when}", random.choice(WEEKDAYS), f"{random.choice(WEEKDAYS)}, {day} {word}",
            f"the {ordinal} of {word} {when}", f"{word} {day}", f"{day} {word[:3]}",
        ]
    )  # fmt: skip


def _duration(random: Random) -> str:
    unit = random.choice(["hours", "days", "weeks", "months", "years", "minutes"])
    return f"{random.choice([random.choice(_SMALL[1:]), str(random.randint(2, 90))])} {unit}"


def _money(random: Random) -> str:
    amount = random.choice([str(random.randint(5, 999)), f"{random.randint(1, 9999):,}", f"{random.random() * 900:.2f}"])
    sign, unit = random.choice("$€£"), random.choice(["dollars", "euros", "pounds", "USD", "EUR", "GBP", "PLN", "TRY"])
    return random.choice([f"{sign}{amount}", f"{amount} {unit}", f"{unit.upper()[:3]} {amount}", f"{amount}{sign}"])


def _quantity(random: Random) -> str:
    return f"{random.randint(2, 900)} {random.choice(['km', 'miles', 'metres', 'kg', 'hectares', 'square metres'])}"


def _code(random: Random) -> str:
    digits = "".join(random.choice("0123456789") for _ in range(random.randint(4, 10)))
    letters = "".join(random.choice("ABCDEFGHJKLMNPRSTVWXZ") for _ in range(random.randint(1, 3)))
    return random.choice([digits, f"{letters}{digits}", f"{letters}-{digits}", f"{digits[:4]}/{digits[-2:]}", f"{digits[:3]}-{digits[3:]}"])


def _age(random: Random) -> str:
    return random.choice([str(random.randint(1, 99)), str(random.randint(18, 90)), "thirty-four", "sixty"])


def org(random: Random) -> str:
    """A company, a public body or a club."""
    chance, own, kind = random.random(), last(random), random.choice(words()["business"])
    if chance < 0.3:
        return random.choice(words()["companies"])
    if chance < 0.4:
        return random.choice(foreign("company"))
    form = random.choice(words()["forms"])
    return random.choice(
        [
            f"{own} {kind}", f"{own} {form}", f"{own}, {last(random)} and {last(random)}", f"{own}-{last(random)}",
            f"{random.choice(words()['coined'])} {kind}", f"{random.choice(words()['coined'])} {kind} {form}",
            f"{own} & Sons", f"{own} and Sons", f"{own} Group", f"{city(random)} {kind}", f"{random.choice(words()['coined'])} {form}",
            f"Bank of {city(random)}", f"{city(random)} Football Club", f"{city(random)} Police", f"{own} Foundation",
            "".join(random.choice("ABCDEFGHIKLMNOPRSTW") for _ in range(3)),
        ]
    )  # fmt: skip


def _university(random: Random) -> str:
    return random.choice([f"University of {city(random)}", f"{city(random)} University", f"{last(random)} College", f"{city(random)} High School"])


def _body(kind: str) -> _Draw:
    return lambda random: f"{city(random)} {random.choice(words()[kind])}" if random.random() < 0.6 else random.choice(words()[kind])


def _digits(count: int) -> _Draw:
    return lambda random: "".join(random.choice("0123456789") for _ in range(count))


def _phone(random: Random) -> str:
    return random.choice(["+44 20 7946 0###", "(###) 555-01##", "555-01##", "###-###-####", "+49 ### #######"]).replace(
        "#", str(random.randint(2, 9))
    )


# Slot -> type, how to draw. Type "": nobody's; "?": found by pattern, so whatever the tagger says of it is as good.
SLOTS: dict[str, tuple[str, _Draw]] = {
    "name": ("PERSON", name),
    "first": ("PERSON", first),
    "last": ("PERSON", last),
    "initials": ("PERSON", _initials),
    "title": ("PERSON", lambda random: random.choice(TITLES)),
    "city": ("LOCATION", city),
    "country": ("LOCATION", _of("countries")),
    "state": ("LOCATION", _of("states")),
    "place": ("LOCATION", lambda random: random.choice(words()[random.choice(["places", "regions", "cities"])])),
    "street": ("LOCATION", street),
    "street_name": ("LOCATION", street_name),
    "zip": ("LOCATION", zip_code),
    "address": ("LOCATION", lambda random: _address(random, ", ")),
    "address_lines": ("LOCATION", lambda random: _address(random, random.choice(["\n", "\n", ",\n"]))),
    "org": ("ORGANISATION", org),
    "university": ("ORGANISATION", _university),
    "hospital": ("ORGANISATION", lambda random: f"{random.choice([city, last])(random)} {random.choice(['Hospital', 'General Hospital', 'Clinic'])}"),
    "hotel": ("ORGANISATION", lambda random: f"{random.choice(['Hotel', 'Grand Hotel', 'Hilton', 'Hostel'])} {city(random)}"),
    "court": ("ORGANISATION", _body("courts")),
    "ministry": ("ORGANISATION", _body("ministries")),
    "date": ("DATE", date),
    "year": ("DATE", year),
    "month": ("DATE", lambda random: random.choice(MONTHS)),
    "weekday": ("DATE", lambda random: random.choice(WEEKDAYS)),
    "duration": ("", _duration),
    "time": ("DATE", lambda random: f"{random.randint(0, 23)}:{random.randint(0, 59):02}"),
    "age": ("DEMOGRAPHIC", _age),
    "nationality": ("DEMOGRAPHIC", _of("nationalities")),
    "religion": ("DEMOGRAPHIC", _of("religions")),
    "party": ("DEMOGRAPHIC", _of("parties")),
    "money": ("QUANTITY", _money),
    "quantity": ("QUANTITY", _quantity),
    "percent": ("QUANTITY", lambda random: random.choice([f"{random.randint(1, 99)}%", f"{random.randint(1, 99)} per cent"])),
    "code": ("CODE", _code),
    "digits4": ("CODE", _digits(4)),
    "number": ("", lambda random: str(random.randint(1, 40))),
    "job": ("", _of("jobs")),
    "email": ("?", lambda random: f"{first(random).lower()}.{last(random).lower()}@example.com".replace(" ", "")),
    "phone": ("?", _phone),
}  # fmt: skip


def fill(template: str, random: Random) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a template with their types, slots filled."""
    text = template.replace("\\n", "\n")
    while text:
        before, brace, rest = text.partition("{")
        slot, _, after = rest.partition("}")
        if not brace or slot not in SLOTS:
            yield (before + brace, "")
            text = rest
            continue
        yield (before, "")
        kind, draw = SLOTS[slot]
        yield (draw(random), kind)
        text = after
