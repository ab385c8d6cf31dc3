"""The traps that are known in real data sets: how many the checks find, beside how many there are.

    FLYWHEEL_DATASETS=DIR python benchmarks/data_traps.py

A known count is of texts that are equal to the letter, as whoever counted it compared them; rows beyond the first one
of each count. How many more there are where width, case and spacing do not count stands beside it.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from reporting import Figure, report

from pipelines.checks.finding import Finding
from pipelines.checks.findings import findings
from pipelines.checks.gathered import gather
from pipelines.checks.limits import Checks
from pipelines.checks.nearly import near_pairs, sign
from pipelines.record import Column, Record
from pipelines.spelling import normal

TEXT, LABEL, PART = (
    Column("text", "text", "text"),
    Column("label", "category", "label"),
    Column("part", "text", "split"),
)
# Each trap: the finding, the figure of it that was counted (none: its rows), and the count that is known.
Trap = tuple[str, str | None, float]


@dataclass(frozen=True)
class Known:
    """A data set and its known traps: files by part, columns under our names."""

    name: str
    files: Mapping[str, str]
    traps: tuple[Trap, ...]
    columns: tuple[Column, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    texts: bool = True

    @property
    def record(self) -> Record:
        """The columns that the checks look at."""
        split = (PART,) if len(self.files) > 1 else ()
        return Record(self.name, (*self.columns, *((TEXT,) if self.texts else ()), LABEL, *split))


def sorted_by_label(name: str, file: str, text: str = "text") -> Known:
    """A set whose label changes once in the whole file."""
    traps: tuple[Trap, ...] = (("order_of_labels", "label_changes", 1), ("order_of_labels", "classes_in_tail", 1))
    return Known(name, {"": file}, traps, renamed=((text, "text"),))


SETS = (
    Known(
        "airline_tweets",
        {"": "airline_tweets/Tweets.csv"},
        (("repeated_ids", None, 155), ("repeated_texts", None, 213), ("two_labels", "texts", 25)),
        (Column("tweet_id", "text", privacy="identifier"),),
        (("airline_sentiment", "label"),),
    ),
    Known("imdb", {"train": "imdb/train.csv.gz", "test": "imdb/test.csv.gz"}, (("test_in_train", None, 123),)),
    Known("imdb test", {"": "imdb/test.csv.gz"}, (("repeated_texts", None, 199),)),
    Known("imdb train", {"": "imdb/train.csv.gz"}, (("repeated_texts", None, 96),)),
    Known("trec", {"train": "trec/train.csv", "test": "trec/test.csv"}, (("test_in_train", None, 10),)),
    Known("sst2", {"train": "sst2/train.csv", "test": "sst2/test.csv"}, (("test_in_train", None, 2),)),
    Known(
        "telco_churn",
        {"": "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv"},
        (("blank_numbers", None, 11),),
        (Column("TotalCharges", "number", "feature", required=False),),
        (("Churn", "label"),),
        texts=False,
    ),
    sorted_by_label("mr", "mr/all.csv"),
    sorted_by_label("cr", "cr/all.csv"),
    sorted_by_label("subj", "subj/all.csv"),
    sorted_by_label("waimai_10k", "waimai_10k/waimai_10k.csv", "review"),
    sorted_by_label("chnsenticorp_htl", "chnsenticorp_htl/ChnSentiCorp_htl_all.csv", "review"),
)


def figures() -> list[Figure]:
    """Each known trap with what was found, how fast near duplicates are looked for, and what is found by mistake."""
    given = os.environ.get("FLYWHEEL_DATASETS")
    if not given:
        print("data_traps: FLYWHEEL_DATASETS names no folder of data sets; nothing is measured on them")
        return [_speed()]
    folder = Path(given)
    found = []
    for known in SETS:
        missing = [file for file in known.files.values() if not (folder / file).is_file()]
        if missing:
            print(f"data_traps: {known.name} is left out, {missing[0]} is not there")
            continue
        found += _traps(known, folder)
    found += _clustered(folder)
    return [*found, _speed()]


def _traps(known: Known, folder: Path) -> list[Figure]:
    told = {finding.name: finding for finding in _look(known, folder)}
    return [_figure(known, trap, told) for trap in known.traps]


def _figure(known: Known, trap: Trap, told: Mapping[str, Finding]) -> Figure:
    name, figure, count = trap
    finding = told.get(name)
    value = 0.0 if finding is None else float(finding.figures[figure] if figure else finding.count)
    alike = finding.figures.get("alike", finding.figures.get("texts_alike")) if finding else None
    how = "to the letter" + (f"; {alike:,.0f} where width, case and spacing do not count" if alike else "")
    what = f"{known.name}: {name}{f' ({figure})' if figure else ''}, off what is known by"
    return Figure(what, abs(value - count), "", "lower", f"found {value:,.0f}, known {count:,.0f}", 0, how)


def _clustered(folder: Path) -> list[Figure]:
    """The clustered order of financial_phrasebank, which has more than one label in its tail."""
    known = Known("financial_phrasebank", {"": "financial_phrasebank/50agree.csv"}, ())
    if not (folder / known.files[""]).is_file():
        return []
    finding = next(finding for finding in _look(known, folder) if finding.name == "order_of_labels")
    what = "financial_phrasebank: total variation of the last tenth's labels"
    return [Figure(what, finding.share, "", "higher", "69 % negative there, 12.5 % over all", 0.2, finding.severity)]


def _look(known: Known, folder: Path) -> list[Finding]:
    frames = []
    for part, file in known.files.items():
        rows = pl.read_csv(folder / file, infer_schema=False)
        renamed = rows.rename({old: new for old, new in known.renamed if old != new})
        frames.append(renamed.with_columns(part=pl.lit(part)).select(known.record.names))
    rows = pl.concat(frames).with_row_index("row").with_columns(pl.col("row").cast(pl.String), origin=pl.lit("source"))
    shards = [rows.slice(start, 50_000) for start in range(0, rows.height, 50_000)]
    return findings(gather(shards, known.record), Checks())


def _speed(texts: int = 50_000) -> Figure:
    """Near duplicates of texts of a hundred characters, found from scratch: rows per CPU second."""
    dice = np.random.default_rng(3)
    words = np.array([f"w{number}" for number in range(20_000)])
    made = [normal(" ".join(dice.choice(words, 18))) for _ in range(texts)]
    started = time.process_time()
    near_pairs(sign([str(place) for place in range(texts)], made))
    seconds = time.process_time() - started
    length = sum(map(len, made)) / texts
    return Figure(
        "near duplicates by MinHash",
        texts / seconds,
        "rows/s of CPU",
        "higher",
        f"{length:.0f} characters each",
        None,
        "",
    )


if __name__ == "__main__":
    report("data_traps", figures())
