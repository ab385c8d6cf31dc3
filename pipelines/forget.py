"""people -> receipts: erased at once, then looked for in every store, and every model that learnt from them named.

Whoever was erased by the service alone, or by a run that was killed, is brought to an end here too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import versions
from pipelines.custody import Holding, holdings, subjects_of
from pipelines.environment import Environment
from pipelines.erased import receipts, requested, retrain_by
from pipelines.erasure import Line, Receipt, close, erase
from pipelines.errors import DataError
from pipelines.ledger import Ledger, open_ledger
from pipelines.raw import subjects as subjects_in
from pipelines.record import Record
from pipelines.registry import Registry, open_registry
from pipelines.vault import Vault, open_vault
from pipelines.workspace import RAW


def forget(
    people: Sequence[str] = (),
    *,
    record: Record,
    retrain_within_days: int = 7,
    also: Collection[Path] = (),
    environment: Environment,
    workspace: Path,
) -> list[Receipt]:
    """The receipts of `people`, named as the source names them, and of all whose erasure still waits for its end.

    Keys go first: whatever happens after that, nobody opens their rows any more. `also` are further places to look
    through: clones, remotes that are mounted here, restored backups. Raises DataError where nobody is found at all.
    """
    vault, ledger = open_vault(environment.home, environment.master_key, record.name), open_ledger(environment)
    subjects = {vault.pseudonym(person) for person in people}
    _refuse_strangers(subjects, vault, ledger, record, workspace)
    if subjects:
        erase(subjects, record.name, vault, ledger, environment.actor)
    waiting = requested(ledger, record.name)
    found = look_through(set(waiting), vault, workspace, also)
    learnt = _models(waiting, open_registry(environment, workspace), record, workspace)
    finished = [
        _receipt(record, subject, entry, found, learnt[subject], retrain_within_days)
        for subject, entry in waiting.items()
    ]
    close(finished, ledger)
    return finished


def verify(
    *, record: Record, also: Collection[Path] = (), environment: Environment, workspace: Path
) -> tuple[int, list[Holding]]:
    """How many people were erased, and every file that holds sealed rows of theirs, with how many of them open."""
    vault, ledger = open_vault(environment.home, environment.master_key, record.name), open_ledger(environment)
    erased = {*requested(ledger, record.name), *receipts(ledger, record.name)}
    return len(erased), [
        found for holdings in look_through(erased, vault, workspace, also).values() for found in holdings
    ]


def look_through(
    subjects: Collection[str], vault: Vault, workspace: Path, also: Collection[Path]
) -> dict[str, list[Holding]]:
    """What every place holds of `subjects`, by the place's name: the workspace, DVC's cache, its remotes, `also`.

    Raises WorldError where a remote cannot be looked through: then nobody knows.
    """
    here = {"workspace": workspace / RAW, **versions.stores(workspace), **{str(place): place for place in also}}
    with versions.stores_elsewhere(workspace) as elsewhere:
        return {
            name: [found for found in holdings([place], subjects, vault) if found.rows]
            for name, place in {**here, **elsewhere}.items()
            if place.exists()
        }


def _refuse_strangers(subjects: set[str], vault: Vault, ledger: Ledger, record: Record, workspace: Path) -> None:
    """Raise DataError where nothing is known of somebody: a typing error must not pass for an erasure."""
    known = subjects_in(workspace / RAW) | set(vault.keys.find(subjects)) | set(vault.keys.forgotten())
    strangers = len(subjects - known - set(requested(ledger, record.name)))
    if strangers:
        raise DataError(
            f"forget: {strangers} of {len(subjects)} people are not known here; nobody was forgotten.",
            "Expected subjects as the source names them, in the column of `record` that has the role `subject`.",
            "check the spelling; a person of whom nothing is held needs no erasure.",
        )


def _models(waiting: Iterable[str], registry: Registry, record: Record, workspace: Path) -> dict[str, tuple[int, ...]]:
    """The model versions whose data held each subject, marked so in the registry.

    A version whose data are not here any more counts as one that held everybody.
    """
    held: dict[str, set[str] | None] = {}
    learnt: dict[str, list[int]] = {subject: [] for subject in waiting}
    for version, data in registry.versions(record.name):
        if data not in held:
            members = versions.members(workspace, data)
            held[data] = None if members is None else subjects_of([m for m in members if m.suffix != ".json"])
        there = held[data]
        affected = [subject for subject in learnt if there is None or subject in there]
        for subject in affected:
            learnt[subject].append(version)
        if affected:
            registry.mark(record.name, version, {"forgotten_subjects": str(len(affected))})
    return {subject: tuple(sorted(models)) for subject, models in learnt.items()}


def _receipt(
    record: Record,
    subject: str,
    entry: Mapping[str, Any],
    found: Mapping[str, list[Holding]],
    models: tuple[int, ...],
    days: int,
) -> Receipt:
    lines = [Line(**line) for line in entry["lines"]]
    for place, holding in found.items():
        rows, opened = Counter[str](), Counter[str]()
        for each in holding:
            rows.update(each.rows)
            opened.update(each.open)
        how = f"{rows[subject]} sealed rows lie here, of which {opened[subject]} open"
        lines.append(Line(place, rows[subject] - opened[subject], opened[subject], how))
    due = retrain_by(datetime.fromisoformat(entry["at"]), days)
    return Receipt(record.name, subject, tuple(lines), models, due)
