"""Many records of a delimited text at once, where each is written beyond doubt; of all others the csv module decides.

Beyond doubt are records as in RFC 4180: of one width, their line ends alike, a quote only around a cell or doubled
inside one. There all readers of CSV agree, and polars' takes a sixth of the csv module's time.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sources.columns import LONGEST_CELL

QUOTE, LINE_FEED = ord('"'), ord("\n")


@dataclass(frozen=True)
class Style:
    """How records are written: of `width` cells, parted by `delimiter`, and whether `quotes` may stand around one."""

    width: int
    delimiter: str
    quotes: bool


def read_block(text: bytes, style: Style) -> tuple[pl.DataFrame, bytes] | None:
    """The records at the beginning of `text` as columns "0", "1", … of texts, and what follows the last whole one.

    None where any record is in doubt, or the block is too small to hold one.
    """
    found = _whole_records(text, style)
    if found is None:
        return None
    records, rest = found
    names = [str(place) for place in range(style.width)]
    # Under a header of our own: no reader takes what comes first for a mark or skips it.
    frame = pl.read_csv(
        f"{style.delimiter.join(names)}\n".encode() + records,
        schema=dict.fromkeys(names, pl.String),
        separator=style.delimiter,
        quote_char='"' if style.quotes else None,
        empty_string_is_null=False,
        extra_columns="raise",
        missing_columns="raise",
    )
    return frame, rest


def _whole_records(text: bytes, style: Style) -> tuple[bytes, bytes] | None:
    """The records that end in `text`, each line ended by LF alone, and the beginning of one that does not."""
    whole = text if text.endswith(b"\n") else text + b"\n"
    plain = whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole
    # A blank line is no record, but looks like one of one cell.
    if b"\r" in plain or style.width < 2 or len(text) > LONGEST_CELL:
        return None
    data = np.frombuffer(plain, np.uint8)
    is_mark = (data == ord(style.delimiter)) | (data == LINE_FEED)
    marks = np.flatnonzero(is_mark | (data == QUOTE) if style.quotes else is_mark)
    kinds = data[marks]
    is_quote = (kinds == QUOTE) & style.quotes
    quoted = np.cumsum(is_quote, dtype=np.uint8) & 1 == 1
    if is_quote.any() and not _quotes_are_apart(marks, is_quote, quoted):
        return None
    if len(plain) < len(whole) and (quoted & (kinds == LINE_FEED)).any():
        return None  # the CR that stood there belongs to the cell
    ends = marks[~is_quote & ~quoted]
    is_line = data[ends] == LINE_FEED
    lines = int(is_line.sum())
    cells = lines * style.width
    if not lines or cells > len(ends) or not is_line[style.width - 1 : cells : style.width].all():
        return None
    cut = int(ends[cells - 1]) + 1
    # What follows may be a record's beginning only if there is more to come.
    return None if cut < len(plain) and whole is not text else (plain[:cut], plain[cut:])


def _quotes_are_apart(marks: NDArray[np.intp], is_quote: NDArray[np.bool_], quoted: NDArray[np.bool_]) -> bool:
    """Whether each quote that opens follows a separator or a closing one, and each that closes is followed by such.

    `marks` are the places of quotes, delimiters and line ends; `quoted`: whether what follows each stands in quotes.
    """
    beside = np.diff(marks) == 1
    follows = np.concatenate([[marks[0] == 0], beside])
    precedes = np.concatenate([beside, [True]])
    return bool((follows | ~is_quote | ~quoted).all() and (precedes | ~is_quote | quoted).all())
