"""What looks like an identifier though we do not know whose: the kinds that prove themselves, and no others."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.spans import Span

STRONG = frozenset({"EMAIL", "PHONE", "CARD", "IBAN", "ID"})
SUREST = 0.8
# Only these kinds of files are read by people; in others a number is a number.
READ = frozenset({".html", ".json", ".txt", ".md", ".log", ".csv", ".out"})
# Without one of these nothing of the kinds above can be there: it spares reading most texts.
_POSSIBLE = r"[@＠]|\d(?:\D{0,3}\d){5}|[A-Za-z]\d(?:[ -]?\w){10}"
_DIGEST = "^[0-9a-f]{16,128}$"
_TOLL_FREE = re.compile(r"1?(?:8(?:00|33|44|55|66|77|88)|400)[0-9]{7}")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)
# Digests, run ids and moments are numbers, and nobody's.
_NOBODYS = re.compile(
    r"\b(?:[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{6}(?:\.\d+)?Z?|1[4-9]\d{8,11})\b"
)


def strong_spans(texts: pl.Series) -> Iterator[tuple[str, Span]]:
    """What patterns are sure of in `texts`."""
    for text in texts.filter(texts.str.contains(_POSSIBLE) & ~texts.str.contains(_DIGEST)):
        for span in find_identifiers(text):
            if span.type in STRONG and span.score >= SUREST and not _is_a_firms(text[span.start : span.end]):
                yield text, span


def _is_a_firms(found: str) -> bool:
    """Whether it is a number whose calls the called one pays: the same in many texts, and no person's."""
    return _TOLL_FREE.fullmatch("".join(each for each in found if each.isdigit())) is not None


def count_kinds(texts: pl.Series, allowed: Sequence[str] = ()) -> Counter[str]:
    """How many identifiers of each strong kind stand in `texts`; `allowed` ones are nobody's."""
    fine = {value.casefold() for value in allowed}
    return Counter(
        span.type for text, span in strong_spans(texts) if text[span.start : span.end].casefold() not in fine
    )


def prose(content: bytes, suffix: str) -> pl.Series:
    """The text of a file that people read, line by line, without markup and without digests."""
    text = content.decode("utf-8", "replace")
    if suffix == ".html":
        text = html.unescape(_TAG.sub(" ", text))
    return pl.Series(_NOBODYS.sub(" ", text).splitlines(), dtype=pl.String)
