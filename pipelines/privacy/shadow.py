"""The shadow of a text: the copy that patterns read.

Full-width letters, odd spaces and dashes are folded to ASCII one by one, so offsets stay the same.
Characters that nobody sees (zero-width, direction marks) are left out, and a map leads back.
Placeholders and what was already found are blanked: no pattern ever matches `BLANK`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.privacy.placeholders import PLACEHOLDER
from pipelines.privacy.spans import Span

BLANK = "\x00"

# Full-width commas, colons, brackets and stops stay: in Chinese text they end an identifier.
_FULL_WIDTH = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
_FULL_WIDTH += map(ord, "＃％＆＋－．／＝＠＿")
_SPACES = [0x09, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DASHES = [*range(0x2010, 0x2014), 0x2212]
_FOLD = {code: code - 0xFEE0 for code in _FULL_WIDTH} | dict.fromkeys(_SPACES, 0x20) | dict.fromkeys(_DASHES, 0x2D)
_FOLDABLE = re.compile("[" + "".join(map(re.escape, map(chr, _FOLD))) + "]")
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")


@dataclass(frozen=True, slots=True)
class Shadow:
    """`text` is what patterns read; its piece that begins at `starts[i]` began at `origins[i]`."""

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    def original(self, span: Span) -> Span:
        """Return the span with offsets into the original text."""
        return replace(span, start=self._origin(span.start), end=self._origin(span.end - 1) + 1)

    def _origin(self, position: int) -> int:
        piece = bisect_right(self.starts, position) - 1
        return self.origins[piece] + position - self.starts[piece]


def cast(text: str) -> Shadow:
    """Return the shadow of a text."""
    shadow = Shadow(text) if text.isascii() else _without_unseen(_folded(text))
    blanked = PLACEHOLDER.sub(lambda match: BLANK * len(match[0]), shadow.text)
    return replace(shadow, text=blanked)


def blank(text: str, spans: Iterable[Span]) -> str:
    """Blank the spans (in order, disjoint) out of a shadow's text; its length stays."""
    pieces: list[str] = []
    done = 0
    for span in spans:
        pieces += (text[done : span.start], BLANK * (span.end - span.start))
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)


def _folded(text: str) -> str:
    """Fold full-width letters, digits, spaces and dashes to ASCII, one character to one."""
    return text.translate(_FOLD) if _FOLDABLE.search(text) else text


def _without_unseen(text: str) -> Shadow:
    """Leave out what nobody sees; the map costs one entry for each gap, nothing for the usual text."""
    pieces, starts, origins = [], [], []
    length = done = 0
    for gap in _UNSEEN.finditer(text):
        pieces.append(text[done : gap.start()])
        starts.append(length)
        origins.append(done)
        length += gap.start() - done
        done = gap.end()
    pieces.append(text[done:])
    return Shadow("".join(pieces), (*starts, length), (*origins, done))
