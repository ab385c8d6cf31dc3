"""Identifiers of nobody, to see how many of them the anonymiser takes out: equal on every machine."""

import random

from pipelines.privacy.text import clean

PER_KIND = 40
WEIGHTS, CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
SENTENCES = (
    "Please write to me, {}, before noon.",
    "Mine is {} and it is valid.",
    "请联系我{}，谢谢。",
    "我的号码是{}。",
)


def recall() -> tuple[int, int]:
    """How many identifiers were planted in sentences, and how many the anonymiser took out whole."""
    rng = random.Random(11)  # noqa: S311 - no secret: the same each time is what is wanted
    planted = [kind(rng) for kind in (_email, _card, _resident, _mobile, _link, _address) for _ in range(PER_KIND)]
    removed = sum(value not in clean(SENTENCES[place % 4].format(value))[0] for place, value in enumerate(planted))
    return len(planted), removed


def _email(rng: random.Random) -> str:
    return f"somebody.{rng.randrange(10**6)}@example.net"


def _card(rng: random.Random) -> str:
    digits = f"400000{rng.randrange(10**9):09}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def _resident(rng: random.Random) -> str:
    month, day = rng.randrange(1, 13), rng.randrange(1, 29)
    digits = f"110105{rng.randrange(1950, 2000)}{month:02}{day:02}{rng.randrange(1000):03}"
    return digits + CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]


def _mobile(rng: random.Random) -> str:
    return f"138{rng.randrange(10**8):08}"


def _link(rng: random.Random) -> str:
    return f"https://example.com/u/{rng.randrange(10**9)}"


def _address(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))
