"""Where evidence comes from: the register, data/raw, the ledger, reports and keys of one workspace."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.access import enter
from pipelines.accounting import epsilon_of
from pipelines.compliance import ledgered, opened, planted
from pipelines.compliance.evidence import Anonymity, Consent, Evidence, Leaks, Proof, Residue, Spend, Stored, Version
from pipelines.compliance.register import Register, read_register
from pipelines.compliance.surroundings import keys_of, transports_of, usage_of
from pipelines.environment import Environment
from pipelines.files import digest, read_json
from pipelines.ledger import Champion, Ledger, open_ledger
from pipelines.membership import Membership
from pipelines.privacy.identifiers import find_identifiers
from pipelines.raw import parts
from pipelines.record import Record
from pipelines.vault import open_vault
from pipelines.versions import describe
from pipelines.workspace import EVALUATION, MODEL, OWN, PRIVACY, RAW, SPLITS

LEAKS, TWIN = Path("data/report/leaks.json"), OWN / "twin.json"
MOST_TEXTS = 20_000


def gather(
    workspace: Path,
    environment: Environment,
    record: Record,
    anonymise: Mapping[str, Any],
    names_in: Callable[[Sequence[str]], int] | None = None,
) -> Evidence:
    """All evidence on `workspace` as it stands now.

    Opens data/raw in memory, which is an access of its own: it is logged, for the purpose "prove". `names_in` counts
    the names of people in texts, where something can find them; `anonymise` is that section of params.yaml.
    """
    at, register, ledger = datetime.now(UTC), read_register(workspace), open_ledger(environment)
    version = _version(workspace)
    # Before the vault is opened, which makes its store readable by one user again.
    keys = keys_of(workspace, environment, record.name, ledgered.last_time(ledger, "rotation"))
    seals = stored = None
    answers: list[str] = []
    if parts(workspace / RAW):
        access = enter(ledger, environment, "prove", str(RAW), version.name if version else None)
        vault = open_vault(environment.home, environment.master_key, record.name)
        seals, rows, columns = opened.look(workspace / RAW, record, vault, access)
        answers = rows.filter(pl.col("origin") == "feedback")["row"].to_list()
        withdrawn = ledgered.withdrawn(ledger)
        stored = opened.count(rows, columns, _released(workspace), record, register, withdrawn, at)
    return Evidence(
        at=at,
        record=record,
        fingerprint=fingerprint(record, register, anonymise),
        register=register,
        version=version,
        stored=stored,
        consents=_consents(ledger, record, register, stored, version),
        chain=ledgered.chain(ledger),
        accesses=ledgered.accesses(ledger),
        reads=ledgered.reads(ledger),
        expiry_checked=ledgered.last_time(ledger, "retention"),
        seals=seals,
        leaks=_leaks(workspace),
        residue=_residue(workspace, record, names_in),
        anonymity=_anonymity(workspace, record),
        keys=keys,
        transports=transports_of(workspace, environment),
        spends=tuple(_spend(entry) for entry in ledger.all("privacy")),
        proof=_proof(workspace, ledger.champion(record.name)),
        assessment_characters=_characters(workspace, register),
        requests=ledgered.requests(ledger),
        erasures=ledgered.erasures(ledger, environment, record.name, at),
        verification=ledgered.verification(ledger, record.name, at),
        usage=usage_of(environment.ledger, answers),
    )


def fingerprint(record: Record, register: Register | None, anonymise: Mapping[str, Any]) -> str:
    """12 digits that change with anything that an impact assessment has to weigh again: data, purpose, recipients."""
    named = ("purpose", "lawful_basis", "retention_days", "location", "recipients", "sensitive")
    processing = [repr(getattr(register, name)) for name in named] if register else []
    content = "\n".join([repr(record), repr(sorted(anonymise.items())), *processing])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _version(workspace: Path) -> Version | None:
    found = describe(workspace / RAW)
    if found is None:
        return None
    name, meta = found
    ingested = meta.get("ingested")
    return Version(name, meta.get("source"), meta.get("licence"), ledgered.moment(ingested) if ingested else None)


def _consents(
    ledger: Ledger, record: Record, register: Register | None, stored: Stored | None, version: Version | None
) -> tuple[Consent, ...]:
    """Consent as it arrived with the data, whose version is its hash, and as it was given later."""
    asked, purpose = (register.consent, register.purpose) if register else (None, None)
    later = ledgered.consents(ledger, asked, purpose)
    if record.with_role("consent") is None or stored is None or version is None or version.ingested is None:
        return later
    notice, channel = (asked.notice, asked.channel) if asked else (None, None)
    return (Consent(stored.subjects, purpose, notice, channel, version.ingested), *later)


def _released(workspace: Path) -> tuple[str, ...]:
    file = workspace / SPLITS / "train.parquet"
    return tuple(pl.read_parquet_schema(file)) if file.is_file() else ()


def _leaks(workspace: Path) -> Leaks | None:
    """The newest leak scan, as the scan wrote it."""
    file = workspace / LEAKS
    if not file.is_file():
        return None
    content: Any = read_json(file)
    scanned = [digest(workspace / path) for path in (SPLITS, MODEL, EVALUATION)]
    current = content.get("state") == hashlib.sha256("\n".join(scanned).encode()).hexdigest()
    return Leaks(
        at=ledgered.moment(content["at"]),
        files=int(content["files"]),
        hits=len(content["leaks"]),
        current=current,
        where=str(LEAKS),
    )


def _residue(workspace: Path, record: Record, names_in: Callable[[Sequence[str]], int] | None) -> Residue | None:
    file = workspace / SPLITS / "train.parquet"
    if not file.is_file():
        return None
    rows = pl.read_parquet(file)
    wanted = [column.name for column in record.columns if column.type == "text" and column.name in rows.columns]
    texts = [text for name in wanted for text in rows[name].drop_nulls().head(MOST_TEXTS)]
    planted_ones, removed = planted.recall()
    return Residue(
        texts=len(texts),
        identifiers=sum(len(find_identifiers(text)) for text in texts),
        names=names_in(texts) if names_in else None,
        planted=planted_ones,
        removed=removed,
    )


def _anonymity(workspace: Path, record: Record) -> Anonymity | None:
    """What the privacy report claims of the table, and the smallest group as counted again from the training rows."""
    file, rows = workspace / PRIVACY, workspace / SPLITS / "train.parquet"
    quasi = tuple(column.name for column in record.columns if column.privacy == "quasi")
    if not file.is_file() or not rows.is_file() or not quasi:
        return None
    content: Any = read_json(file)
    table = content.get("tables") or {}
    reached = table.get("reached") or {}
    frame = pl.read_parquet(workspace / "data/anonymised/rows.parquet")
    present = [name for name in quasi if name in frame.columns]
    groups = frame.group_by(present).agg(pl.col("subject").n_unique())["subject"] if present else None
    return Anonymity(
        quasi=tuple(table.get("quasi", ())),
        k=reached.get("k"),
        l=reached.get("distinct_l"),
        t=reached.get("t"),
        suppressed=table["suppressed"] / max(frame.height + table["suppressed"], 1) if "suppressed" in table else None,
        counted=int(groups.min()) if groups is not None and groups.len() else None,  # type: ignore[arg-type]
        where=str(PRIVACY),
    )


def _spend(entry: Mapping[str, Any]) -> Spend:
    sigma, rate, steps = entry.get("sigma"), entry.get("rate"), entry.get("steps")
    whole = None not in (sigma, rate, steps)
    return Spend(
        model=str(entry.get("training") or entry["number"])[:12],
        data=str(entry.get("data", "?")),
        epsilon=float(entry["epsilon"]),
        delta=float(entry["delta"]),
        sigma=sigma,
        rate=rate,
        steps=steps,
        sampling=entry.get("sampling"),
        recomputed=epsilon_of(float(sigma), float(entry["delta"]), float(rate), int(steps)) if whole else None,  # type: ignore[arg-type]
    )


def _proof(workspace: Path, champion: Champion | None) -> Proof | None:
    """What attacks found on the model that serves, where it is the one in data/model; before there is one, on the next.

    Of another model nothing is said: what it gives away is not what users are answered by.
    """
    file, twin = workspace / EVALUATION / "membership.json", workspace / TWIN
    if not file.is_file():
        return None
    models: Any = read_json(file)["models"]
    role = _attacked(workspace, champion, list(models))
    if role is None:
        return None
    told: Any = read_json(twin) if twin.is_file() else {}
    if told.get("model") != digest(workspace / MODEL / role):
        told = {}  # the twin of another model says nothing about this one
    card: Any = read_json(workspace / MODEL / role / "bundle.json")
    claim = card["about"].get("privacy") or {}
    return Proof(
        model=f"{models[role]['family']} ({role})",
        membership=Membership.from_dict(models[role]["membership"]),
        exposure=told.get("exposure"),
        audited=told.get("audited"),
        claimed=claim.get("epsilon"),
        where=f"{EVALUATION}, {TWIN}",
    )


def _attacked(workspace: Path, champion: Champion | None, roles: list[str]) -> str | None:
    """The role of the model that serves among those that were attacked; of the candidate where none serves yet."""
    if champion is None:
        return "candidate" if "candidate" in roles else "baseline"
    return next((role for role in roles if digest(workspace / MODEL / role) == champion.body.get("digest")), None)


def _characters(workspace: Path, register: Register | None) -> int | None:
    assessment = register.impact_assessment if register else None
    file = workspace / assessment.file if assessment else None
    return len(file.read_text("utf-8")) if file and file.is_file() else None
