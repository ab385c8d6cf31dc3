"""A source, and what users answered -> data/raw: sealed, versioned, appended, never rewritten."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import raw as sealed_rows
from pipelines import versions
from pipelines.arriving import Arriving, Sample, find_source, with_pictures
from pipelines.canaries import plant
from pipelines.compliance.register import read_register
from pipelines.consents import Consents, suppressed
from pipelines.contradictions import refuse_lost_splits
from pipelines.data_set import open_ledger_of
from pipelines.environment import Environment, return_memory
from pipelines.feedback import FeedbackStore
from pipelines.files import digest, drafting
from pipelines.fresh import Fresh
from pipelines.fresh import consents as consents_given
from pipelines.raw import SealedRow
from pipelines.record import Record
from pipelines.relaid import refuse_twice
from pipelines.restating import release, restate
from pipelines.retention import expire, expire_predictions
from pipelines.sealing import Sealer
from pipelines.seen import Seen, halves_of
from pipelines.sources.characters import SEEN, normalised
from pipelines.sources.databases import Query
from pipelines.sources.dialect import Dialect
from pipelines.sources.fetching import Reach
from pipelines.sources.joining import joined_as
from pipelines.stage import run
from pipelines.superseding import standing
from pipelines.values import named_in
from pipelines.vault import Vault, open_vault
from pipelines.workspace import holding

_HERE = Path(__file__).parent
# What a source is read, cleaned of unseen characters, named and sealed by: where that changes, it is read once more.
READERS = ("arriving", "cells", "fresh", "pictures/*", "record", "sample*", "superseding", "sources/*", "checks/rows")
CODE = (Path(__file__), *sorted(path for name in READERS for path in _HERE.glob(f"{name}.py")))


@dataclass(frozen=True)
class Ingested:
    """What one ingestion brought: rows read, held back, already there, added, and the version they make.

    `suppressed` are rows of people who were forgotten or have withdrawn consent, `gone` how many such people raw holds,
    `superseded` earlier rows for which a later one of the same key now stands in, `restated` earlier ones of which
    `record` now says otherwise whose they are. `characters` counts what the source's cells held and may not, or had
    better not (`sources.characters`).
    """

    read: int
    without_consent: int
    suppressed: int
    known: int
    added: int
    added_feedback: int
    rows: int
    gone: int
    superseded: int
    restated: int
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
    join: dict[str, tuple[str, ...]] | None = None,
    pictures: str | None = None,
    sheets: tuple[str, ...] | None = None,
    origin: str | None = None,
    licence: str | None = None,
    query: str | None = None,
    watermark: str | None = None,
    part_rows: int = 100_000,
    environment: Environment,
    workspace: Path,
) -> Ingested:
    """Append what is new in `source` and in the feedback store to `raw`, sealed per subject, as a new version.

    The same source twice changes nothing, and is not even read again. A source is read whole and checked before `raw`
    changes: what was sealed until then are drafts beside it, in parts of `part_rows` rows, so that memory does not grow
    with the source. Raises SourceError where it cannot be trusted.
    """
    return_memory()
    refuse_lost_splits(files, record)
    vault = open_vault(environment.home, environment.master_key, record.name)
    vault.keys.keep()
    folder = workspace / raw
    with holding(workspace, "ingestion"):
        _bring_back(workspace, folder)
        recorded = versions.describe(folder)
        before = recorded[1] if recorded else None
        asked, reach = Query(query, watermark) if query else None, reach_of(environment)
        dialect = Dialect(delimiter, header, quotes, final_newline, joined_as(join), sheets or ())
        consents = Consents(open_ledger_of(record.name, environment), record.name)
        vault.refuse_others(sealed_rows.some_rows(folder))
        consents.adopt(sealed_rows.gone(folder) - set(vault.keys.forgotten()))
        restated = restate(folder, record, vault, consents, environment)
        known = sealed_rows.seen_rows(folder)
        rows_alone = find_source(
            workspace, source, sample, files, format, encoding, dialect, query=asked, reach=reach, before=before
        )
        with closing(rows_alone):
            arriving = with_pictures(rows_alone, workspace, pictures)
            counts, mark, added, answered = _append(
                arriving, folder, record, vault, consents, known, environment, part_rows
            )
        held_back = suppressed(consents, vault)
        # Who was forgotten while rows were read may have been given a key again: what it sealed opens to nobody.
        vault.keys.destroy(set(vault.keys.find(vault.keys.forgotten())), forget=False)
        away = sealed_rows.those_in(folder, held_back) if held_back else set()
        superseded = sealed_rows.note_superseded(folder) if record.with_role("key") else 0
        changed = sealed_rows.note_gone(folder, away) or bool(added or answered or superseded or restated)
        register = read_register(workspace)
        days = register.retention_days if register else None
        changed = expire(folder, record, days, vault, consents.ledger, environment) or changed
        if register:
            expire_predictions(folder, register.limits.usage_days, vault, consents.ledger)
        characters = {name: counts[name] for name in SEEN if counts[name]}
        read: dict[str, Any] = {name: counts[name] for name in ("rows", "without_consent", "suppressed")}
        read |= ({"characters": characters} if characters else {}) | {"mark": mark}
        rows = known.count + added + answered
        provenance = arriving.provenance | {"origin": origin or arriving.origin, "licence": licence, "read": read}
        provenance |= {"gone": len(away), "rows": rows, "planted": len(sealed_rows.planted_rows(folder))}
        version = _publish(workspace, folder, provenance, changed=changed)
        release(folder, vault)
        return Ingested(
            read=counts["rows"],
            without_consent=counts["without_consent"],
            suppressed=counts["suppressed"],
            known=counts["known"],
            added=added,
            added_feedback=answered,
            rows=rows,
            gone=len(away),
            superseded=superseded,
            restated=restated,
            characters=characters,
            version=version,
            changed=changed,
        )


def _append(
    arriving: Arriving,
    folder: Path,
    record: Record,
    vault: Vault,
    consents: Consents,
    known: Seen,
    environment: Environment,
    part_rows: int,
) -> tuple[Counter[str], str, int, int]:
    """Append what is new: the counts of the source, the mark of having read it, rows of the source and of feedback."""
    with drafting(folder) as drafts:
        with Sealer(drafts, record, vault, environment, part_rows) as sealer:
            counts, mark, refused = _read(arriving, folder, record, vault, consents, known, sealer)
            left = sealer.finish()
        answers = _answers(environment, record, vault, known, suppressed(consents, vault))
        if sealer.count or answers or not sealed_rows.planted_rows(folder):
            planted = plant(vault, record, len(sealed_rows.parts(folder)) + 1)
            last = drafts / "last.parquet"
            end = pl.concat([left, sealed_rows.table_of([*answers, *planted])])
            sealed_rows.write_part(last, end, record.names, sealed_rows.roles_in(record))
            sealed_rows.publish(folder, [*sealer.paths, last])
    if len(refused):  # they consented further above in the same source, and not any more at its end
        consents.say(sealed_rows.those_in(folder, refused), given=False, by="source")
    return counts, mark, sealer.count, len(answers)


def reach_of(environment: Environment) -> Reach:
    """What this machine lets a source reach."""
    return Reach(
        private=environment.fetch_private,
        token=environment.source_token,
        password=environment.source_password,
        largest=environment.fetch_largest,
        longest=environment.fetch_seconds,
    )


def _bring_back(workspace: Path, folder: Path) -> None:
    """Restore `folder` where it holds less than was recorded, as in a fresh clone: appending would lose rows."""
    recorded = versions.describe(folder)
    if recorded and sealed_rows.count_rows(folder) < int(recorded[1].get("rows", 1)):
        versions.restore(workspace, folder)
    folder.mkdir(parents=True, exist_ok=True)


def _read(
    arriving: Arriving, folder: Path, record: Record, vault: Vault, consents: Consents, known: Seen, sealer: Sealer
) -> tuple[Counter[str], str, pl.Series]:
    """What the source holds, in counts, the mark of having read it, and who refuses consent at its end.

    Rows that are not `known` go to the `sealer`.

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
        return counts, mark, pl.Series([], dtype=pl.String)
    refuse_twice(folder, record, vault, known, lambda under: _frames(arriving, under))
    sealer.expect(arriving.size)
    _hear(arriving, record, vault, consents, folder)
    held_back = suppressed(consents, vault)
    may_be_kept = (frame.filter(consents_given(record)) for frame in _frames(arriving, record))
    fresh = Fresh(record, vault, known, held_back, standing(folder, may_be_kept, record, vault))
    for frame in _frames(arriving, record, fresh.counts):
        sealer.take(fresh.among(frame))
    refused = vault.pseudonyms(pl.Series(sorted(fresh.refused), dtype=pl.String))
    return fresh.counts, vault.row_id((*asked, *sorted(held_back)), 0), refused


def _frames(arriving: Arriving, record: Record, seen: Counter[str] | None = None) -> Iterator[pl.DataFrame]:
    """The source's rows with harmless characters; what was found goes into `seen`."""
    for frame in arriving.frames(record):
        clean, found = normalised(frame)
        if seen is not None:
            seen.update(found)
        yield clean


def _hear(arriving: Arriving, record: Record, vault: Vault, consents: Consents, folder: Path) -> None:
    """Note who in `folder` has withdrawn consent, or given it again: a person's last row in the source counts.

    Hence the source is heard to its end before a row is sealed; not where there is nobody yet of whom it could say so.
    """
    subject, consent = record.with_role("subject"), record.with_role("consent")
    there, away = sealed_rows.seen_subjects(folder), set(consents.withdrawn())
    if subject is None or consent is None or not (there.count or away):
        return
    said: dict[str, bool] = {}
    for frame in _frames(arriving, record):
        rows = frame.select(named_in(frame, subject).alias("person"), consents_given(record).alias("given"))
        last = rows.drop_nulls("person").group_by("person", maintain_order=True).last()
        people = vault.pseudonyms(last["person"])
        here = there.has(halves_of(people))
        for person, given, is_here in zip(people, last["given"], here.tolist(), strict=True):
            if given and (person in away or person in said):
                said[person] = True
            elif not given and is_here:
                said[person] = False
            elif not given:  # nothing of them is kept that they could withdraw
                said.pop(person, None)
    for given in (False, True):
        heard = {person for person, answer in said.items() if answer is given and (not given or person in away)}
        consents.say(heard, given=given, by="source")


def _answers(
    environment: Environment, record: Record, vault: Vault, known: Seen, held_back: Collection[str]
) -> list[SealedRow]:
    """What users answered that is not `known` yet, but for those who are `held_back`."""
    rows = FeedbackStore(environment, record, vault).rows()
    there = known.has(halves_of(pl.Series([row.row for row in rows], dtype=pl.String)))
    return [row for row, old in zip(rows, there, strict=True) if not old and row.subject not in held_back]


def _publish(workspace: Path, folder: Path, provenance: dict[str, Any], *, changed: bool) -> str:
    """Record the new version and its provenance; an unchanged one keeps the date on which it was made."""
    before = versions.describe(folder)
    same = before and all(before[1].get(name) == provenance[name] for name in ("rows", "planted"))
    # One that was killed before it recorded what it had changed is recorded by the next.
    if before and same and not changed and versions.stands(folder):
        return before[0]  # as recorded: DVC need not look again, and the date stays that of the last change
    provenance |= {"ingested": datetime.now(UTC).isoformat(timespec="seconds")}
    return versions.add(workspace, folder, {key: value for key, value in provenance.items() if value is not None})


if __name__ == "__main__":
    run(ingest)
