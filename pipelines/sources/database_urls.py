"""URLs of databases: which are read, as they hold from any folder, and as they may be shown."""

from pathlib import Path
from typing import Any

from pipelines.errors import SourceError
from pipelines.sources.addresses import refuse_user_info

SCHEMES = ("sqlite", "postgresql")


def is_database(source: str) -> bool:
    """Whether `source` is the URL of a database that is read."""
    return "://" in source and source.partition(":")[0].partition("+")[0].lower() in SCHEMES


def url_of(source: str) -> Any:
    """`source` as SQLAlchemy reads it. Raises SourceError where it is no URL, or holds a password."""
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError

    refuse_user_info(source)
    try:
        url = sqlalchemy.make_url(source)
    except (ArgumentError, ValueError):
        url = None
    if url is None or "password" in url.query:
        raise SourceError(
            "ingest: the source is not the URL of a database as it may be written here.",
            "Expected sqlite:///file.db or postgresql://user@host/database, without a password.",
            "correct `ingest.source`; the password belongs into FLYWHEEL_SOURCE_PASSWORD.",
        )
    return url


def absolute(source: str) -> str:
    """A URL; that of a SQLite file as it holds from any folder."""
    scheme, _, path = source.partition(":///")
    return f"sqlite:///{Path(path).expanduser().resolve()}" if scheme == "sqlite" and path else source


def shown_of(source: str) -> str:
    """`source` as it may be written down: without user and options; a SQLite database by its file's name."""
    url = url_of(source)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').name}"
    return f"{url.drivername}://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"
