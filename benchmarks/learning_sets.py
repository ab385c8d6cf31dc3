"""The real data sets as problems to learn: their standard splits, or the ones that the anchors were measured on.

Validation rows always come from the training rows; the test rows are handed over apart, to be looked at once. Texts are
as they arrive: what cleaning costs a model is another measurement (`bench_presets.py`).
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from pipelines.models import Part, Problem
from pipelines.record import Column, Record, parse_record

SEED = 42
FOLDS = 10
# Of the training rows, where a set brings no validation rows.
VALID = 0.1
TEXT = Record("texts", (Column("text", "text", "text"), Column("label", "category", "label")))
PRESETS = Path(__file__).parents[1] / "presets"


class Exam(NamedTuple):
    """What is to be learnt, and the rows on which it is asked."""

    problem: Problem
    test: Part


class Cut(NamedTuple):
    """The rows of three parts."""

    train: pl.DataFrame
    valid: pl.DataFrame
    test: pl.DataFrame


def datasets() -> Path:
    """The folder of the data sets; its absence ends the benchmark."""
    folder = os.environ.get("FLYWHEEL_DATASETS")
    if not folder:
        raise SystemExit("FLYWHEEL_DATASETS names no folder of data sets: nothing to learn from.")
    return Path(folder)


def exams(name: str, seed: int = SEED) -> Iterator[Exam]:
    """The exam that the set `name` poses, or its ten folds."""
    record, cuts = SETS[name]
    for cut in cuts(datasets()):
        yield _exam(record(), cut, seed)


def _exam(record: Record, cut: Cut, seed: int) -> Exam:
    label = record.label.name
    labels = record.label.categories or tuple(sorted(set(cut.train[label].cast(pl.String))))
    places = {each: place for place, each in enumerate(labels)}
    train, valid, test = (_part(rows, record, places) for rows in cut)
    return Exam(Problem(record, labels, train, valid, np.ones(len(labels)), seed), test)


def _part(rows: pl.DataFrame, record: Record, places: dict[str, int]) -> Part:
    names = [column.name for column in record.columns if column.role in ("text", "feature")]
    answers: NDArray[np.int64] = np.array([places[str(each)] for each in rows[record.label.name]], dtype=np.int64)
    return Part({name: rows[name].to_list() for name in names}, answers)


def _texts(path: Path, **renamed: str) -> pl.DataFrame:
    """Texts with their labels, as strings, whatever the columns are called."""
    rows = pl.read_csv(path, infer_schema=False).rename({old: new for new, old in renamed.items()})
    return rows.select(pl.col("text").fill_null(""), "label")


def _without(rows: pl.DataFrame, share: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` in two parts by chance, each label shared out evenly; the second holds `share` of them."""
    from sklearn.model_selection import train_test_split

    first, second = train_test_split(np.arange(rows.height), test_size=share, stratify=rows["label"], random_state=SEED)
    return rows[first], rows[second]


def _standard(folder: str, *files: str) -> Callable[[Path], Iterator[Cut]]:
    """Training and test rows in files of their own, and maybe validation rows between them."""

    def cuts(root: Path) -> Iterator[Cut]:
        parts = [_texts(root / folder / file) for file in files]
        train, valid = (parts[0], parts[1]) if len(parts) == 3 else _without(parts[0], VALID)
        yield Cut(train, valid, parts[-1])

    return cuts


def _folds(folder: str) -> Callable[[Path], Iterator[Cut]]:
    def cuts(root: Path) -> Iterator[Cut]:
        from sklearn.model_selection import StratifiedKFold

        rows = _texts(root / folder / "all.csv")
        for known, asked in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(rows, rows["label"]):
            yield Cut(*_without(rows[known], VALID), rows[asked])

    return cuts


def _four_fifths(folder: str, file: str) -> Callable[[Path], Iterator[Cut]]:
    def cuts(root: Path) -> Iterator[Cut]:
        rest, asked = _without(_texts(root / folder / file, text="review"), 0.2)
        yield Cut(*_without(rest, VALID), asked)

    return cuts


def _later(root: Path) -> Iterator[Cut]:
    """The first four fifths by time teach, the last one asks; validation rows are the last of the former."""
    rows = pl.read_csv(root / "airline_tweets" / "Tweets.csv", infer_schema=False)
    rows = rows.sort(pl.col("tweet_created").str.to_datetime("%Y-%m-%d %H:%M:%S %z"), maintain_order=True)
    rows = rows.select("text", label="airline_sentiment")
    end = rows.height * 4 // 5
    start = round(end * (1 - VALID))
    yield Cut(rows[:start], rows[start:end], rows[end:])


def _record(preset: str) -> Callable[[], Record]:
    return lambda: parse_record(yaml.safe_load((PRESETS / f"{preset}.yaml").read_text("utf-8"))["record"])


def _table(path: Path, record: Record) -> pl.DataFrame:
    """A table's rows by the types of `record`; what counts as missing is missing. The label is called `label` too."""
    # Some files put a space behind each comma.
    rows = pl.read_csv(path, infer_schema=False).rename(str.strip).with_columns(pl.all().str.strip_chars())
    known = [column for column in record.columns if column.name in rows.columns]
    cells = [pl.when(~pl.col(c.name).is_in([*c.missing, ""])).then(pl.col(c.name)).alias(c.name) for c in known]
    numbers = [pl.col(c.name).cast(pl.Float64) for c in known if c.is_numeric]
    label = pl.col(record.label.name).str.strip_suffix(".")
    return rows.select(cells).with_columns(*numbers, label).with_columns(label=label)


def _adult(root: Path) -> Iterator[Cut]:
    record = _record("adult")()
    train, test = (_table(root / "adult" / f"adult.{part}", record) for part in ("data", "test"))
    yield Cut(*_without(train, VALID), test)


def _telco(root: Path) -> Iterator[Cut]:
    rows = _table(root / "telco_churn" / "WA_Fn-UseC_-Telco-Customer-Churn.csv", _record("telco")())
    rest, asked = _without(rows, 0.2)
    yield Cut(*_without(rest, VALID), asked)


# Each set: what its columns are, and how it is cut.
SETS: dict[str, tuple[Callable[[], Record], Callable[[Path], Iterator[Cut]]]] = {
    "sst2": (lambda: TEXT, _standard("sst2", "train.csv", "dev.csv", "test.csv")),
    "sst2_phrases": (lambda: TEXT, _standard("sst2", "train_phrases.csv.gz", "dev.csv", "test.csv")),
    "mr": (lambda: TEXT, _folds("mr")),
    "cr": (lambda: TEXT, _folds("cr")),
    "subj": (lambda: TEXT, _folds("subj")),
    "trec": (lambda: TEXT, _standard("trec", "train.csv", "test.csv")),
    "sst3": (lambda: TEXT, _standard("sst3", "train.csv", "dev.csv", "test.csv")),
    "imdb": (lambda: TEXT, _standard("imdb", "train.csv.gz", "test.csv.gz")),
    "waimai": (lambda: TEXT, _four_fifths("waimai_10k", "waimai_10k.csv")),
    "hotel": (lambda: TEXT, _four_fifths("chnsenticorp_htl", "ChnSentiCorp_htl_all.csv")),
    "airline": (lambda: TEXT, _later),
    "adult": (_record("adult"), _adult),
    "telco": (_record("telco"), _telco),
}
