"""splits, model -> report: how good the candidate and its baseline are on test rows; decides nothing."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.bundle import Bundle, read_bundle
from pipelines.files import replacing, write_json
from pipelines.plots import draw_comparison, draw_confusion
from pipelines.record import Record
from pipelines.rows import answers, inputs
from pipelines.scores import Scores, scores_of
from pipelines.stage import run


def evaluate(splits: Path, model: Path, report: Path, *, record: Record, draws: int = 1000, seed: int = 0) -> None:
    """Write to `report` each bundle's scores on the test rows with 95 % intervals, its predictions and pictures."""
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


if __name__ == "__main__":
    run(evaluate)
