"""Characters that nobody sees: which of them a cell may hold, and what becomes of the others.

NUL and lone surrogates are refused where a file is read, because no store keeps them. The rest arrives in honest files
too, so it is made harmless and counted instead; but not in a text whose letters are bytes of UTF-8 that were taken for
characters: `validate` knows it by its controls, and holds it back. Tab, line feed and carriage return are text, and so
are the joiners U+200C and U+200D, without which Persian, Hindi and many emoji are spelled wrong.
"""

from collections import Counter

import numpy as np
import polars as pl

from pipelines.checks.rows import is_well_decoded

# C0 and C1 controls and DEL: a blank takes their place, because some of them part words.
CONTROL = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
# Marks, embeddings, overrides and isolates of the bidirectional algorithm: they show a text in another order.
BIDI = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
# Zero-width space, word joiner, invisible operators, soft hyphen, byte-order mark, tags: they part what reads as one.
INVISIBLE = r"[\u00ad\u180e\u200b\u2060-\u2064\ufeff\u{E0000}-\u{E007F}]"
# A spreadsheet that opens such a cell may run it: CWE-1236. A number with its sign is none.
FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+-]?[\d.,\s]+$"

NORMALISED = (("control", CONTROL, " "), ("bidi", BIDI, ""), ("invisible", INVISIBLE, ""))
ANY = "|".join(pattern for _, pattern, _ in NORMALISED)
SEEN = (*(name for name, _, _ in NORMALISED), "formulas")


def normalised(frame: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """A frame of texts without control, bidi and invisible characters; how many there were, by class.

    `formulas` counts the cells that a spreadsheet would take for one; they stay as they are. A cell of which nothing
    is left is missing.
    """
    counts: Counter[str] = Counter()
    for name in frame.columns:
        cells = frame[name]
        if unseen := _unseen(cells):
            cells = cells.scatter(unseen, _harmless(cells[unseen], counts))
            frame = frame.with_columns(cells.alias(name))
        formulas = cells.str.contains(FORMULA)
        if formulas.any() and (count := cells.filter(formulas & ~cells.str.contains(NUMBER)).len()):
            counts["formulas"] += count
    return frame, counts


def _unseen(cells: pl.Series) -> list[int]:
    """The places of the cells that hold what nobody sees, but for those that were decoded wrongly."""
    if _is_plain(cells):
        return []
    suspect = cells.str.contains(ANY).fill_null(value=False).arg_true()
    return [place for place in suspect if is_well_decoded(cells[place])]


def _is_plain(cells: pl.Series) -> bool:
    """Whether all `cells` are printable ASCII: known from their bytes in a fifth of a pattern's time."""
    if not cells.len() or cells.dtype != pl.String:
        return False
    _, _, content = cells.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    # What lies below the blank wraps around.
    return content is None or not (np.frombuffer(content, np.uint8) - np.uint8(ord(" ")) > ord("~") - ord(" ")).any()


def _harmless(cells: pl.Series, counts: Counter[str]) -> pl.Series:
    for kind, pattern, instead in NORMALISED:
        if count := int(cells.str.count_matches(pattern).sum()):
            counts[kind] += count
            cells = cells.str.replace_all(pattern, instead)
    return cells.to_frame("cell").select(pl.when(pl.col("cell") != "").then("cell")).to_series()
