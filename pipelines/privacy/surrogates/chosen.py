"""The choice of a stand-in: a keyed digest of what it stands for seeds it: only the key's owner can repeat it."""

import hmac
import re
from collections.abc import Callable
from functools import cached_property
from random import Random

from pipelines.privacy.coreference import canonical

_TRIES = 60
_WIDE = 20  # from this try on, a maker may leave a reserved range that is too small for the document
_WORD = re.compile(r"[^\W\d_]+")


class Choice:
    """What was chosen in one document: equal originals get equal stand-ins, others never the same one."""

    def __init__(self, key: bytes, text: str) -> None:
        self._key, self._text = key, text
        self._taken: set[tuple[str, str]] = set()
        self._chosen: dict[tuple[str, str], str | None] = {}

    @cached_property
    def days(self) -> int:
        """By how many days the dates of this document move: more than a year, back or forth."""
        random = self._random("days", self._text, 0)
        return random.choice((-1, 1)) * random.randint(400, 1500)

    @cached_property
    def _words(self) -> set[str]:
        return set(_WORD.findall(self._text.casefold()))

    def reserve(self, type: str, original: str) -> None:
        """Never let this stand in for anything of its type."""
        self._taken.add((type, original))

    def choose(self, type: str, original: str, make: Callable[[Random, bool], str | None]) -> str | None:
        """What stands in for the `original`; None where every try is taken, or nothing can be made."""
        question = (type, original)
        if question not in self._chosen:
            self._chosen[question] = self._fresh(type, original, make)
        return self._chosen[question]

    def _fresh(self, type: str, original: str, make: Callable[[Random, bool], str | None]) -> str | None:
        for attempt in range(_TRIES):
            made = make(self._random(type, original, attempt), attempt >= _WIDE)
            if made is None:
                return None
            entry = (type, made.casefold() if type == "NAME" else canonical(type, made))
            if entry not in self._taken and made.casefold() not in self._words:
                self._taken.add(entry)
                return made
        return None

    def _random(self, type: str, original: str, attempt: int) -> Random:
        message = f"{type}\x00{original}\x00{attempt}".encode("utf-8", "surrogatepass")
        # The digest is the secret; Random only unfolds it.
        return Random(int.from_bytes(hmac.digest(self._key, message, "sha256")))  # noqa: S311
