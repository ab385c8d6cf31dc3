"""All that was written -> is anybody to be seen? What promotion rests on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.access import enter
from pipelines.environment import Environment
from pipelines.leaks import wanted as wanting
from pipelines.leaks.memory import Memory, traits_of
from pipelines.leaks.places import Place, files, out_of_reach, places
from pipelines.leaks.report import Leak, Scanned, refusal, state, write_report
from pipelines.leaks.search import digest_of, search
from pipelines.leaks.wanted import Wanted
from pipelines.ledger import open_ledger
from pipelines.parameters import read_parameters
from pipelines.raw import open_rows, parts
from pipelines.record import Record
from pipelines.stage import run
from pipelines.vault import Vault, open_vault
from pipelines.versions import version_of
from pipelines.workspace import OWN, RAW

KEPT = OWN / "leaks"


@dataclass
class Tally:
    """What was looked at so far, and found."""

    files: int = 0
    read: int = 0
    bytes_read: int = 0
    places: Counter[str] = field(default_factory=Counter)
    leaks: list[Leak] = field(default_factory=list)


def scan(
    splits: Path = Path("data/splits"),
    model: Path = Path("data/model"),
    report: Path = Path("data/report/evaluation"),
    *,
    record: Record,
    allow: tuple[str, ...] = (),
    environment: Environment,
    workspace: Path,
) -> Scanned:
    """Search every output of a run for people and canaries, and write down what was found about these very models.

    Files that were clean and did not change are not read again. `allow` lists values that are nobody's, as an
    address for support. Raises LeakError where anybody was found; the report stands then as well.
    """
    vault = open_vault(environment.home, environment.master_key, record.name)
    wanted = _wanted(workspace, record, vault, allow, environment)
    before = state([workspace / path for path in (splits, model, report)])
    tally = _search_all(workspace, environment, wanted, allow)
    scanned = Scanned(
        state=before,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=tally.files,
        read=tally.read,
        bytes_read=tally.bytes_read,
        canaries=len(wanted.canaries),
        identifiers=len(wanted.tokens) + len(wanted.names),
        places=dict(tally.places),
        leaks=tally.leaks,
        out_of_reach=out_of_reach(environment),
    )
    write_report(workspace, scanned)
    if scanned.leaks:
        raise refusal(scanned.leaks)
    return scanned


def _wanted(workspace: Path, record: Record, vault: Vault, allow: tuple[str, ...], environment: Environment) -> Wanted:
    """What to look for: as kept from the last scan of the same people, or made anew from all of them."""
    raw, kept = workspace / RAW, workspace / KEPT / "wanted.npz"
    mark = wanting.fingerprint(raw, record, vault, allow)
    known = wanting.load(kept, raw, vault, mark)
    if known is not None:
        return known
    access = enter(open_ledger(environment), environment, "scan", "data/raw", version_of(raw))
    people = open_rows(raw, record, vault, access) if parts(raw) else wanting.nobody(record)
    made = wanting.look_for(raw, people, record, vault, allow, mark)
    wanting.save(made, kept)
    return made


def _search_all(workspace: Path, environment: Environment, wanted: Wanted, allow: tuple[str, ...]) -> Tally:
    memory = Memory(workspace / KEPT / "clean.json", wanted.fingerprint)
    tally = Tally()
    surrogates = _makes_surrogates(workspace)
    for place, path in _every_file(workspace, environment):
        looks = place.looks and not (surrogates and path.suffix == ".parquet")
        found = _look_into(path, wanted, memory, tally, looks=looks, allow=allow)
        tally.files += 1
        tally.places[place.writer] += 1
        if found:
            tally.leaks.append(Leak(_named(path, workspace), place.writer, dict(found)))
    memory.save()
    return tally


def _every_file(workspace: Path, environment: Environment) -> Iterator[tuple[Place, Path]]:
    seen: set[Path] = set()
    for place in places(workspace, environment):
        for path in files(place):
            if path not in seen:
                seen.add(path)
                yield place, path


def _makes_surrogates(workspace: Path) -> bool:
    """Whether the anonymiser writes invented identifiers into texts: there, what looks like one is nobody's."""
    text = (read_parameters(workspace).get("anonymise") or {}).get("text") or {}
    return isinstance(text, dict) and text.get("mode") == "surrogate"


def _look_into(
    path: Path, wanted: Wanted, memory: Memory, tally: Tally, *, looks: bool, allow: tuple[str, ...]
) -> Counter[str]:
    """What stands in the file by kind; nothing where it is gone meanwhile, or known to be clean."""
    try:
        traits = traits_of(path, looks=looks)
        if memory.is_clean(path, traits):
            return Counter()
        content = None if "-wal" in path.suffix or path.suffix == ".db" else digest_of(path)
        mark = None if content is None else f"{content}{int(looks)}"
        found: Counter[str] = Counter()
        # What was looked at as closely as can be was clean for any other look as well.
        if content is None or not any(memory.is_clean_content(f"{content}{close}") for close in {1, int(looks)}):
            tally.read += 1
            tally.bytes_read += path.stat().st_size
            found = search(path, wanted, memory, looks=looks, allowed=allow)
    except FileNotFoundError:
        return Counter()
    if not found:
        memory.note(path, traits, mark)
    return found


def _named(path: Path, workspace: Path) -> str:
    return str(path.relative_to(workspace)) if path.is_relative_to(workspace) else str(path)


if __name__ == "__main__":
    run(scan)
