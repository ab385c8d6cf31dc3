"""Numbers, an order, and a text beside a table: what the linear baseline comes to, with the ties to be broken told.

    FLYWHEEL_DATASETS=DIR python benchmarks/models_tasks.py

scikit-learn's diabetes in five folds (seed 0), an eighth of the training rows validates, beside scikit-learn's own
ridge on the plain columns of the same rows. sst3 by its standard split, as classes and as an order. Airline tweets, the
last fifth by time asks: text alone, and with what the table holds beside it. Seconds are CPU-seconds of training and
asking.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from reporting import Figure, report

from pipelines.bundle import Bundle
from pipelines.estimates import order_measures
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.record import Column, Record

HOW = "python benchmarks/models_tasks.py"
NAMES = ("negative", "neutral", "positive")
TEXT = Column("text", "text", "text")
BESIDE = (
    Column("airline", "category", "feature"),
    Column("retweet_count", "number", "feature"),
    Column("user_timezone", "category", "feature"),
)


def figures() -> list[Figure]:
    """All figures; those of sets that are not at hand are left out, and that is said."""
    found = list(diabetes())
    folder = os.environ.get("FLYWHEEL_DATASETS")
    if not folder:
        print("FLYWHEEL_DATASETS names no folder: neither sst3 nor airline was measured.")
        return found
    return [*found, *sentences(Path(folder) / "sst3"), *tweets(Path(folder) / "airline_tweets" / "Tweets.csv")]


def asked(problem: Problem, test: Part, options: Linear) -> tuple[Bundle, np.ndarray]:
    """The bundle that was learnt, and what it answers to the test rows."""
    fitted = fit(problem, options)
    bundle = Bundle("linear", problem.labels, fitted.features, fitted.graph, task=problem.task)
    if problem.task == "regression":
        return bundle, bundle.values(test.columns)
    return bundle, bundle.decided(bundle.probabilities(test.columns))


def diabetes() -> Iterator[Figure]:
    """R² over five folds, ours and that of a plain ridge."""
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load_diabetes(scaled=False)
    names = list(data.feature_names)
    record = Record("diabetes", (*(Column(n, "number", "feature") for n in names), Column("y", "number", "label")))

    def part(places: np.ndarray) -> Part:
        return Part({n: data.data[places, k].tolist() for k, n in enumerate(names)}, data.target[places])

    ours, plain = np.zeros(len(data.target)), np.zeros(len(data.target))
    begun = time.process_time()
    folds = list(KFold(5, shuffle=True, random_state=0).split(data.data))
    for known, rest in folds:
        cut = len(known) // 8
        problem = Problem(record, (), part(known[cut:]), part(known[:cut]), np.ones(0), 0, "regression")
        ours[rest] = asked(problem, part(rest), Linear())[1]
    seconds = time.process_time() - begun
    for known, rest in folds:
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
        plain[rest] = model.fit(data.data[known], data.target[known]).predict(data.data[rest])
    away = np.square(data.target - data.target.mean()).sum()
    theirs = 1 - np.square(plain - data.target).sum() / away
    found = 1 - np.square(ours - data.target).sum() / away
    yield Figure(
        "diabetes, linear, R² over 5 folds", found, "R²", "higher", f"RidgeCV, same folds {theirs:.3f}", None, HOW
    )
    yield Figure("diabetes, linear, five trainings", seconds, "CPU s", "lower", "", None, HOW)


def sentences(folder: Path) -> Iterator[Figure]:
    """sst3 as classes and as an order: steps off on average, kappa, macro F1."""
    parts = {name: pl.read_csv(folder / f"{name}.csv", infer_schema=False) for name in ("train", "dev", "test")}
    rows = {
        name: Part({"text": part["text"].to_list()}, np.array([NAMES.index(each) for each in part["label"]]))
        for name, part in parts.items()
    }
    for ordered, what in ((False, "as classes"), (True, "as an order")):
        label = Column("label", "category", "label", categories=NAMES, ordered=ordered)
        record = Record("sst3", (TEXT, label))
        problem = Problem(record, NAMES, rows["train"], rows["dev"], np.ones(3), 7, record.task)
        begun = time.process_time()
        _, said = asked(problem, rows["test"], Linear())
        seconds = time.process_time() - begun
        steps = order_measures(rows["test"].labels, said, draws=200, seed=7)
        for name, unit, better in (("mae", "steps", "lower"), ("quadratic_kappa", "kappa", "higher")):
            yield Figure(f"sst3 {what}, linear, {name}", steps[name].value, unit, better, f"{seconds:.1f} s", None, HOW)  # type: ignore[arg-type]
        f1 = macro_f1(rows["test"].labels, said)
        yield Figure(f"sst3 {what}, linear, macro F1", f1, "%", "higher", "linear 53.8", None, HOW)


def tweets(path: Path) -> Iterator[Figure]:
    """Macro F1 on the last fifth of the tweets, with more and more columns beside the text."""
    rows = pl.read_csv(path, infer_schema=False).sort("tweet_created", maintain_order=True)
    rows = rows.with_columns(pl.col("retweet_count").cast(pl.Float64))
    end = rows.height * 4 // 5
    label = Column("airline_sentiment", "category", "label", categories=NAMES)
    for count in range(len(BESIDE) + 1):
        record = Record("airline", (TEXT, *BESIDE[:count], label))

        def part(some: pl.DataFrame, record: Record = record) -> Part:
            places = [NAMES.index(each) for each in some[label.name]]
            return Part({c.name: some[c.name].to_list() for c in record.inputs}, np.array(places))

        problem = Problem(record, NAMES, part(rows[:end]), part(rows[:end]), np.ones(3), 7)
        begun = time.process_time()
        test = part(rows[end:])
        _, said = asked(problem, test, Linear())
        seconds = time.process_time() - begun
        what = "airline, text" + "".join(f" + {column.name}" for column in BESIDE[:count])
        anchor = f"linear, text 70.8; {seconds:.1f} s"
        yield Figure(f"{what}, macro F1", macro_f1(test.labels, said), "%", "higher", anchor, None, HOW)


def macro_f1(true: np.ndarray, said: np.ndarray) -> float:
    """The mean of the classes' F1, in per cent."""
    hits = np.bincount(true[true == said], minlength=3)
    return float(100 * (2 * hits / (np.bincount(true, minlength=3) + np.bincount(said, minlength=3))).mean())


if __name__ == "__main__":
    report("models_tasks", figures())
