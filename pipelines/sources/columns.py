"""Which columns of a source make a row, and how one that is missing or repeated is told."""

from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from pipelines.errors import SourceError

Row = dict[str, str | None]

# One cell longer than this is a mistake, most often a quote that was never closed.
LONGEST_CELL = 10_000_000

# A line of data that was taken for a header, or a matrix on its side: no record describes so many columns.
MOST_COLUMNS = 20_000

# A message names at most so many columns: beyond that nobody reads them.
NAMED_AT_MOST = 5


def refuse_missing(name: str, found: Collection[str], columns: Sequence[str], required: Collection[str]) -> None:
    """Refuse a source that lacks a column which `record` requires."""
    missing = [column for column in columns if column in required and column not in found]
    if not missing:
        return
    present = sum(column in found for column in columns)
    verb = "column {} is" if len(missing) == 1 else "columns {} are"
    raise SourceError(
        f"ingest: {verb.format(_listed(missing))} missing from {name}.",
        f"Expected the {len(columns)} columns of `record` in params.yaml; "
        f"found {present or 'none'} of them{_closest(missing, found, columns)}.",
        "add the column to the source, or mark it `required: false` in `record`.",
    )


def refuse_repeated(name: str, found: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a source that gives two columns one name: nobody could tell which one is meant; or far too many."""
    if len(found) > MOST_COLUMNS:
        raise SourceError(
            f"ingest: line 1 of {name} has {len(found):,} fields.",
            f"Expected a header of at most {MOST_COLUMNS:,} columns.",
            "check the separator, or write the table with rows and columns exchanged.",
        )
    # Columns without a name are nobody's: spreadsheets leave separators where some once were.
    repeated = [column for column, times in Counter(found).items() if column and times > 1]
    if not repeated:
        return
    raise SourceError(
        f"ingest: {name} has more than one column {_which(repeated, found, columns)}.",
        f"Expected {len(found)} columns with {len(found)} different names.",
        "rename or remove the repeated columns in the source.",
    )


def refuse_unclean(where: str, text: str | None) -> None:
    """Refuse a cell that is too long, or that holds what cannot be stored as text."""
    if text is None:
        return
    problem = "a NUL character" if "\x00" in text else None
    if len(text) > LONGEST_CELL:
        problem = f"more than {LONGEST_CELL:,} characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        problem = "a lone surrogate, half of a character,"
    if problem is None:
        return
    raise SourceError(
        f"ingest: there is {problem} in {where}.",
        f"Expected text without NUL and lone surrogates, of at most {LONGEST_CELL:,} characters.",
        "correct the cell in the source.",
    )


def no_rows(name: str) -> SourceError:
    """Say that a file is well formed and holds nothing."""
    return SourceError(
        f"ingest: {name} has no rows.",
        "Expected at least one row.",
        "export the source again, or leave this file out of `ingest.files`.",
    )


def _which(repeated: list[str], found: Sequence[str], columns: Sequence[str]) -> str:
    """Name the repeated columns, by position where the line may be no header but somebody's data."""
    if _is_header(found, columns):
        return "named " + _listed(repeated)
    places = [str(place) for place, column in enumerate(found, 1) if column in repeated]
    return "of the same name: at positions " + ", ".join(places[:NAMED_AT_MOST])


def _is_header(found: Collection[str], columns: Sequence[str]) -> bool:
    """Tell whether `found` are column names: a file without a header has a person's values there."""
    return any(column in found for column in columns)


def _closest(missing: list[str], found: Collection[str], columns: Sequence[str]) -> str:
    """Give the name in the source that is nearest to a missing one, if there is one safe to show."""
    spare = {column.casefold(): column for column in found if column and column not in columns}
    cutoff = 0.6 if _is_header(found, columns) else 1.0
    near = [match for name in missing for match in get_close_matches(name.casefold(), spare, 1, cutoff)]
    return f" (closest name there: {spare[near[0]]!r})" if near else ""


def _listed(names: list[str]) -> str:
    """List names in quotes, the first few of many."""
    shown = ", ".join(repr(name) for name in names[:NAMED_AT_MOST])
    return shown if len(names) <= NAMED_AT_MOST else f"{shown} and {len(names) - NAMED_AT_MOST} more"
