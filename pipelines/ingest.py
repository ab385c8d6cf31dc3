"""A source, and what users answered -> data/raw: sealed, versioned, appended, never rewritten."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import raw as sealed_rows
from pipelines import versions
from pipelines.arriving import Arriving, Sample, find_source
from pipelines.canaries import plant
from pipelines.compliance.register import read_register
from pipelines.consents import Consents, suppressed
from pipelines.environment import Environment
from pipelines.feedback import FeedbackStore
from pipelines.files import digest
from pipelines.ledger import open_ledger
from pipelines.raw import SealedRow
from pipelines.record import Record
from pipelines.retention import expire
from pipelines.sources.characters import SEEN, normalised
from pipelines.sources.columns import Row
from pipelines.sources.dialect import Dialect
from pipelines.stage import run
from pipelines.vault import Vault, open_vault

_HERE = Path(__file__).parent
READERS = (_HERE / "arriving.py", _HERE / "record.py", *_HERE.glob("sample*.py"), *_HERE.glob("sources/*.py"))
CODE = tuple(sorted([Path(__file__), *READERS]))


@dataclass(frozen=True)
class Ingested:
    """What one ingestion brought: rows read, held back, already there, added, and the version they make.

    `suppressed` are rows of people who were forgotten or have withdrawn consent, `gone` how many such people raw holds.
    `characters` counts what the source's cells held and may not, or had better not (`sources.characters`).
    """

    read: int
    without_consent: int
    suppressed: int
    known: int
    added: int
    added_feedback: int
    rows: int
    gone: int
    characters: dict[str, int]
    version: str
    changed: bool


def ingest(
    raw: Path = Path("data/raw"),
    *,
    record: Record,
    source: str,
    sample: Sample = Sample(),
    files: dict[str, str] | None = None,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: tuple[str, ...] | None = None,
    quotes: bool = True,
    final_newline: bool = True,
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
    dialect = Dialect(delimiter, header, quotes, final_newline)
    arriving = find_source(workspace, source, sample, files, format, encoding, dialect)
    consents = Consents(open_ledger(environment), record.name)
    counts, fresh, mark = _read(arriving, folder, record, vault, consents)
    held_back = suppressed(consents, vault)
    known = sealed_rows.known_rows(folder)
    store = FeedbackStore(environment, record, vault)
    answers = [row for row in store.rows() if row.row not in known and row.subject not in held_back]
    if fresh or answers or not sealed_rows.planted_rows(folder):
        planted = plant(vault, record, len(sealed_rows.parts(folder)) + 1)
        sealed_rows.append(folder, [*fresh, *answers, *planted], record.names)
    away = held_back & sealed_rows.subjects(folder) if held_back else set()
    changed = sealed_rows.note_gone(folder, away) or bool(fresh) or bool(answers)
    register = read_register(workspace)
    days = register.retention_days if register else None
    changed = expire(folder, record, days, vault, consents.ledger, environment) or changed
    characters = {name: counts[name] for name in SEEN if counts[name]}
    read: dict[str, Any] = {name: counts[name] for name in ("rows", "without_consent", "suppressed")}
    read |= ({"characters": characters} if characters else {}) | {"mark": mark}
    provenance = arriving.provenance | {"origin": origin, "licence": licence, "read": read, "gone": len(away)}
    rows = len(known) + len(fresh) + len(answers)
    provenance |= {"rows": rows, "planted": len(sealed_rows.planted_rows(folder))}
    version = _publish(workspace, folder, provenance, changed=changed)
    return Ingested(
        read=counts["rows"],
        without_consent=counts["without_consent"],
        suppressed=counts["suppressed"],
        known=counts["known"],
        added=len(fresh),
        added_feedback=len(answers),
        rows=rows,
        gone=len(away),
        characters=characters,
        version=version,
        changed=changed,
    )


def _bring_back(workspace: Path, folder: Path) -> None:
    """Restore `folder` where it holds less than was recorded, as in a fresh clone: appending would lose rows."""
    recorded = versions.describe(folder)
    if recorded and len(sealed_rows.known_rows(folder)) < int(recorded[1].get("rows", 1)):
        versions.restore(workspace, folder)
    folder.mkdir(parents=True, exist_ok=True)


def _read(
    arriving: Arriving, folder: Path, record: Record, vault: Vault, consents: Consents
) -> tuple[Counter[str], list[SealedRow], str]:
    """What the source holds, in counts; its rows that `folder` lacks, sealed; and the mark of having read it.

    The mark is keyed and covers the source, the record, who is held back, and the code that reads, so that none can
    change unseen. Where raw.dvc has it, all that the source holds is known by now.
    """
    asked = (arriving.content, repr(record), digest(*CODE))
    mark = vault.row_id((*asked, *sorted(suppressed(consents, vault))), 0)
    recorded = versions.describe(folder)
    read = recorded[1].get("read", {}) if recorded else {}
    if read.get("mark") == mark:
        counts = Counter({name: int(read[name]) for name in ("rows", "without_consent", "suppressed")})
        counts.update({name: int(number) for name, number in read.get("characters", {}).items()})
        counts["known"] = counts["rows"] - counts["without_consent"] - counts["suppressed"]
        return counts, [], mark
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    for frame in arriving.frames(record):
        clean, found = normalised(frame)
        seen.update(found)
        rows.extend(clean.iter_rows(named=True))
    _hear(rows, record, vault, consents, folder)
    held_back = suppressed(consents, vault)
    counts, fresh = _seal_new(rows, record, vault, sealed_rows.known_rows(folder), held_back)
    counts.update(seen)
    return counts, fresh, vault.row_id((*asked, *sorted(held_back)), 0)


def _hear(rows: list[Row], record: Record, vault: Vault, consents: Consents, folder: Path) -> None:
    """Note who in `folder` has withdrawn consent, or given it again: a person's last row in the source counts."""
    subject, consent = record.with_role("subject"), record.with_role("consent")
    if subject is None or consent is None:
        return
    said = {person: _consents(record, row) for row in rows if (person := row[subject.name]) is not None}
    there = sealed_rows.subjects(folder)
    for given in (False, True):
        people = {vault.pseudonym(person) for person, answer in said.items() if answer is given}
        consents.say(people & there if not given else people & set(consents.withdrawn()), given=given, by="source")


def _seal_new(
    arrived: list[Row], record: Record, vault: Vault, known: set[str], held_back: set[str]
) -> tuple[Counter[str], list[SealedRow]]:
    """Counts (rows, without_consent, suppressed, known), and the sealed rows that `raw` does not hold yet."""
    subject = record.with_role("subject")
    counts: Counter[str] = Counter(rows=len(arrived))
    occurrences: Counter[tuple[str, ...]] = Counter()
    fresh: list[tuple[str, str, tuple[str | None, ...]]] = []
    for row in arrived:
        if not _consents(record, row):
            counts["without_consent"] += 1
            continue
        content = _content(row)
        name = vault.row_id(content, occurrences[content])
        occurrences[content] += 1
        person = row[subject.name] if subject else None
        # A row without a subject is its own subject: it can still be forgotten by itself.
        owner = vault.pseudonym(person) if person else name
        if owner in held_back:
            counts["suppressed"] += 1
        elif name in known:
            counts["known"] += 1
        else:
            fresh.append((name, owner, tuple(row[column] for column in record.names)))
    blobs = vault.seal(fresh)
    return counts, [SealedRow(row, owner, "source", blob) for (row, owner, _), blob in zip(fresh, blobs, strict=True)]


def _content(row: Row) -> tuple[str, ...]:
    """What makes a row the one it is, whatever the order in which `record` lists its columns."""
    return tuple(part for column in sorted(row) if (cell := row[column]) is not None for part in (column, cell))


def _consents(record: Record, row: Row) -> bool:
    consent = record.with_role("consent")
    return consent is None or row[consent.name] in consent.granted


def _publish(workspace: Path, folder: Path, provenance: dict[str, Any], *, changed: bool) -> str:
    """Record the new version and its provenance; an unchanged one keeps the date on which it was made."""
    before = versions.describe(folder)
    same = before and all(before[1].get(name) == provenance[name] for name in ("rows", "planted"))
    if before and same and not changed:
        return before[0]  # as recorded: DVC need not look again, and the date stays that of the last change
    provenance |= {"ingested": datetime.now(UTC).isoformat(timespec="seconds")}
    return versions.add(workspace, folder, {key: value for key, value in provenance.items() if value is not None})


if __name__ == "__main__":
    run(ingest)
