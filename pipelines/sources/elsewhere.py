"""A source that lies elsewhere, brought here for as long as it is read."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import SourceError
from pipelines.sources import SourceFile, buckets, fetching, find_files, fingerprint, names_of
from pipelines.sources.addresses import PORTS, refuse_user_info
from pipelines.sources.fetching import Reach
from pipelines.sources.landing import Landing


class Download:
    """What a URL names, brought into a folder that goes with this object."""

    def __init__(self, source: str, files: Mapping[str, str] | None, format: str | None, reach: Reach) -> None:
        refuse_user_info(source)
        self._source, self._mapping, self._format, self._reach = source, files, format, reach
        self._bucket = buckets.is_bucket(source)
        if not self._bucket and source.partition(":")[0].lower() not in PORTS:
            raise _scheme()
        self._landing = Landing()
        self._versions: dict[str, str] = {}
        self.files: list[SourceFile] = []

    @property
    def is_here(self) -> bool:
        """Whether the files have been brought."""
        return bool(self.files)

    @property
    def origin(self) -> str:
        """The source as it may be written down."""
        return fetching.origin_of(self._source)

    def is_the_one(self, before: Mapping[str, Any]) -> bool:
        """Whether `before` is the provenance of this very source; never where it has a query, perhaps a secret."""
        told = all(name in before for name in ("files", "bytes", "sha256", "versions"))
        return told and before.get("source") == self.origin and not urlsplit(self._source).query

    def bring(self, known: Mapping[str, str] | None) -> bool:
        """Bring the files; False where `known`, the version of each, still stand, and nothing was brought."""
        self._landing.empty()
        if self._bucket:
            names = tuple(self._mapping or ())
            brought = buckets.bring(self._source, self._landing.path, self._reach, known, self._format, names)
            if brought is None:
                return False
            place, self._versions = brought
        elif self._source.endswith("/"):
            if not self._bring_each(known):
                return False
            place = self._landing.path
        else:
            fetched = fetching.fetch(self._source, self._landing.path, self._reach, _only(known))
            if fetched is None:
                return False
            place, version = fetched
            self._versions = {place.name: version} if version else {}
        self.files = find_files(place, self._mapping, self._format)
        return True

    def provenance(self) -> dict[str, Any]:
        """Origin, names, size, hash, and what the server says tells the versions apart."""
        paths = [path for file in self.files for path in (file.path, file.beside) if path is not None]
        pictures = any(file.label is not None for file in self.files)
        return {
            "source": self.origin,
            "files": len(paths) if pictures else names_of(self.files),
            "bytes": sum(path.stat().st_size for path in paths),
            "sha256": fingerprint(self.files),
            "versions": self._versions if len(self._versions) <= MOST_VERSIONS else {},
        }

    def close(self) -> None:
        """Remove what was brought."""
        self._landing.close()

    def _bring_each(self, known: Mapping[str, str] | None) -> bool:
        """Bring each file that `ingest.files` names below the URL of a folder; False where none of them changed."""
        names = list(self._mapping or {})
        if not names or any("/" in name or "*" in name or "?" in name for name in names):
            raise _folder()
        again = known if known and set(known) == set(names) else None
        brought = [self._bring_one(name, (again or {}).get(name)) for name in names]
        if again and not any(brought):
            return False
        for name, here in zip(names, brought, strict=True):
            if not here:
                self._bring_one(name, None)
        return True

    def _bring_one(self, name: str, known: str | None) -> bool:
        fetched = fetching.fetch(self._source + name, self._landing.path, self._reach, known)
        if fetched is None:
            return False
        path, version = fetched
        path.rename(path.with_name(name))
        if version:
            self._versions[name] = version
        return True


# More would make a novel of raw.dvc; so many files are listed and brought again.
MOST_VERSIONS = 200


def _only(known: Mapping[str, str] | None) -> str | None:
    return next(iter(known.values())) if known and len(known) == 1 else None


def _scheme() -> SourceError:
    return SourceError(
        "ingest: the URL of the source has a scheme that is not read.",
        f"Expected https, http, sqlite, postgresql, or a store: {', '.join(buckets.PACKAGES)}.",
        "download the files, and name where they lie.",
    )


def _folder() -> SourceError:
    return SourceError(
        "ingest: the URL names a folder, and `ingest.files` does not name the files in it.",
        "Expected whole names: a web server lists nothing.",
        "name each file and its split, as `files: {train.csv: train, test.csv: test}`.",
    )
