"""splits, model -> report: how good the candidate and its baseline are, and what they give away; decides nothing."""

from pathlib import Path

import polars as pl

from pipelines.answering import answer
from pipelines.bundle import Bundle, read_bundle
from pipelines.compression import UNCOMPRESSED
from pipelines.drawn import draw
from pipelines.files import replacing, write_json
from pipelines.measuring import measured
from pipelines.membership import attack
from pipelines.pairing import compared
from pipelines.plots import draw_comparison, draw_membership
from pipelines.record import Record
from pipelines.rows import labelled
from pipelines.scores import Scores
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
            answered = answer(bundle, rows, record)
            scores[folder.name] = measured(answered, _texts(splits, record), draws=draws, seed=seed)
            answered.table().write_parquet(draft / f"{folder.name}.parquet")
            draw(answered, scores[folder.name], f"{bundle.family} ({folder.name})", draft / f"{folder.name}.png")
        draw_comparison(scores, draft / "comparison.png")
        told = _describe(scores, model, rows.height)
        if UNCOMPRESSED in scores:
            told["compression"] = _compressed(draft, scores, model)
        write_json(draft / "scores.json", told)
        _attack(splits, model, draft, record, attacked, seed)


def _texts(splits: Path, record: Record) -> tuple[list[str], list[str]]:
    """Of language, the texts that were learnt, and those that are asked about."""
    if record.task != "language":
        return [], []
    parts = (pl.read_parquet(splits / f"{part}.parquet") for part in ("train", "test"))
    learnt, asked = (labelled(part, record, ())[record.inputs[0].name].to_list() for part in parts)
    return learnt, asked


def _describe(scores: dict[str, Scores], model: Path, rows: int) -> dict[str, object]:
    families: dict[str, Bundle] = {role: read_bundle(model / role) for role in scores}
    return {
        "test_rows": rows,
        "models": {
            role: {"family": families[role].family, "parameters": families[role].about["parameters"], **found.to_dict()}
            for role, found in scores.items()
        },
    }


def _compressed(draft: Path, scores: dict[str, Scores], model: Path) -> dict[str, object]:
    """What making the model smaller came to: in bytes, and in answers to the same rows."""
    role = "candidate" if "candidate" in scores else "baseline"
    ours, theirs = (pl.read_parquet(draft / f"{name}.parquet") for name in (role, UNCOMPRESSED))
    paired = compared(ours, theirs, scores[role])
    smaller, whole = read_bundle(model / role), read_bundle(model / UNCOMPRESSED)
    return {
        "role": role,
        "how": smaller.about["compression"],
        "bytes_before": len(whole.graph),
        "bytes_after": len(smaller.graph),
        "cost": str(paired),
        "figures": paired.figures(),
    }


def _attack(splits: Path, model: Path, draft: Path, record: Record, attacked: int, seed: int) -> None:
    """Write membership.json and its picture.

    `drift` attacks the validation rows as if they were members: what it finds is how the parts differ, for no weight
    was fitted to either. What an attack on the training rows finds says something beyond that only.
    """
    bundles = {folder.name: read_bundle(folder) for folder in sorted(model.iterdir()) if folder.is_dir()}
    parts = _parts(splits, record, next(iter(bundles.values())).labels, attacked, seed)
    plain = bundles.get("baseline")  # a private training has none
    easy = {part: answer(plain, rows, record).losses for part, rows in parts.items()} if plain else {}
    found: dict[str, dict[str, object]] = {}
    pictures = {}
    for role, bundle in bundles.items():
        seen = {part: answer(bundle, rows, record) for part, rows in parts.items()}
        told = {part: seen[part].signals(None if role == "baseline" else easy.get(part)) for part in parts}
        pictures[f"{bundle.family} ({role})"] = (told["train"]["loss"], told["test"]["loss"])
        figures = {
            name: attack(told[part], told["test"], seen[part].classes, seen["test"].classes).to_dict()
            for name, part in (("membership", "train"), ("drift", "valid"))
            # Validation rows that taught the model are no stranger to it than training rows.
            if part in parts and not (part == "valid" and bundle.about.get("taught_by_validation_rows"))
        }
        found[role] = {"family": bundle.family, **figures}
    draw_membership(pictures, draft / "membership.png")
    write_json(draft / "membership.json", {"models": found})


def _parts(splits: Path, record: Record, labels: tuple[str, ...], most: int, seed: int) -> dict[str, pl.DataFrame]:
    """At most so many rows of each part whose label the models know; a part without any is left out."""
    read = {part: pl.read_parquet(splits / f"{part}.parquet") for part in ("train", "valid", "test")}
    parts = {part: labelled(rows, record, labels) for part, rows in read.items()}
    return {part: rows.sample(min(most, rows.height), seed=seed) for part, rows in parts.items() if rows.height}


if __name__ == "__main__":
    run(evaluate)
