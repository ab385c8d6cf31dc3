"""splits, champion -> report: how far what came in since has moved from what the champion learnt."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.bundle import Bundle
from pipelines.checks.finding import FINDINGS
from pipelines.columns_read import missed
from pipelines.drift.compared import MATTERS, Comparison, compare_rows
from pipelines.drift.pictures import draw_traits
from pipelines.drift.profile import MOST, Profile, at_most, read_profile, unseen
from pipelines.drift.report import DRIFT, describe, first_page
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.files import digest, read_json, replacing, write_json
from pipelines.language import text_losses
from pipelines.ledger import Champion, open_ledger
from pipelines.record import Record
from pipelines.reigns import champion_bundle
from pipelines.rows import inputs
from pipelines.stage import run


@dataclass(frozen=True)
class Compared:
    """What a comparison came to: how many rows were new, which traits moved, and why nothing was compared if so.

    `again` says that the very same was compared before: its pages stand.
    """

    rows: int
    alarms: tuple[str, ...]
    reason: str = ""
    again: bool = False


def compare(
    splits: Path = Path("data/splits"),
    report: Path = Path("data/report/drift"),
    validation: Path = Path("data/report/validation"),
    *,
    record: Record,
    min_rows: int = 100,
    psi: float = MATTERS,
    stop: float | None = None,
    newest_within_days: int | None = None,
    environment: Environment,
    workspace: Path,
) -> Compared:
    """Compare the rows that came since the champion was made with those that it learnt from; write pages and pictures.

    An alarm wants a PSI of `psi` and a difference beyond chance. Raises DataError where an alarming trait has a PSI of
    `stop` or more (the pages stand then as well), and where the newest row is older than `newest_within_days`.
    """
    _refuse_old(workspace / validation / FINDINGS, newest_within_days)
    champion = open_ledger(environment).champion(record.name)
    profile = None if champion is None else _profile(champion, workspace)
    if champion is None or profile is None:
        return Compared(0, (), "there is no champion yet" if champion is None else "the champion has no profile")
    question = _question(champion, workspace / splits, psi, min_rows)
    card: Any = read_json(workspace / report / DRIFT) if (workspace / report / DRIFT).is_file() else {}
    if stop is None and card.get("question") == question:
        return Compared(card["rows_now"], tuple(card["alarms"]), again=True)
    parts = [pl.read_parquet(workspace / splits / f"{part}.parquet") for part in ("train", "valid", "test")]
    fresh = unseen(pl.concat(parts), profile)
    if fresh.height < min_rows:
        return Compared(fresh.height, (), f"{fresh.height:,} rows are new, {min_rows:,} are enough")
    looked = at_most(fresh, MOST)
    bundle = champion_bundle(champion.body, workspace)
    if gone := missed(bundle.features, record):
        return Compared(fresh.height, (), f"the champion reads what `record` no longer gives: {', '.join(gone)}")
    found = compare_rows(profile, looked, record, _answers(bundle, looked, record), psi)
    _write(workspace / report, record, champion, profile, found, question)
    _refuse_far(found, stop)
    return Compared(fresh.height, tuple(moved.name for moved in found.alarms))


def _profile(champion: Champion, workspace: Path) -> Profile | None:
    """What the champion's training data were like; None for one that was made before profiles were, or elsewhere."""
    path = workspace / str(champion.body.get("profile", ""))
    return read_profile(path) if path.is_file() else None


def _answers(bundle: Bundle, rows: pl.DataFrame, record: Record) -> pl.DataFrame:
    """What the champion says of `rows`: class and confidence, or a number; of a text, what a character of it costs."""
    if bundle.task == "regression":
        return pl.DataFrame({"value": bundle.values(inputs(rows, record))})
    if bundle.task == "language":
        return pl.DataFrame({"value": text_losses(bundle, rows[record.inputs[0].name].to_list())})
    found = bundle.probabilities(inputs(rows, record))
    classes = [bundle.labels[place] for place in bundle.decided(found)]
    return pl.DataFrame({"class": pl.Series(classes, dtype=pl.String), "confidence": found.max(axis=1)})


def _question(champion: Champion, splits: Path, psi: float, min_rows: int) -> str:
    """What is being compared: this champion, these rows, by these limits."""
    content = [champion.body["digest"], str(champion.body["profile"]), digest(splits), repr(psi), repr(min_rows)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def _write(
    report: Path, record: Record, champion: Champion, profile: Profile, found: Comparison, question: str
) -> None:
    with replacing(report) as draft:
        draft.mkdir()
        pictures = draw_traits(profile.traits, found, draft)
        card: dict[str, Any] = describe(found, profile, champion.version) | {"question": question}
        write_json(draft / DRIFT, card)
        (draft / "index.html").write_text(first_page(record.name, card, pictures), "utf-8")


def _refuse_far(found: Comparison, stop: float | None) -> None:
    far = [moved for moved in found.alarms if stop is not None and moved.psi >= stop]
    if far:
        raise DataError(
            f"compare: what came in since the champion is far from what it learnt: {', '.join(m.name for m in far)}.",
            f"Expected a PSI below {stop:g} (`compare.stop` in params.yaml); {far[0].name} has {far[0].psi:.2f}.",
            "look at data/report/drift/index.html; mend the source, or raise `compare.stop` if the world did move.",
        )


def _refuse_old(findings: Path, within: int | None) -> None:
    newest: Any = read_json(findings).get("newest_day") if within is not None and findings.is_file() else None
    if within is None or newest is None:
        return
    age = (datetime.now(UTC).date() - date.fromisoformat(newest)).days
    if age > within:
        raise DataError(
            f"compare: the newest row is {age:,} days old.",
            f"Expected one of the last {within:,} days (`compare.newest_within_days` in params.yaml).",
            "look why the source brings nothing new, or raise the number of days.",
        )


if __name__ == "__main__":
    run(compare)
