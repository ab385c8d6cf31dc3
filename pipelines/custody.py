"""Where sealed rows lie, and who could still open them: every copy of data/raw that can be found.

A sealed row names its key. So whether anybody can open it is asked of the key store, exactly and at once, and not by
trying keys.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import WorldError
from pipelines.keys import HEAD
from pipelines.raw import SCHEMA
from pipelines.vault import Vault

PARQUET = b"PAR1"


@dataclass(frozen=True)
class Holding:
    """One file of sealed rows: how many rows it holds of each subject asked for, and how many of those would open."""

    path: Path
    rows: dict[str, int]
    open: dict[str, int]


def sealed_files(place: Path) -> Iterator[Path]:
    """The files of sealed rows under `place`, whatever their names: a workspace, a DVC cache, a remote, a backup."""
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.is_file() and not path.is_symlink() and _is_sealed(path):
            yield path


def _is_sealed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if file.read(len(PARQUET)) != PARQUET:
                return False
        return pl.read_parquet_schema(path).keys() == SCHEMA.keys()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorldError(
            f"{path.name} could not be looked into ({type(error).__name__}): nobody knows whose rows it holds.",
            "Expected files that can be read, whole ones, wherever people are looked for.",
            f"let this user read {path}, or remove it; then run `flywheel forget --pending`.",
        ) from None


def holdings(places: Collection[Path], subjects: Collection[str], vault: Vault) -> Iterator[Holding]:
    """What every file of sealed rows under `places` holds of `subjects`; equal files are read once."""
    heads = pl.Series(list(vault.keys.heads()), dtype=pl.Binary)
    wanted = pl.Series(sorted(subjects), dtype=pl.String)
    for path in dict.fromkeys(path for place in places for path in sealed_files(place)):
        rows = pl.read_parquet(path, columns=["subject", "sealed"]).filter(pl.col("subject").is_in(wanted.implode()))
        counts = (
            rows.with_columns(open=pl.col("sealed").bin.slice(0, HEAD).is_in(heads.implode()))
            .group_by("subject")
            .agg(pl.len(), pl.col("open").sum())
        )
        yield Holding(
            path,
            dict(counts.select("subject", "len").iter_rows()),
            {subject: count for subject, count in counts.select("subject", "open").iter_rows() if count},
        )


def subjects_of(paths: Collection[Path]) -> set[str]:
    """The subjects of the sealed rows in the files `paths`."""
    return {subject for path in paths for subject in pl.read_parquet(path, columns=["subject"])["subject"]}
