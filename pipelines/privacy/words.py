"""The words and signs of a text, and the hashed features by which the tagger knows a word.

A word is known by its letters alone (whole, beginning, end, shape, pieces), never by a list of names: what is shipped
are rows of numbers at hashed places, and no word that was learned on can be read from them.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from zlib import crc32

ROWS = 1 << 15
FEATURES = 24
PIECES = 14

# Every character belongs to one piece: letters, digits, white space, one sign; a space that follows is kept with it,
# so that the form of a word tells whether something is glued to it. The bound keeps an endless word from being one.
# What was taken out before (shadow.BLANK) is one piece, however long it was.
_PIECE = re.compile(r"[^\W\d_]{1,48} ?|\d{1,48} ?|\s{1,48}|\0+ ?|[\W_] ?")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


def pieces(text: str) -> list[str]:
    """The text cut into words, numbers, signs and white space; joined they are the text again."""
    return _PIECE.findall(text)


def ends(parts: list[str]) -> list[int]:
    """The offset at which each piece ends."""
    return list(accumulate(map(len, parts)))


def is_taggable(piece: str) -> bool:
    """Whether a piece can be part of an English name: not white space, taken out, Chinese, Japanese or Korean."""
    return not piece.isspace() and piece[0] != "\0" and (piece.isascii() or _HAN.search(piece) is None)


def features(piece: str) -> list[int]:
    """The rows of the table that make up a piece: `FEATURES` numbers, 0 where there is none."""
    found = [crc32(name.encode("utf-8", "surrogatepass")) % (ROWS - 1) + 1 for name in _names(piece)]
    return (found + [0] * FEATURES)[:FEATURES]


def _names(piece: str) -> Iterator[str]:
    word = piece.rstrip()
    if word[:1] == "\0":
        yield "taken"
        return
    yield "space" if piece.isspace() and "\n" in piece else "gap" if piece.isspace() else f"open{piece[-1:] == ' '}"
    if word.isdigit():
        yield from _of_number(word)
    elif word:
        yield from _of_word(word)


def _of_number(word: str) -> Iterator[str]:
    yield f"digits{len(word)}"
    if len(word) <= 2:
        yield f"number{word}"
    elif len(word) == 4:
        yield f"century{word[:2]}"
        yield f"decade{word[:3]}"


def _of_word(word: str) -> Iterator[str]:
    small = word.lower()
    yield f"word{small}"
    yield f"form{word}"
    yield f"shape{_shape(word)}"
    if not word[0].isalpha():
        return
    yield f"length{min(len(word), 12)}"
    yield from (f"begins{small[:size]}" for size in (1, 3))
    yield from (f"ends{small[-size:]}" for size in (2, 3, 4))
    framed = f"<{small}>"
    inner = [framed[start : start + 4] for start in range(len(framed) - 3)]
    yield from (f"piece{part}" for part in inner[:PIECES])


def _shape(word: str) -> str:
    """Capitals, small letters and others, each run as one sign: "Xx" for "London", "X" for "UK", "XxXx" for "McCoy"."""
    signs = ["X" if letter.isupper() else "x" if letter.islower() else "o" for letter in word]
    return "".join(sign for place, sign in enumerate(signs) if place == 0 or sign != signs[place - 1])
