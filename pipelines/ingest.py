"""A source, and what users answered -> data/raw: sealed, versioned, appended, never rewritten."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import raw as sealed_rows
from pipelines import versions
from pipelines.canaries import plant
from pipelines.environment import Environment
from pipelines.errors import SourceError
from pipelines.feedback import FeedbackStore
from pipelines.files import digest
from pipelines.raw import SealedRow
from pipelines.record import Record
from pipelines.sample import reviews
from pipelines.sources import SourceFile, find_files, fingerprint, read_rows
from pipelines.sources.columns import Row
from pipelines.stage import run
from pipelines.vault import Vault, open_vault

SAMPLE = "sample"
_HERE = Path(__file__).parent
CODE = tuple(sorted([Path(__file__), *_HERE.glob("sample*.py"), *_HERE.glob("sources/*.py"), _HERE / "record.py"]))


@dataclass(frozen=True)
class Ingested:
    """What one ingestion brought: rows read, held back, already there, added, and the version they make."""

    read: int
    without_consent: int
    known: int
    added: int
    added_feedback: int
    rows: int
    version: str


@dataclass(frozen=True)
class Sample:
    """How much of the embedded synthetic sample to generate."""

    rows: int = 6000
    seed: int = 7


@dataclass(frozen=True)
class Arriving:
    """A source: where it comes from, what tells its content apart from another's, and its rows as they stand."""

    provenance: dict[str, Any]
    content: str
    rows: Callable[[Record], Iterable[Row]]


def ingest(
    raw: Path = Path("data/raw"),
    *,
    record: Record,
    source: str,
    sample: Sample = Sample(),
    files: dict[str, str] | None = None,
    format: str | None = None,
    encoding: str | None = None,
    origin: str | None = None,
    licence: str | None = None,
    environment: Environment,
    workspace: Path,
) -> Ingested:
    """Append what is new in `source` and in the feedback store to `raw`, sealed per subject, as a new version.

    The same source twice changes nothing, and is not even read again. A source is read whole and checked before
    anything is written. Raises SourceError where it cannot be trusted.
    """
    vault = open_vault(environment.home, environment.master_key, record.name)
    folder = workspace / raw
    _bring_back(workspace, folder)
    arriving = _find_source(workspace, source, sample, files, format, encoding)
    mark = vault.row_id((arriving.content, repr(record), digest(*CODE)), 0)
    known = sealed_rows.known_rows(folder)
    counts, fresh = _already_read(folder, mark) or _seal_new(list(arriving.rows(record)), record, vault, known)
    store = FeedbackStore(environment.ledger, record, vault)
    answers = [row for row in store.rows() if row.row not in known]
    if fresh or answers or not sealed_rows.planted_rows(folder):
        planted = plant(vault, record, len(sealed_rows.parts(folder)) + 1)
        sealed_rows.append(folder, [*fresh, *answers, *planted], record.names)
    read = {"read": {"rows": counts["read"], "without_consent": counts["without_consent"], "mark": mark}}
    provenance = arriving.provenance | {"origin": origin, "licence": licence} | read
    provenance |= {"planted": len(sealed_rows.planted_rows(folder))}
    return _publish(workspace, folder, provenance, counts, len(known) + len(fresh) + len(answers), len(answers))


def _bring_back(workspace: Path, folder: Path) -> None:
    """Restore `folder` where it holds less than was recorded, as in a fresh clone: appending would lose rows."""
    recorded = versions.describe(folder)
    if recorded and len(sealed_rows.known_rows(folder)) < int(recorded[1].get("rows", 1)):
        versions.restore(workspace, folder)
    folder.mkdir(parents=True, exist_ok=True)


def _find_source(
    workspace: Path,
    source: str,
    sample: Sample,
    files: Mapping[str, str] | None,
    format: str | None,
    encoding: str | None,
) -> Arriving:
    """The source, found but not read yet."""
    if source == SAMPLE:
        return Arriving(
            {"source": "sample (synthetic)", "sample": asdict(sample)},
            repr(sample),
            lambda record: ({name: row[name] for name in record.names} for row in reviews(sample.rows, sample.seed)),
        )
    if "://" in source:
        raise SourceError(
            "ingest: the source is a URL, which is not read yet.",
            "Expected a file or a folder (CSV, TSV, JSON Lines, Parquet), or `sample`.",
            "download it, and set `ingest.source` in params.yaml to where it lies.",
        )
    found = find_files(workspace / Path(source).expanduser(), files, format)
    sha256 = fingerprint(found)
    return Arriving(
        {"source": Path(source).name, "files": [f.path.name for f in found], "sha256": sha256},
        repr((sha256, [file.split for file in found], format, encoding)),
        lambda record: (row for file in found for row in _read_file(file, record, format, encoding)),
    )


def _already_read(folder: Path, mark: str) -> tuple[Counter[str], list[SealedRow]] | None:
    """What reading the source with this `mark` once counted, and no fresh row; None where it has to be read.

    The mark is keyed and covers the source, the record and the code that reads, so that none can change unseen.
    """
    recorded = versions.describe(folder)
    read = recorded[1].get("read", {}) if recorded else {}
    if read.get("mark") != mark:
        return None
    rows, without_consent = int(read["rows"]), int(read["without_consent"])
    return Counter(read=rows, without_consent=without_consent, known=rows - without_consent), []


def _read_file(file: SourceFile, record: Record, format: str | None, encoding: str | None) -> Iterator[Row]:
    split = record.with_role("split")
    given_by_file = split is not None and file.split is not None
    columns = [name for name in record.names if not (given_by_file and split and name == split.name)]
    required = {column.name for column in record.columns if column.required} & set(columns)
    for row in read_rows(file, columns, required, format, encoding):
        yield {**row, split.name: file.split} if given_by_file and split else row


def _seal_new(
    arrived: list[Row], record: Record, vault: Vault, known: set[str]
) -> tuple[Counter[str], list[SealedRow]]:
    """The sealed rows that `raw` does not hold yet, and counts: read, without_consent, known, added."""
    subject = record.with_role("subject")
    counts: Counter[str] = Counter(read=len(arrived))
    occurrences: Counter[tuple[str, ...]] = Counter()
    fresh: list[tuple[str, str, tuple[str | None, ...]]] = []
    for row in arrived:
        if not _consents(record, row):
            counts["without_consent"] += 1
            continue
        content = _content(row)
        name = vault.row_id(content, occurrences[content])
        occurrences[content] += 1
        if name in known:
            counts["known"] += 1
            continue
        person = row[subject.name] if subject else None
        # A row without a subject is its own subject: it can still be forgotten by itself.
        cells = tuple(row[column] for column in record.names)
        fresh.append((name, vault.pseudonym(person) if person else name, cells))
    counts["added"] = len(fresh)
    blobs = vault.seal(fresh)
    return counts, [SealedRow(row, owner, "source", blob) for (row, owner, _), blob in zip(fresh, blobs, strict=True)]


def _content(row: Row) -> tuple[str, ...]:
    """What makes a row the one it is, whatever the order in which `record` lists its columns."""
    return tuple(part for column in sorted(row) if (cell := row[column]) is not None for part in (column, cell))


def _consents(record: Record, row: Row) -> bool:
    consent = record.with_role("consent")
    return consent is None or row[consent.name] in consent.granted


def _publish(
    workspace: Path,
    folder: Path,
    provenance: dict[str, Any],
    counts: Counter[str],
    rows: int,
    answers: int,
) -> Ingested:
    """Record the new version and its provenance; an unchanged one keeps the date on which it was made."""
    before = versions.describe(folder)
    same = before and all(before[1].get(key) == n for key, n in (("rows", rows), ("planted", provenance["planted"])))
    if before and same and not counts["added"] and not answers:
        version = before[0]  # as recorded: DVC need not look again, and the date stays that of the last change
    else:
        provenance |= {"rows": rows, "ingested": datetime.now(UTC).isoformat(timespec="seconds")}
        kept = {key: value for key, value in provenance.items() if value is not None}
        version = versions.add(workspace, folder, kept)
    return Ingested(
        read=counts["read"],
        without_consent=counts["without_consent"],
        known=counts["known"],
        added=counts["added"],
        added_feedback=answers,
        rows=rows,
        version=version,
    )


if __name__ == "__main__":
    run(ingest)
