"""What a file is by its name, or by what `ingest.format` says."""

from pathlib import Path, PurePosixPath

from pipelines.errors import SourceError
from pipelines.sources.opening import is_packed, refuse_other_kind, shown

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
# Texts without columns tell by no name how they are parted: they are declared.
PLAIN = ("lines", "paragraphs")
FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow", "excel", *PLAIN, "fasttext", "documents", "idx", "images")
HEAD_BYTES = 4096
# Compressed inside, and read by places: packed once more they are refused.
UNPACKED = ("parquet", "arrow", "excel")


def kind_by_name(name: str) -> str | None:
    """The format that a file's name tells, looking through .gz, .bz2, .xz and .zst."""
    path = Path(PurePosixPath(name).name)
    plain = path.with_suffix("") if is_packed(path) else path
    return SUFFIXES.get(plain.suffix.lower())


def kind_of_file(path: Path, declared: str | None) -> str:
    """The format of a file: the declared one, else what its name tells. Raises SourceError where neither does."""
    kind = declared or kind_by_name(path.name)
    if kind in FORMATS:
        return kind
    if declared is None:
        _refuse_known(path)
    what = f"the format of {shown(path)} is not known" if declared is None else f"{declared!r} is not a format"
    raise SourceError(
        f"ingest: {what}.",
        f"Expected `ingest.format` to be {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or a file name that tells it.",
        "declare `ingest.format`.",
    )


def _refuse_known(path: Path) -> None:
    """Refuse a file that is no table by its first bytes, and say what helps with it."""
    if path.is_file() and not is_packed(path):
        with path.open("rb") as stream:
            refuse_other_kind(path, stream.read(HEAD_BYTES), "a table: CSV, TSV, JSON Lines, Parquet, Arrow or Excel")
