"""How delimited files are written, where `ingest` of params.yaml says that they are not written as usual."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.errors import SourceError
from pipelines.sources.joining import Joined
from pipelines.sources.separators import LONGEST, WHITESPACE, is_separator


@dataclass(frozen=True)
class Dialect:
    """What a file does not say about itself.

    `delimiter` separates the cells (None: as the format has it). `header` gives the column names where the file has
    none. `quotes` says that a cell may stand in double quotes; where not, a quote is a character as others are.
    `final_newline` says that the last record ends as the others do, which tells a whole file from a cut one. `joined`
    are the texts that several columns make together. `sheets` of a workbook are read (none: all visible ones).
    """

    delimiter: str | None = None
    header: tuple[str, ...] | None = None
    quotes: bool = True
    final_newline: bool = True
    joined: Joined = ()
    sheets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise SourceError for a delimiter that is none, or a header that names two columns alike."""
        if self.delimiter is not None and not is_separator(self.delimiter):
            raise SourceError(
                "ingest: `ingest.delimiter` in params.yaml is none that we know.",
                f'Expected ";", "|", "\\t", {WHITESPACE}, or up to {LONGEST} characters with no quote and no line end.',
                "correct `ingest.delimiter`, or leave it out for commas in CSV and tabs in TSV.",
            )
        if self.header is not None and (len(set(self.header)) < len(self.header) or "" in self.header):
            raise SourceError(
                "ingest: `ingest.header` in params.yaml has a name that is empty or stands there twice.",
                "Expected a name of its own for each column of the file.",
                "correct `ingest.header`.",
            )


USUAL = Dialect()


def refuse_own_header(name: str, first: Sequence[str], header: Sequence[str]) -> None:
    """Refuse a first record that is the very header which `ingest.header` says is not there."""
    if [cell.strip().casefold() for cell in first] == [cell.casefold() for cell in header]:
        raise SourceError(
            f"ingest: line 1 of {name} is a header, and `ingest.header` in params.yaml gives one as well.",
            "Expected rows from line 1 on where `ingest.header` is set.",
            "remove `ingest.header`: the file names its own columns.",
        )


def unended(name: str, line: int) -> SourceError:
    """Say that the last line of a file does not end, so that nobody can tell whether it is whole."""
    return SourceError(
        f"ingest: line {line} of {name}, its last, has no line end: the file may have been cut off.",
        "Expected a line end after the last record.",
        "export or download it again; if it is whole, add a line end, or set `ingest.final_newline: false`.",
    )
