"""Rows that were taken in by an earlier `record`, once it says otherwise whose they are, which are one, who consents.

Each keeps its name and its cells, and gets another owner or another key; whoever could not be told from others until
then can be forgotten from now on. Those who owned it before lose their keys: in no earlier version does it open.
"""

import shutil
from pathlib import Path

import polars as pl

from pipelines.access import Access, enter
from pipelines.cells import encode_rows
from pipelines.consents import Consents, suppressed
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.files import replacing
from pipelines.fresh import consents as consents_given
from pipelines.fresh import owners_of
from pipelines.raw import (
    PLANTED,
    SCHEMA,
    SOURCE,
    Roles,
    gone,
    note_released,
    parts,
    released,
    roles_in,
    write_part,
    written_by,
)
from pipelines.record import Record
from pipelines.sealing import sealed
from pipelines.superseding import key_of
from pipelines.vault import Vault
from pipelines.versions import version_of


def restate(raw: Path, record: Record, vault: Vault, consents: Consents, environment: Environment) -> int:
    """Let rows of sources in `raw` be those of the people whom `record` names now; how many rows that were.

    Rows of who does not consent are let go; those of who has gone stay as they are, and are known, lest a source bring
    them again. A role that `record` has no longer changes nothing: nobody becomes harder to forget. Raises DataError
    where a column with such a role was not stored.
    """
    now = roles_in(record)
    old = [part for part in parts(raw) if written_by(part)[1] | now != written_by(part)[1]]
    if not old:
        return 0
    _refuse_unstored(old, now)
    access = enter(consents.ledger, environment, "ingest", "data/raw", version_of(raw) or "not yet a version")
    away = suppressed(consents, vault) | gone(raw)
    before, count = set[str](), 0
    with replacing(raw) as draft:
        shutil.copytree(raw, draft)
        for part in old:
            owners, rows = _restate_part(draft / part.name, record, vault, access, away)
            before, count = before | owners, count + rows
        note_released(draft, before)
    return count


def release(raw: Path, vault: Vault) -> None:
    """Destroy the keys of who owned rows of `raw` in earlier versions alone."""
    vault.keys.destroy(set(vault.keys.find(released(raw))), forget=False)


def _restate_part(part: Path, record: Record, vault: Vault, access: Access, away: set[str]) -> tuple[set[str], int]:
    """Write `part` anew; who owned rows in it, and how many rows have been taken over."""
    columns, roles = written_by(part)
    rows = pl.read_parquet(part).with_row_index("place")
    brought = pl.col("origin") != PLANTED
    theirs = rows.filter(brought & ~pl.col("subject").is_in(list(away)))
    opened = vault.open_frame(theirs, columns, access)
    kept = rows.filter(~pl.col("place").is_in(opened["place"].implode()))  # also what opens to nobody any more
    opened = opened.filter(consents_given(record))
    opened = opened.with_columns(_owners(opened, columns, record, vault)).filter(~pl.col("subject").is_in(list(away)))
    cells = opened.select(columns)
    ready = opened.select("place", "row", "subject").with_columns(
        # A record without keys takes none away.
        opened["key"] if record.with_role("key") is None else key_of(cells, record, vault).alias("key"),
        encode_rows(cells, columns).alias("content"),
    )
    mine = sealed(ready, vault).select(ready["place"], *SCHEMA).with_columns(opened["origin"])
    anew = pl.concat([kept.select("place", *SCHEMA), mine]).sort("place")
    part.unlink()  # it may be a link into DVC's cache
    write_part(part, anew, columns, roles | roles_in(record))
    return set(rows.filter(brought)["subject"]), ready.height


def _owners(rows: pl.DataFrame, columns: list[str], record: Record, vault: Vault) -> pl.Series:
    """Whose `rows` are now: those that a user of the service brought stay that user's, where there was one."""
    if record.with_role("subject") is None:
        return rows["subject"]
    now, before, name = owners_of(rows.select(columns), rows["row"], record, vault), rows["subject"], rows["row"]
    nobodys = (before == name) | (before == vault.pseudonyms(name))
    return now.zip_with((rows["origin"] == SOURCE) | nobodys, before).alias("subject")


def _refuse_unstored(old: list[Path], roles: Roles) -> None:
    for role, named in roles.items():
        column = named if isinstance(named, str) else named[0]
        if any(roles.get(role) != written_by(part)[1].get(role) and column not in written_by(part)[0] for part in old):
            raise DataError(
                f"ingest: `record` gives `{column}` the role `{role}`, and rows in data/raw were stored without it.",
                "Expected the column in every row that is kept: without it nobody can say whose these rows are.",
                "remove data/raw and data/raw.dvc and run again with every source; then `dvc gc -w` lets the old go.",
            )
