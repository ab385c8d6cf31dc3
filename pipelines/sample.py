"""Invented product reviews in English and Chinese, with the faults that real user data has.

The texts are hard on purpose. Which clause wins hangs on the order of words ("A, although B", "although A, B"), a
negation may stand far from the word that it turns around, annotators disagree, and people say who they are.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from pipelines.sample_phrases import CARDS, CHINESE, EMAIL_DOMAINS, EMOJI, ENGLISH, Phrases

COLUMNS: tuple[str, ...] = (
    *("user_id", "name", "email", "phone", "age", "city"),
    *("rating", "consent", "written_at", "review", "sentiment"),
)
LABELS = {-1: "negative", 0: "neutral", 1: "positive"}
Row = dict[str, str | None]

# How people are: shares of all people, or of all rows.
IN_ENGLISH = 0.6
CONSENTING = 0.96
PRIVATE = 0.135  # a sentence that says who wrote this, or where to find somebody
MISLABELLED = 0.045  # the annotator chose the class next to the right one
MISTYPED = 0.1
# The faults that take two rows to see; DEFECTS below has those within one row.
SENT_TWICE = 0.01  # the same row again, every column equal
DISPUTED = 0.006  # the text of an earlier row under another label; some find no row to copy

SENSE_WEIGHTS = {-1: 39, 0: 20, 1: 41}
ROWS_PER_PERSON = {1: 34, 2: 27, 3: 17, 4: 10, 5: 5, 6: 3, 7: 2, 8: 2}
RATING_WEIGHTS = {-1: (46, 32, 13, 5, 4), 0: (5, 18, 52, 20, 5), 1: (3, 4, 13, 34, 46)}
# How clauses make an opinion: the shape, what its first and second clause mean, and its weight.
OUTLINES = {
    -1: (
        *(("alone", -1, -1, 53), ("agreeing", -1, -1, 30), ("second_wins", 1, -1, 8), ("first_wins", -1, 1, 7)),
        ("sarcastic", -1, -1, 2),
    ),
    0: (("alone", 0, 0, 14), ("balanced", 1, -1, 3), ("balanced", -1, 1, 3)),
    1: (("alone", 1, 1, 54), ("agreeing", 1, 1, 30), ("second_wins", -1, 1, 8), ("first_wins", 1, -1, 7)),
}
FIRST_MOMENT, SPAN = datetime(2025, 4, 1, tzinfo=UTC), timedelta(days=548)


class Person(NamedTuple):
    """Somebody who writes reviews, and stays the same in all of them."""

    columns: Row
    digits: str
    say: Phrases


def reviews(rows: int, seed: int) -> Iterator[Row]:
    """Yield `rows` reviews, oldest first; the same arguments give the same rows on every machine."""
    dice = Random(seed)  # noqa: S311 - invented data has to be repeatable, not secret
    authors = _authors(rows, dice)
    moments = sorted(dice.randrange(int(SPAN.total_seconds())) for _ in authors)
    earlier: dict[str, Row] = {}  # the latest faultless row of each language
    sent: Row = {}
    for author, moment in zip(authors, moments, strict=True):
        if dice.random() >= SENT_TWICE or not sent:
            row = _row(author, FIRST_MOMENT + timedelta(seconds=moment), dice)
            if dice.random() < DISPUTED:
                row = _disputed(row, earlier.get(author.say.language, row), dice)
            earlier[author.say.language] = row
            sent = _spoiled(row, dice)
        yield {column: sent[column] for column in COLUMNS}


def _authors(rows: int, dice: Random) -> list[Person]:
    """Invent people until each of the rows has its author."""
    authors: list[Person] = []
    mask = dice.getrandbits(32)
    while len(authors) < rows:
        person = _person(len(authors), mask, dice)
        authors += [person] * _drawn(ROWS_PER_PERSON, dice)
    dice.shuffle(authors)
    return authors[:rows]


def _person(number: int, mask: int, dice: Random) -> Person:
    """Invent one person; `number` is theirs alone, and so are their id and their e-mail address."""
    say = ENGLISH if dice.random() < IN_ENGLISH else CHINESE
    given, family = dice.choice(list(say.given)), dice.choice(list(say.family))
    digits = re.sub("#", lambda _: dice.choice("0123456789"), dice.choice(say.phones))
    columns: Row = {
        # An odd factor shuffles 0 ... 2**32 - 1 without a collision.
        "user_id": f"u-{(number * 0x9E3779B1 ^ mask) % 2**32:08x}",
        "name": say.full_name.format(given=given, family=family),
        "email": f"{say.given[given]}.{say.family[family]}{number}@{dice.choice(EMAIL_DOMAINS)}",
        "phone": _phone(say.phone_forms[0], digits),
        "age": str(18 + min(dice.randrange(63), dice.randrange(63))),
        "city": dice.choice(say.cities),
        "consent": "yes" if dice.random() < CONSENTING else "no",
    }
    return Person(columns, digits, say)


def _phone(form: str, digits: str) -> str:
    """Write a telephone number down in one of the forms that people use."""
    return form.format(a=digits[:3], b=digits[3:-4], c=digits[-4:])


def _row(author: Person, moment: datetime, dice: Random) -> Row:
    """Let somebody write one review, and somebody else label it."""
    sense = read_as = _drawn(SENSE_WEIGHTS, dice)
    if dice.random() < MISLABELLED:
        read_as = 0 if sense else dice.choice((-1, 1))
    return author.columns | {
        "rating": str(dice.choices(range(1, 6), RATING_WEIGHTS[sense])[0]),
        "written_at": moment.isoformat(),
        "review": _review(sense, author, dice),
        "sentiment": LABELS[read_as],
    }


def _drawn(weights: dict[int, int], dice: Random) -> int:
    """Draw one of the keys by its weight."""
    return dice.choices(list(weights), list(weights.values()))[0]


def _review(sense: int, author: Person, dice: Random) -> str:
    """Write an opinion, perhaps with a remark beside it, and now and then with something personal."""
    say, product = author.say, dice.choice(list(author.say.products))
    parts = [_worn(_opinion(sense, product, say, dice), say, dice)]
    for _ in range(_drawn({0: 35, 1: 50, 2: 15}, dice)):
        aside = dice.choice(say.asides).format(product=product, time=dice.choice(say.times))
        parts.insert(dice.randrange(2), _worn(aside, say, dice))
    if dice.random() < PRIVATE:
        parts.insert(dice.choice((0, len(parts))), _private(author, dice))
    if dice.random() < 0.07:
        parts.append(dice.choice(EMOJI[sense if dice.random() < 0.7 else dice.choice((-1, 0, 1))]))
    return say.gap.join(parts)


def _opinion(sense: int, product: str, say: Phrases, dice: Random) -> str:
    """Say in one clause or two what somebody thinks of a product."""
    shape, first, second, _ = dice.choices(OUTLINES[sense], [weight for *_, weight in OUTLINES[sense]])[0]
    a = b = _clause(first, product, say, dice)
    while b == a:
        b = _clause(second, product, say, dice)
    return dice.choice(say.shapes[shape]).format(a=a, b=b)


def _clause(sense: int, product: str, say: Phrases, dice: Random) -> str:
    """State something, straight or by denying the opposite."""
    forms = ((say.facts[sense], sense), (say.plain, sense), (say.denied, -sense), (say.feigned, sense))
    shapes, word_sense = dice.choices(forms, (39, 48, 9, 4) if sense else (50, 50, 0, 0))[0]
    return dice.choice(shapes).format(
        product=product,
        aspect=dice.choice(say.products[product] + say.aspects),
        word=dice.choice(say.words[word_sense]),
        time=dice.choice(say.times),
    )


def _worn(text: str, say: Phrases, dice: Random) -> str:
    """Close a sentence the way hurried people do: typing errors, shouting, no capitals, any full stop."""
    if dice.random() < MISTYPED:
        text = _homophone(text, say, dice) if say.homophones else _swapped(text, dice)
    text = re.sub(r"(^|[.!?] )([a-z])", lambda start: start[0].upper(), text)
    case = dice.choices((str, str.lower, str.upper), (84, 14, 2))[0]
    return case(text) + dice.choice(say.stops)


def _swapped(text: str, dice: Random) -> str:
    """Let two letters within a longer word change places."""
    places = [match.start() for match in re.finditer(r"(?<=[a-z])[a-z]{2}(?=[a-z]{2})", text)]
    at = dice.choice(places or [len(text)])
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _homophone(text: str, say: Phrases, dice: Random) -> str:
    """Let one character be another that is typed in the same way."""
    found = [right for right in say.homophones if right in text]
    right = dice.choice(found or list(say.homophones))
    return text.replace(right, say.homophones[right], 1)


def _private(author: Person, dice: Random) -> str:
    """Write down something that leads to a person: the author, or somebody with an invented name."""
    say, number = author.say, dice.randrange(10**8)
    given, family = dice.choice(list(say.given)), dice.choice(list(say.family))
    return dice.choice(say.private).format(
        email=author.columns["email"],
        phone=_phone(dice.choice(say.phone_forms), author.digits),
        url=f"https://www.{dice.choice(EMAIL_DOMAINS)}/r/{number:08d}",
        handle=f"@{say.given[given]}_{say.family[family]}{number % 100}",
        order=f"{dice.choice(('A-', '#', 'SO2026', ''))}{number:08d}",
        address=dice.choice(say.streets).format(number=1 + number % 240),
        me=author.columns["name"],
        name=say.full_name.format(given=given, family=family),
        family=family,
        card=dice.choice(CARDS),
        identity=_identity(dice),
    ) + dice.choice(say.stops)


def _identity(dice: Random) -> str:
    """Invent a Chinese identity number that checks out, of somebody born too early to be alive."""
    born = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(3650))
    body = f"{dice.choice(('110105', '310104', '440305', '510107'))}{born:%Y%m%d}{dice.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def _disputed(row: Row, earlier: Row, dice: Random) -> Row:
    """Give this author the text of somebody else, under another label."""
    if earlier["user_id"] == row["user_id"]:
        return row
    others = sorted(set(LABELS.values()) - {earlier["sentiment"]})
    return row | {"review": earlier["review"], "sentiment": dice.choice(others)}


def _spoiled(row: Row, dice: Random) -> Row:
    """Let each of the DEFECTS strike at its rate."""
    for column, rate, spoil in DEFECTS:
        if dice.random() < rate and (value := row[column]) is not None:
            row = row | {column: spoil(value, dice)}
    return row


def _instead(*values: str | None) -> Callable[[str, Random], str | None]:
    """Make a fault that puts one of `values` where a right one was."""
    return lambda _value, dice: dice.choice(values)


def _garbled(text: str, dice: Random) -> str:
    """Break the encoding: UTF-8 read as Latin-1, or a character that was lost on the way."""
    if not text.isascii() and dice.random() < 0.7:
        return text.encode().decode("latin-1")
    at = dice.randrange(len(text))
    return f"{text[:at]}\ufffd{text[at + 1 :]}"


# The faults within one row: which column, how often, what happens to it.
DEFECTS: tuple[tuple[str, float, Callable[[str, Random], str | None]], ...] = (
    ("review", 0.0035, _instead(None)),
    ("sentiment", 0.0035, _instead(None)),
    ("age", 0.02, _instead(None)),  # age, phone and e-mail are nobody's duty to give
    ("phone", 0.02, _instead(None)),
    ("email", 0.02, _instead(None)),
    ("age", 0.004, _instead("300", "-1")),
    ("rating", 0.002, _instead("11")),
    ("sentiment", 0.003, _instead("postive", "N/A")),
    ("written_at", 0.002, _instead("yesterday", "31/02/2026", "2026-13-45T09:00:00")),
    ("review", 0.004, _garbled),
)
