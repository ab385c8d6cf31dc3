"""splits, model -> report: how good the candidate and its baseline are, and what they give away; decides nothing."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers
from pipelines.bundle import Bundle, read_bundle
from pipelines.files import replacing, write_json
from pipelines.membership import attack, losses, signals
from pipelines.plots import draw_comparison, draw_confusion, draw_membership
from pipelines.record import Record
from pipelines.rows import answers, inputs
from pipelines.scores import Scores, scores_of
from pipelines.stage import run


def evaluate(
    splits: Path,
    model: Path,
    report: Path,
    *,
    record: Record,
    draws: int = 1000,
    attacked: int = 4000,
    seed: int = 0,
) -> None:
    """Write to `report` each bundle's scores on the test rows with 95 % intervals, its predictions and pictures.

    In membership.json stands how well attacks tell at most `attacked` training rows from as many test rows.
    """
    rows = pl.read_parquet(splits / "test.parquet")
    scores: dict[str, Scores] = {}
    with replacing(report) as draft:
        draft.mkdir()
        for folder in sorted(path for path in model.iterdir() if path.is_dir()):
            bundle = read_bundle(folder)
            known, true = answers(rows, record, bundle.labels)
            found = bundle.probabilities(inputs(known, record))
            scores[folder.name] = scores_of(bundle.labels, true, found, draws=draws, seed=seed)
            _write_predictions(draft / f"{folder.name}.parquet", known, true, found)
            draw_confusion(scores[folder.name], f"{bundle.family} ({folder.name})", draft / f"{folder.name}.png")
        draw_comparison(scores, draft / "comparison.png")
        write_json(draft / "scores.json", _describe(scores, model, rows.height))
        _attack(splits, model, draft, record, attacked, seed)


def _write_predictions(path: Path, rows: pl.DataFrame, true: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    table = rows.select("row").with_columns(
        true=pl.Series(true), predicted=pl.Series(found.argmax(axis=1)), probability=pl.Series(found.max(axis=1))
    )
    table.write_parquet(path)


def _describe(scores: dict[str, Scores], model: Path, rows: int) -> dict[str, object]:
    families: dict[str, Bundle] = {role: read_bundle(model / role) for role in scores}
    return {
        "test_rows": rows,
        "models": {
            role: {"family": families[role].family, "parameters": families[role].about["parameters"], **found.to_dict()}
            for role, found in scores.items()
        },
    }


def _attack(splits: Path, model: Path, draft: Path, record: Record, attacked: int, seed: int) -> None:
    """Write membership.json and its picture.

    `drift` attacks the validation rows as if they were members: what it finds is how the parts differ, for no weight
    was fitted to either. What an attack on the training rows finds says something beyond that only.
    """
    bundles = {folder.name: read_bundle(folder) for folder in sorted(model.iterdir()) if folder.is_dir()}
    parts = _parts(splits, record, bundles["baseline"].labels, attacked, seed)
    easy = {part: losses(*_seen(bundles["baseline"], rows, record)) for part, rows in parts.items()}
    found: dict[str, dict[str, object]] = {}
    pictures = {}
    for role, bundle in bundles.items():
        seen = {part: _seen(bundle, rows, record) for part, rows in parts.items()}
        told = {part: signals(*seen[part], None if role == "baseline" else easy[part]) for part in parts}
        pictures[f"{bundle.family} ({role})"] = (told["train"]["loss"], told["test"]["loss"])
        figures = {
            name: attack(told[part], told["test"], seen[part][0], seen["test"][0]).to_dict()
            for name, part in (("membership", "train"), ("drift", "valid"))
            # Validation rows that taught the model are no stranger to it than training rows.
            if part in parts and not (part == "valid" and bundle.about.get("taught_by_validation_rows"))
        }
        found[role] = {"family": bundle.family, **figures}
    draw_membership(pictures, draft / "membership.png")
    write_json(draft / "membership.json", {"models": found})


def _parts(splits: Path, record: Record, labels: tuple[str, ...], most: int, seed: int) -> dict[str, pl.DataFrame]:
    """At most so many rows of each part whose label the models know; a part without any is left out."""
    known = pl.col(record.label.name).cast(pl.String).is_in(list(labels))
    parts = {part: pl.read_parquet(splits / f"{part}.parquet").filter(known) for part in ("train", "valid", "test")}
    return {part: rows.sample(min(most, rows.height), seed=seed) for part, rows in parts.items() if rows.height}


def _seen(bundle: Bundle, rows: pl.DataFrame, record: Record) -> tuple[Integers, Floats]:
    """The classes of `rows`, and the probabilities that the model gives them."""
    known, true = answers(rows, record, bundle.labels)
    return true, bundle.probabilities(inputs(known, record))


if __name__ == "__main__":
    run(evaluate)
