"""What parts the cells of a line, and how a separator of several characters becomes one that every reader knows."""

import re
from collections.abc import Iterator

# What separates cells in files that people have, as a reader of CSV takes it.
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# One or more blanks or tabs, and those around a line: as in tables that are aligned to be looked at.
WHITESPACE = "whitespace"
# Stands for any other separator once the text was read: of one byte, and in no text that people write.
UNIT = "\x1f"
LONGEST = 10
BLANKS = re.compile(r"[ \t]+")
# The same, but for those in a cell that stands in quotes.
BLANKS_OR_QUOTED = re.compile(r'(?<![^ \t\r\n])("[^"\r\n]*")|[ \t]+')
AROUND = re.compile(r"(?:^|(?<=\r))[ \t]+|[ \t]+(?=[\r\n]|\Z)", re.MULTILINE)


def is_separator(text: str) -> bool:
    """Whether cells may be parted by `text`: a separator of CSV, `whitespace`, or what no cell is likely to hold."""
    if text in DELIMITERS or text == WHITESPACE:
        return True
    if not 0 < len(text) <= LONGEST or any(mark in text for mark in '"\r\n'):
        return False
    # A single letter, digit, blank, point or dash parts nothing: cells are full of them.
    return any(not letter.isalnum() and letter not in " ._-'" for letter in text)


def called(delimiter: str) -> str:
    """A separator as people call it, or as it is written."""
    written = delimiter if delimiter.isprintable() else delimiter.encode("unicode_escape").decode()
    return DELIMITERS.get(delimiter) or (delimiter if delimiter == WHITESPACE else f'"{written.strip()}"')


def single(delimiter: str) -> str:
    """The one character that parts the cells of a text that `parted` has gone through."""
    return delimiter if delimiter in DELIMITERS else UNIT


def parted(pieces: Iterator[str], delimiter: str, *, quotes: bool) -> Iterator[str]:
    """Pass on the pieces of a text, each of whole lines, with one character for each separator."""
    if delimiter in DELIMITERS:
        return pieces
    if delimiter == WHITESPACE:
        return (_of_blanks(text, quotes) for text in pieces)
    return (text.replace(delimiter, UNIT) for text in pieces)


def encloses(delimiter: str, *, quotes: bool) -> bool:
    """Whether quotes may stand around a cell: where a separator has several characters, no program writes them so."""
    return quotes and (delimiter in DELIMITERS or delimiter == WHITESPACE)


def _of_blanks(text: str, quotes: bool) -> str:
    text = AROUND.sub("", text)
    if quotes and '"' in text:
        return BLANKS_OR_QUOTED.sub(lambda found: found[1] or UNIT, text)
    return BLANKS.sub(UNIT, text)
