"""When two texts count as one and the same."""

import unicodedata

import polars as pl

# What `str.split` takes for a space, where it is more than one blank between two words.
_SPACING = r"[\t-\r\x1c-\x1f]|  |^ | $"


def normal(text: str) -> str:
    """`text` without the differences that do not count: width, case, spacing.

    >>> normal("Ｇood  Coffee")
    'good coffee'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def normals(texts: pl.Series) -> pl.Series:
    """`normal` of each of many texts, in a third of the time where most are ASCII; null stays null."""
    few = texts.to_frame("text").with_columns(
        easy=(pl.col("text").str.len_bytes() == pl.col("text").str.len_chars()) & ~pl.col("text").str.contains(_SPACING)
    )
    found = few.select(pl.when("easy").then(pl.col("text").str.to_lowercase())).to_series()
    rest = few.select((~pl.col("easy")).fill_null(value=False).arg_true()).to_series()
    return found.scatter(rest, [normal(text) for text in texts.gather(rest)]) if len(rest) else found
