"""Checks of single rows that column expectations cannot say: one named function each, true where a row passes."""

import polars as pl

from pipelines.record import Record
from pipelines.spelling import normal

REPLACEMENT = "\ufffd"


def is_well_decoded(text: str) -> bool:
    """Whether `text` shows no trace of bytes that were decoded by the wrong encoding.

    Two traces are sure: the replacement character, and text that is valid UTF-8 once its characters are taken
    for bytes again (mojibake: "å¥½" for "好").
    """
    if REPLACEMENT in text:
        return False
    if text.isascii() or max(text) > "\xff":
        return True
    try:
        return text.encode("latin-1").decode("utf-8") == text
    except UnicodeDecodeError:
        return True


def texts_are_well_decoded(frame: pl.DataFrame, record: Record) -> pl.Series:
    """False where the text shows traces of a wrong decoding."""
    name = record.text.name if record.text else record.label.name
    read = frame[name].cast(pl.String)
    return pl.Series([value is None or is_well_decoded(value) for value in read], dtype=pl.Boolean)


def rows_are_new(frame: pl.DataFrame, record: Record) -> pl.Series:
    """False where a subject's row repeats an earlier one of theirs; without subjects, equal rows are two people's."""
    if record.with_role("subject") is None:
        return pl.Series([True] * frame.height, dtype=pl.Boolean)
    return frame.select(pl.struct("subject", *record.names).is_first_distinct()).to_series()


def labels_agree(frame: pl.DataFrame, record: Record) -> pl.Series:
    """False where one text carries two labels; where feedback corrected the source, the feedback stands.

    Two numbers for one text contradict each other no more than two measurements do. Rows of a standard test split are
    left as they are: their figures must stay comparable.
    """
    if record.text is None or not record.has_classes:
        return pl.Series([True] * frame.height, dtype=pl.Boolean)
    split = record.with_role("split")
    judged = (pl.col(split.name) != "test").fill_null(True) if split else pl.lit(True)
    text, label = pl.col("__text"), pl.col(record.label.name).cast(pl.String)
    if known := record.label.categories:  # a misspelt label is held back itself; it disputes nobody's
        label = pl.when(label.is_in(known)).then(label)
    answer = pl.when(pl.col("origin") == "feedback").then(label)
    disputed = label.drop_nulls().n_unique().over("__text") > 1
    corrected = answer.drop_nulls().n_unique().over("__text") == 1
    stands = pl.when(corrected).then(pl.col("origin") == "feedback").otherwise(False)
    keys = pl.Series("__text", [None if t is None else normal(t) for t in frame[record.text.name]], dtype=pl.String)
    passes = text.is_null() | label.is_null() | ~judged | ~disputed | stands
    return frame.with_columns(keys).select(passes.fill_null(True)).to_series()
