"""What a rule is: a pattern, a check, a score.

How patterns are written, so that ten million characters, or an attacker's hundred thousand, take linear time:

* Every repetition is bounded, and no two neighbours in a pattern compete for the same character.
* A pattern begins with a literal or a small class, because `re` then skips to it in C; what must not stand
  before it (`ALONE`) is asked after that first character.
* The bounds are ASCII look-arounds: for a word boundary of `re`, Chinese characters are letters.
* No pattern matches a line break or `shadow.BLANK`: an identifier lives on one line, and a placeholder is a wall.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipelines.privacy.spans import Span

# After the first character: no letter or digit before it, and it is not the fraction of a decimal number.
ALONE = r"(?<![0-9A-Za-z].)(?<![0-9]\..)"
# The same, and not in the middle of a hyphenated number either.
ALONE_NO_DASH = r"(?<![0-9A-Za-z].)(?<![0-9][.-].)"
# After the last character: neither a letter, nor a digit, nor a fraction.
END = r"(?![0-9A-Za-z])(?!\.[0-9])"
HAN = "\u3400-\u4dbf\u4e00-\u9fff"

_NOT_DIGIT = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class Rule:
    """What `pattern` matches is a `type` if `accepts` its text; the group `v`, if there is one, is the span."""

    type: str
    pattern: re.Pattern[str]
    score: float
    accepts: Callable[[str], bool] | None = None

    def find(self, text: str) -> Iterator[Span]:
        """Yield the accepted matches; after a refusal the search goes on one character further."""
        group = "v" if "v" in self.pattern.groupindex else 0
        match = self.pattern.search(text)
        while match:
            taken = self.accepts is None or self.accepts(match[group])
            if taken:
                yield Span(*match.span(group), self.type, self.score)
            match = self.pattern.search(text, max(match.end(), match.start() + 1) if taken else match.start() + 1)


def digits_of(text: str) -> str:
    """Return the ASCII digits of a text."""
    return _NOT_DIGIT.sub("", text)
