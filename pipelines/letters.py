"""Texts as the pieces that a language model reads and writes, one after the other; no text is lost on the way."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

# Where a text ends, and hence where the next one begins; a character that was not seen often enough to be learnt.
END, UNKNOWN = 0, 1
FIRST = 2
UNREADABLE = "\ufffd"
Level = Literal["characters", "words"]
# A word or a number with the space before it; anything else is a piece by itself, Han character by Han character.
PIECE = re.compile(r" ?[^\W\d_\u3400-\u9fff]+| ?\d+|.", re.DOTALL)


@dataclass(frozen=True)
class Letters:
    """The numbers of a text's `pieces`, characters or whole words, of which a model sees `length` at a time."""

    kind: ClassVar[str] = "letters"
    column: str
    length: int
    pieces: list[str]
    level: Level = "characters"

    @classmethod
    def fit(cls, texts: Iterable[str], column: str, length: int, level: Level, size: int) -> "Letters":
        """The commonest `size` pieces of `texts`, each seen twice at least.

        Characters are always among them: what is no known word is spelled.
        """
        characters: Counter[str] = Counter()
        words: Counter[str] = Counter()
        for text in texts:
            characters.update(text)
            if level == "words":
                words.update(piece for piece in PIECE.findall(text) if len(piece) > 1)
        spelled = _commonest(characters, size)
        whole = _commonest(words, size - len(spelled)) if size > len(spelled) else []
        return cls(column, length, spelled + whole, level)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each piece."""
        return {piece: place for place, piece in enumerate(self.pieces, FIRST)}

    @property
    def rows(self) -> int:
        """How many numbers there are, end and unknown among them."""
        return FIRST + len(self.pieces)

    def read(self, text: str) -> list[int]:
        """The numbers of the pieces of `text`."""
        known = self.numbers
        if self.level == "characters":
            return [known.get(letter, UNKNOWN) for letter in text]
        found: list[int] = []
        for piece in PIECE.findall(text):
            number = known.get(piece)
            found += [number] if number is not None else [known.get(letter, UNKNOWN) for letter in piece]
        return found

    def write(self, numbers: Iterable[int]) -> str:
        """The text of these numbers: what `read` gives comes back, but for unknown characters."""
        return "".join(
            self.pieces[number - FIRST] if number >= FIRST else UNREADABLE for number in numbers if number != END
        )

    def arrays(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[Any]]:
        """`letters` (n, longest) int32: the beginning of each text, from which each of its pieces is foretold."""
        rows = [([END, *self.read(text or "")])[: self.length] for text in columns[self.column]]
        return {"letters": padded(rows)}

    def windows(self, texts: Iterable[str | None]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """All `texts` behind one another, cut into pieces to read and, for each of them, the one that follows.

        Both (windows, length); shorter than `length` only where all texts together are. The last window overlaps the
        one before it, so that every window is full and nothing is left out.
        """
        stream = [END]
        for text in texts:
            stream += [*self.read(text or ""), END]
        given = np.array(stream, dtype=np.int64)
        width = min(self.length, len(given) - 1)
        starts = np.arange(0, len(given) - width, width)
        if starts[-1] + width < len(given) - 1:
            starts = np.append(starts, len(given) - 1 - width)
        places = starts[:, None] + np.arange(width)
        return given[places].astype(np.int32), given[places + 1]


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """Rows of numbers as an array, filled up by ends."""
    found = np.full((len(rows), max([len(row) for row in rows] + [1])), END, dtype=np.int32)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def _commonest(counts: Counter[str], size: int) -> list[str]:
    return [piece for _, piece in sorted((-count, piece) for piece, count in counts.items() if count > 1)[:size]]
