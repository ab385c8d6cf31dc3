"""Texts in the word pieces of a pre-trained model, computed in training and in serving by the same few lines.

WordPiece (Schuster & Nakajima 2012) as BERT's family uses it: the longest known piece first, word by word.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

# What separates words, and what is a word by itself, as the first BERT read them: all of ASCII that is neither letter
# nor digit counts as punctuation, whatever Unicode says.
SPACES = frozenset(" \t\n\r\f")
MARKS = frozenset(map(chr, [*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127)]))
IDEOGRAPHS = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
# A longer word is unknown as a whole.
LONGEST_WORD = 100  # bytes


@dataclass(frozen=True)
class WordPieces:
    """The numbers of a text's first `length` pieces in `vocabulary`, between a start and an end; padded at the end."""

    kind: ClassVar[str] = "wordpieces"
    column: str
    length: int
    vocabulary: list[str]
    start: int
    end: int
    padding: int
    unknown: int
    lowercase: bool = False
    strip_accents: bool = False
    split_ideographs: bool = True
    suffix: str = "##"

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each piece."""
        return {piece: place for place, piece in enumerate(self.vocabulary)}

    def read(self, text: str) -> list[int]:
        """The numbers of the pieces of `text`, all of them."""
        if self.strip_accents:
            apart = unicodedata.normalize("NFD", text)
            text = "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")
        found: list[int] = []
        for word in words(text, split_ideographs=self.split_ideographs):
            found += self._pieces(word.casefold() if self.lowercase else word)
        return found

    def _pieces(self, word: str) -> list[int]:
        if len(word.encode("utf-8")) > LONGEST_WORD:
            return [self.unknown]
        found, start = [], 0
        while start < len(word):
            prefix = self.suffix if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self.numbers), None)
            if end is None:
                return [self.unknown]
            found.append(self.numbers[prefix + word[start:end]])
            start = end
        return found

    def arrays(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[Any]]:
        """`tokens` (n, longest) int32."""
        rows = [[self.start, *self.read(text or "")[: self.length - 2], self.end] for text in columns[self.column]]
        found = np.full((len(rows), max([len(row) for row in rows] + [2])), self.padding, dtype=np.int32)
        for place, row in enumerate(rows):
            found[place, : len(row)] = row
        return {"tokens": found}


def words(text: str, *, split_ideographs: bool = True) -> Iterator[str]:
    """What stands between spaces and control characters; each mark, and each ideograph, is a word of its own.

    >>> list(words("Don't  buy 电池!"))
    ['Don', "'", 't', 'buy', '电', '池', '!']
    """
    word = ""
    for letter in text:
        kind = unicodedata.category(letter)
        space = letter in SPACES or kind in ("Cc", "Cf")
        alone = letter in MARKS or kind.startswith("P") or (split_ideographs and _is_ideograph(letter))
        if not space and not alone:
            word += letter
            continue
        if word:
            yield word
        word = ""
        if alone:
            yield letter
    if word:
        yield word


def _is_ideograph(letter: str) -> bool:
    return letter >= "\u3400" and any(first <= ord(letter) <= last for first, last in IDEOGRAPHS)
