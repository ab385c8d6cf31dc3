"""Texts that hold a table, or labels, in a way of their own: taken for plain text they would teach that way."""

import re
from collections.abc import Sequence

# By how nearly all lines are written.
LINES = {
    "it holds tagged words, one to a line, and no family learns tags": re.compile(r"\S.*[ \t](?:O|[BIEMS]-\S+)$"),
}
# By how nearly all lines are written, whatever else a separator would make of them.
LIBSVM = "it is LIBSVM's, with numbered columns"
NUMBERED = re.compile(r"[-+\d.eE,]+(\s+\d+:[-+\d.eE]+)+\s*(#.*)?$")
LABELLED = re.compile(r"__label__\S+\s")
# By how the file begins, comments aside.
HEADS = {
    "it is an ARFF file, of Weka and OpenML": re.compile(r"(?i)\A(?:%.*\n|\s*\n)*@relation\s"),
    "its first line tells spreadsheets the separator": re.compile(r'(?i)\A"?sep=[^\n]{1,2}"?\r?\n'),
}
NEARLY_ALL = 0.9


def foreign(lines: Sequence[str]) -> str | None:
    """What the `lines` of a text without columns are, if they are written in a way that is known."""
    return next((what for what, line in LINES.items() if _share(line, lines) > NEARLY_ALL), None)


def is_fasttext(lines: Sequence[str]) -> bool:
    """Whether labels stand before the texts of nearly all lines, as fastText writes them."""
    return _share(LABELLED, lines) > NEARLY_ALL


def is_numbered(lines: Sequence[str]) -> bool:
    """Whether nearly all lines hold numbered values, as LIBSVM writes them."""
    return _share(NUMBERED, lines) > NEARLY_ALL


def headed(text: str) -> str | None:
    """What a text is by its beginning, if that is known."""
    return next((what for what, head in HEADS.items() if head.search(text)), None)


def _share(pattern: re.Pattern[str], lines: Sequence[str]) -> float:
    return sum(pattern.match(line) is not None for line in lines) / max(len(lines), 1)
