"""Files in a bucket, by whatever fsspec speaks: listed first, and brought only where something changed.

Keys and endpoints are each provider's own environment variables (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …).
"""

import importlib.util
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import ServerError, SourceError
from pipelines.sources.documents import is_document
from pipelines.sources.fetching import Reach
from pipelines.sources.images import SUFFIXES as PICTURES
from pipelines.sources.kinds import kind_by_name
from pipelines.sources.named_files import lies_deep, matching

# By name: fsspec also speaks file, memory, http, and a shell on another machine.
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs",
            "oss": "ossfs", "sftp": "paramiko"}  # fmt: skip
MOST_FILES = 1_000_000


def is_bucket(source: str) -> bool:
    """Whether `source` is a URL of one of the stores that are read."""
    return source.partition("://")[0].lower() in PACKAGES and "://" in source


def bring(
    source: str,
    folder: Path,
    reach: Reach,
    known: Mapping[str, str] | None = None,
    format: str | None = None,
    files: Collection[str] = (),
) -> tuple[Path, dict[str, str]] | None:
    """What `source` holds, brought into `folder`, and the version of each file; None where `known` are these versions.

    Of folders within it, tables are brought where `files`, the keys of `ingest.files`, name them.

    Raises SourceError where there is nothing, ServerError where trying again may help.
    """
    scheme = source.partition("://")[0].lower()
    store, root = _store(scheme), f"{urlsplit(source).netloc}{urlsplit(source).path}".rstrip("/")
    try:
        found = _listed(store, root, format, files)
        versions = {name: _version(details) for name, details in found.items()}
        if known is not None and versions == dict(known) and all(versions.values()):
            return None
        _refuse_too_much(found, reach.largest, scheme)
        for name, details in found.items():
            _bring(store, details, folder, name)
    except FileNotFoundError:
        raise _nothing(scheme) from None
    except PermissionError:
        raise _forbidden(scheme) from None
    except (OSError, ValueError) as error:
        raise _failed(scheme, error) from None
    except _errors(scheme) as error:
        raise _failed(scheme, error) from None
    only = list(found)
    return (folder / only[0] if len(only) == 1 and root.endswith(only[0]) else folder), versions


def _store(scheme: str) -> Any:
    package = PACKAGES[scheme]
    if importlib.util.find_spec("fsspec") is None or importlib.util.find_spec(package) is None:
        raise SourceError(
            f"ingest: {scheme}:// cannot be read here: the package {package} is not installed.",
            f"Expected {package} beside Flywheel, in the same environment.",
            "run `pip install 'flywheel-ml[s3]'`." if scheme == "s3" else f"run `pip install {package}`.",
        )
    import fsspec

    try:
        # A listing that fsspec kept from before would not show what is new.
        return fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise _failed(scheme, error) from None


def _listed(store: Any, root: str, format: str | None, files: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """The files at `root`, by their place below it: itself, the data files of a folder, or pictures or texts below."""
    details = store.info(root)
    if details["type"] == "file":
        return {_inside(PurePosixPath(root).name): details}
    below = {
        _inside(str(path).removeprefix(store._strip_protocol(root)).lstrip("/")): found
        for path, found in store.find(root, detail=True).items()
        if found["type"] == "file"
    }
    if format == "documents":
        return {name: found for name, found in below.items() if "/" in name and is_document(Path(name))}
    if any(map(lies_deep, files)):
        named = {name: below[name] for key in files for name in matching(below, key)}
        return named or _none_there()
    near = {name: found for name, found in below.items() if "/" not in name and not name.startswith(".")}
    if any(kind_by_name(name) for name in near):
        return near
    pictures = {name: found for name, found in below.items() if name.lower().endswith(PICTURES)}
    return pictures or near or _none_there()


def _none_there() -> dict[str, Mapping[str, Any]]:
    raise FileNotFoundError


def _inside(name: str) -> str:
    """`name`, a place below a folder. Raises ValueError where it leads out of it: keys may be spelled in any way."""
    if any(part in ("", ".", "..") or not part.isprintable() or "\\" in part for part in name.split("/")):
        raise ValueError("key")
    return name


def _version(details: Mapping[str, Any]) -> str:
    """What changes with the file's bytes, as the store's listing tells it; "" where it tells nothing."""
    for name in ("ETag", "etag", "md5Hash", "content_md5", "generation", "mtime"):
        if details.get(name):
            return f"{details[name]} {details['size']}"
    return ""


def _bring(store: Any, details: Mapping[str, Any], folder: Path, name: str) -> None:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    store.get_file(details["name"], str(place))
    if place.stat().st_size != details["size"]:
        raise OSError("size")


def _refuse_too_much(found: Mapping[str, Mapping[str, Any]], largest: int, scheme: str) -> None:
    size = sum(int(details["size"] or 0) for details in found.values())
    if size > largest or len(found) > MOST_FILES:
        raise SourceError(
            f"ingest: the {scheme}:// source has {len(found):,} files of {size:,} bytes.",
            f"Expected at most {MOST_FILES:,} files, and no more bytes than FLYWHEEL_FETCH_LARGEST says.",
            "name a smaller part of the bucket, or raise that.",
        )


def _errors(scheme: str) -> type[Exception] | tuple[type[Exception], ...]:
    """What the package behind `scheme` raises beside OSError."""
    if scheme != "s3":
        return ()
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def _nothing(scheme: str) -> SourceError:
    return SourceError(
        f"ingest: the {scheme}:// source does not exist, or holds no data files.",
        "Expected a file, or a folder with data files, pictures, or (by `ingest.format`) documents.",
        "check bucket and key; a folder's files are read, not those of folders within it.",
    )


def _forbidden(scheme: str) -> SourceError:
    return SourceError(
        f"ingest: the {scheme}:// source may not be read with the keys that this process has.",
        "Expected keys that may list and read it, in the provider's own environment variables.",
        "set them (for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or ask whoever owns the bucket.",
    )


def _failed(scheme: str, error: Exception) -> ServerError:
    # Without the error's words: they may quote keys and addresses.
    return ServerError(
        f"ingest: the {scheme}:// store did not do as asked ({type(error).__name__}).",
        "Expected it to list and send the files, whole.",
        "check endpoint and keys in the environment, then try again.",
    )
