"""A source by its name in params.yaml: where it comes from, what tells its content apart, and its rows as text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import ServerError, SourceError
from pipelines.record import Record
from pipelines.sample import reviews
from pipelines.sources import (
    SourceFile,
    as_frames,
    databases,
    elsewhere,
    find_files,
    fingerprint,
    names_of,
    read_frames,
    read_rows,
)
from pipelines.sources.database_urls import is_database, shown_of
from pipelines.sources.databases import Query
from pipelines.sources.dialect import USUAL, Dialect
from pipelines.sources.fetching import Reach
from pipelines.sources.images import UnreadPictureError, refused
from pipelines.sources.joining import join_frame, needed, refuse_unknown, to_read
from pipelines.sources.named_pictures import Album, named_from

SAMPLE = "sample"
PICTURES_AT_ONCE = 256


@dataclass(frozen=True)
class Sample:
    """How much of the embedded synthetic sample to generate."""

    rows: int = 6000
    seed: int = 7


@dataclass(frozen=True)
class Arriving:
    """A source, found but not read yet.

    `content` changes whenever its rows may; `frames` gives them as texts, in the order and with the columns of the
    record. It may be asked twice, and gives the same rows then. `close` removes what was downloaded; so does dropping
    it, and a reading that fails.
    """

    provenance: dict[str, Any]
    content: str
    frames: Callable[[Record], Iterator[pl.DataFrame]]
    close: Callable[[], None] = lambda: None

    @property
    def origin(self) -> str | None:
        """Where the source lies, if that is elsewhere: a path would tell about this machine."""
        source = str(self.provenance["source"])
        return source if "://" in source and not source.startswith("sqlite:") else None

    @property
    def size(self) -> int:
        """Bytes of its files and of the pictures that they name; 0 where that is not known."""
        return int(self.provenance.get("bytes", 0)) + int(self.provenance.get("pictures", {}).get("bytes", 0))


def find_source(
    workspace: Path,
    source: str,
    sample: Sample,
    files: Mapping[str, str] | None,
    format: str | None,
    encoding: str | None,
    dialect: Dialect = USUAL,
    *,
    query: Query | None = None,
    reach: Reach = Reach(),
    before: Mapping[str, Any] | None = None,
) -> Arriving:
    """The source that `ingest` of params.yaml names: the sample, a file or folder, a URL, a bucket, a database.

    `before` is the provenance of the last version: an unchanged URL is not downloaded again, and a query goes on
    where it stood. Raises SourceError where the source is not there or may not be reached.
    """
    if source == SAMPLE:
        return Arriving(
            {"source": "sample (synthetic)", "sample": asdict(sample)},
            repr(sample),
            lambda record: frames_of(reviews(sample.rows, sample.seed), record),
        )
    if is_database(source):
        if dialect.joined:
            raise SourceError(
                "ingest: `ingest.join` in params.yaml joins columns of files, and the source is a database.",
                "Expected the query to join them.",
                "write for example `SELECT title || char(10) || body AS text …`, and remove `ingest.join`.",
            )
        return _from_database(workspace, source, query, reach, before or {})
    if "://" in source:
        return _from_elsewhere(source, files, format, encoding, dialect, reach, before or {})
    found = find_files(workspace / Path(source).expanduser(), files, format)
    return _from_files({"source": Path(source).name}, found, format, encoding, dialect)


def with_pictures(arriving: Arriving, workspace: Path, folder: str | None) -> Arriving:
    """The same source, with the pictures below `folder` that its rows name; the source itself where there is no folder.

    Raises SourceError where the folder holds no pictures.
    """
    if folder is None:
        return arriving
    album = Album.of(workspace / Path(folder).expanduser())
    sha256, there = album.fingerprint(), arriving.provenance
    told = {"pictures": {"files": len(album.paths), "bytes": album.size, "sha256": sha256}}

    def frames(record: Record) -> Iterator[pl.DataFrame]:
        shown_in = [column.name for column in record.columns if column.type == "image"]
        if not shown_in:
            raise SourceError(
                "ingest: `ingest.pictures` in params.yaml names a folder, and `record` has no column of pictures.",
                "Expected the column that names them to be of type image.",
                "write `type: image` for that column, or remove `ingest.pictures`.",
            )
        return album.shown_in(arriving.frames(record), shown_in)

    return replace(arriving, provenance=there | told, content=repr((arriving.content, sha256)), frames=frames)


def _from_files(
    provenance: dict[str, Any], found: list[SourceFile], format: str | None, encoding: str | None, dialect: Dialect
) -> Arriving:
    sha256 = fingerprint(found)
    return Arriving(
        {**provenance, **_described(found), "sha256": sha256},
        repr((sha256, [file.split for file in found], format, encoding, dialect)),
        lambda record: _read_files(found, record, format, encoding, dialect),
    )


def _from_elsewhere(
    source: str,
    files: Mapping[str, str] | None,
    format: str | None,
    encoding: str | None,
    dialect: Dialect,
    reach: Reach,
    before: Mapping[str, Any],
) -> Arriving:
    """A source that is downloaded: at once where it is new, only if its rows are asked for where it is known."""
    brought = elsewhere.Download(source, files, format, reach)
    known = before if brought.is_the_one(before) else {}
    try:
        if not brought.bring(known.get("versions")):
            provenance = {name: known[name] for name in ("source", "files", "bytes", "sha256", "versions")}
        else:
            provenance = brought.provenance()
    except BaseException:
        brought.close()
        raise

    def frames(record: Record) -> Iterator[pl.DataFrame]:
        try:
            if not brought.is_here:
                brought.bring(None)
                if fingerprint(brought.files) != provenance["sha256"]:
                    raise _changed()
            yield from _read_files(brought.files, record, format, encoding, dialect)
        except GeneratorExit:  # the reader has seen enough for now
            raise
        except BaseException:
            brought.close()
            raise

    content = repr((provenance["sha256"], sorted((files or {}).items()), format, encoding, dialect))
    return Arriving(provenance, content, frames, brought.close)


def _from_database(
    workspace: Path, source: str, query: Query | None, reach: Reach, before: Mapping[str, Any]
) -> Arriving:
    if query is None:
        raise SourceError(
            "ingest: the source is a database, and `ingest.query` does not say what to read.",
            "Expected one SELECT that gives the columns of `record`.",
            "write `query: SELECT * FROM reviews` under `ingest`, and `watermark: id` to read later rows alone.",
        )
    engine = databases.open_engine(source, workspace, reach.password)
    shown = shown_of(source)
    identity = databases.identity_of(source, query)
    last = before.get("watermark") or {}
    asked = databases.ask(engine, query, last if last.get("of") == identity else None)

    def frames(record: Record) -> Iterator[pl.DataFrame]:
        _refuse_person_as_watermark(record, query.watermark)
        required = {column.name for column in record.columns if column.required}
        return frames_of(databases.rows_of(asked, record.names, required), record)

    watermark = databases.watermark_of(asked, identity)
    content = repr((identity, asked.low, asked.high, asked.count)) if query.watermark else _never_again()
    return Arriving({"source": shown, "query": identity, "watermark": watermark}, content, frames, engine.dispose)


def _never_again() -> str:
    """A content that no other reading has: nothing but reading tells whether a table is the same."""
    import secrets

    return secrets.token_hex(16)


def frames_of(rows: Iterable[Mapping[str, str | None]], record: Record) -> Iterator[pl.DataFrame]:
    """Rows as frames of texts, with the columns of `record`."""
    return as_frames(rows, record.names)


def _described(found: list[SourceFile]) -> dict[str, Any]:
    """What provenance says of files: their names, or how many pictures there are, and their size in bytes."""
    paths = [path for file in found for path in (file.path, file.beside) if path is not None]
    size = sum(path.stat().st_size for path in paths)
    pictures = any(file.label is not None for file in found)
    return {"files": len(found) if pictures else names_of(found), "bytes": size}


def _read_files(
    found: list[SourceFile], record: Record, format: str | None, encoding: str | None, dialect: Dialect
) -> Iterator[pl.DataFrame]:
    refuse_unknown(dialect.joined, record)
    if any(file.label is not None for file in found):
        # A row each: a frame for each of them would take longer than to read it.
        return as_frames(_rows_in_folders(found, record, format, encoding), record.names, PICTURES_AT_ONCE)
    return (frame for file in found for frame in _read_file(file, record, format, encoding, dialect))


def _rows_in_folders(
    found: list[SourceFile], record: Record, format: str | None, encoding: str | None
) -> Iterator[dict[str, str | None]]:
    """The rows of files that are one each. Raises SourceError at the end for all that are no pictures."""
    unread: list[UnreadPictureError] = []
    for file in found:
        columns, given, required = _asked_of(file, record)
        try:
            for row in read_rows(file, columns, required, format, encoding):
                yield row | given
        except UnreadPictureError as error:
            unread.append(error)
    if unread:
        raise refused(unread)


def _read_file(
    file: SourceFile, record: Record, format: str | None, encoding: str | None, dialect: Dialect
) -> Iterator[pl.DataFrame]:
    columns, given, required = _asked_of(file, record)
    asked, needs = to_read(columns, dialect.joined), needed(required, dialect.joined)
    shown_in = [column.name for column in record.columns if column.type == "image"]
    for frame in read_frames(file, asked, needs, format, encoding, dialect):
        frame = named_from(file.within, join_frame(frame, columns, dialect.joined), shown_in)
        yield frame.with_columns(pl.lit(part).alias(name) for name, part in given.items()).select(record.names)


def _asked_of(file: SourceFile, record: Record) -> tuple[list[str], dict[str, str | None], set[str]]:
    """The columns that a file is to have, those that it gives by itself, and those of the first that it must have."""
    split = record.with_role("split")
    given: dict[str, str | None] = {split.name: file.split} if split is not None and file.split is not None else {}
    columns = [name for name in record.names if name not in given]
    return columns, given, {column.name for column in record.columns if column.required} & set(columns)


def _refuse_person_as_watermark(record: Record, watermark: str | None) -> None:
    for column in record.columns:
        if column.name == watermark and (column.privacy != "none" or column.role in ("subject", "text")):
            raise SourceError(
                f"ingest: the watermark {watermark!r} tells something about a person.",
                "Expected a column that does not: its highest value is written beside the data in the clear.",
                "choose another column for `ingest.watermark`, as the row's number or the time of its last change.",
            )


def _changed() -> ServerError:
    return ServerError(
        "ingest: the source changed while it was read.",
        "Expected the same bytes as a moment before.",
        "run again.",
    )
