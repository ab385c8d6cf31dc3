"""Drift: alarms where a distribution moves, hardly any where it does not, and how soon a shift of labels is known.

FLYWHEEL_DATASETS=DIR python benchmarks/data_drift.py
"""

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from reporting import Figure, report

from pipelines.drift.compared import Comparison, compare_rows, compare_traits
from pipelines.drift.detector import PATIENCE, detect
from pipelines.drift.profile import Profile, profile_of
from pipelines.drift.traits import values_of, vocabulary_of
from pipelines.record import Column, Record

TWEETS = Record(
    "airline_tweets",
    (
        Column("airline", "category", "feature"),
        Column("text", "text", "text", "free_text"),
        Column("label", "category", "label"),
    ),
)
NUMBERS = ("nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
POWER = Record(
    "elec2", (*(Column(name, "number", "feature") for name in NUMBERS), Column("label", "category", "label"))
)
HALVES = 200


def figures() -> list[Figure]:
    """All figures of drift; sets that are absent are said."""
    found = [*_delays(), *_false_alarms_of_the_detector(), *_made()]
    given = os.environ.get("FLYWHEEL_DATASETS")
    tweets = Path(given or "") / "airline_tweets/Tweets.csv"
    power = Path(given or "") / "elec2/electricity.csv"
    if tweets.is_file():
        found += _tweets(tweets)
    else:
        print("data_drift: airline_tweets is left out, it is not there")
    if power.is_file():
        found += _power(power)
    else:
        print("data_drift: elec2 is left out, it is not there")
    return found


def _tweets(path: Path) -> list[Figure]:
    rows = _numbered(pl.read_csv(path, infer_schema=False).rename({"airline_sentiment": "label"}).sort("tweet_created"))
    profile = profile_of(rows.head(5000), TWEETS)
    windows = [rows.slice(start, 1000) for start in range(5000, rows.height - 999, 1000)]
    told = [{moved.name for moved in compare_rows(profile, window, TWEETS).alarms} for window in windows]
    names = sorted({name for each in told for name in each})
    share = f"{len(windows)} windows of 1,000 after the first 5,000"
    which = ", ".join(f"{name} {sum(name in each for each in told)}" for name in names)
    moving = Figure(
        "airline_tweets by time: windows with an alarm", sum(map(bool, told)), "", "higher", share, 1, which
    )
    shuffled = [compare_rows(profile_of(a, TWEETS), b, TWEETS) for a, b in _halves(rows, 1000, HALVES)]
    return [moving, *_rates("airline_tweets, 200 random halves of 1,000", shuffled), _large_texts(rows)]


def _large_texts(rows: pl.DataFrame) -> Figure:
    """Halves of 100,000 rows drawn from the tweets with replacement: the traits are counted once, and summed."""
    vocabulary = vocabulary_of(rows["text"].sample(5000, seed=1).to_list())
    values = values_of(rows, TWEETS, vocabulary)
    profile = profile_of(rows, TWEETS)
    dice = np.random.default_rng(8)
    alarms = 0
    for _ in range(HALVES):
        sides = []
        for _side in range(2):
            drawn = np.bincount(dice.integers(0, rows.height, 100_000), minlength=rows.height)
            sides.append({name: _weighted(profile, name, values, drawn) for name in profile.traits if name in values})
        alarms += bool(compare_traits(*sides, rows=100_000).alarms)
    what = "airline_tweets, 200 random halves of 100,000: data sets with an alarm"
    return Figure(what, 100 * alarms / HALVES, "%", "lower", "5 % at most", 5, "drawn with replacement")


def _weighted(profile: Profile, name: str, values: dict[str, object], drawn: NDArray[np.int64]) -> object:
    """The trait of rows that stand there as often as they were drawn."""
    from dataclasses import replace

    trait, held = profile.traits[name], values[name]
    if trait.kind == "pieces":
        hashes, weights = held.hashes.astype(np.int64), np.repeat(drawn, held.sizes)  # type: ignore[attr-defined]
        counts = np.bincount(hashes, weights=weights, minlength=len(trait.counts))
        return replace(trait, rows=int(drawn.sum()), counts=tuple(counts.astype(int).tolist()))
    repeated = np.repeat(np.arange(len(drawn)), drawn)
    return trait.again(held[repeated] if trait.kind == "number" else held.gather(repeated))  # type: ignore[index,attr-defined]


def _power(path: Path) -> list[Figure]:
    rows = pl.read_csv(path).rename({"class": "label"})
    rows = _numbered(rows.with_columns(pl.col("label").cast(pl.String)))
    profile = profile_of(rows.head(9000), POWER)
    windows = [rows.slice(start, 3000) for start in range(9000, rows.height - 2999, 3000)]
    told = [{moved.name for moved in compare_rows(profile, window, POWER).alarms} for window in windows]
    names = sorted({name for each in told for name in each})
    which = ", ".join(f"{name} {sum(name in each for each in told)}" for name in names)
    share = f"{len(windows)} windows of 3,000 after the first 9,000"
    moving = Figure("elec2 by time: windows with an alarm", sum(map(bool, told)), "", "higher", share, 1, which)
    small = [compare_rows(profile_of(a, POWER), b, POWER) for a, b in _halves(rows, 1000, HALVES)]
    return [moving, *_rates("elec2, 200 random halves of 1,000", small)]


def _made() -> list[Figure]:
    """Halves of a made table of ten columns, at 1,000 and at 100,000 rows."""
    record = Record("made", (*(Column(f"n{k}", "number", "feature") for k in range(5)), *_categories()))
    found = []
    for count in (1000, 100_000):
        compared, seconds = [], []
        for seed in range(HALVES):
            before, now = _table(count, 2 * seed), _table(count, 2 * seed + 1)
            profile = profile_of(before, record)
            started = time.process_time()
            compared.append(compare_rows(profile, now, record))
            seconds.append(time.process_time() - started)
        found += _rates(f"made table, 200 random halves of {count:,}", compared)
        speed = 1000 * statistics.median(seconds)
        found.append(
            Figure(f"made table: comparing {count:,} rows", speed, "ms of CPU", "lower", "10 columns", None, "")
        )
    return found


def _categories() -> Iterator[Column]:
    yield from (Column(f"c{k}", "category", "feature") for k in range(4))
    yield Column("label", "category", "label")


def _table(count: int, seed: int) -> pl.DataFrame:
    dice = np.random.default_rng(seed)
    columns = {f"n{k}": dice.gamma(1 + k, 1, count) for k in range(5)}
    columns |= {f"c{k}": dice.choice([f"v{j}" for j in range(3 * k + 2)], count) for k in range(4)}
    columns["label"] = np.where(dice.random(count) < 0.15, "rare", "common")
    return _numbered(pl.DataFrame(columns))


def _rates(what: str, compared: list[Comparison]) -> list[Figure]:
    """How many comparisons of equal data alarm, and how many would by significance alone."""
    alarms = sum(bool(each.alarms) for each in compared)
    chance = sum(any(moved.p_value < 0.05 for moved in each.moved) for each in compared)
    how = f"{chance} of {len(compared)} would by significance alone, Holm over {len(compared[0].moved)} traits"
    return [
        Figure(f"{what}: data sets with an alarm", 100 * alarms / len(compared), "%", "lower", "5 % at most", 5, how),
        Figure(f"{what}: significant, effect aside", 100 * chance / len(compared), "%", "lower", "5 %, ± 3", 8, how),
    ]


def _halves(rows: pl.DataFrame, count: int, times: int) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    dice = np.random.default_rng(6)
    for _ in range(times):
        order = dice.permutation(rows.height)[: 2 * count]
        yield rows[order[:count].tolist()], rows[order[count:].tolist()]


def _delays() -> list[Figure]:
    """A share that goes from 15 to 30 %: answers until it is known, for profiles of several sizes."""
    found = []
    for known in (500, 2000, 10_000):
        delays = []
        for seed in range(200):
            dice = np.random.default_rng(seed)
            answers = np.where(np.r_[dice.random(3000) < 0.15, dice.random(3000) < 0.30], "rare", "common")
            alarm = detect(answers.tolist(), {"rare": round(0.15 * known), "common": round(0.85 * known)})
            delays.append(6000 if alarm is None or alarm.at <= 3000 else alarm.at - 3000)
        worst = float(np.quantile(delays, 0.95))
        how = f"median {statistics.median(delays):.0f}, 95 % within {worst:.0f}, longest {max(delays)}, of 200"
        what = f"15 % to 30 % against a profile of {known:,}: delay of 95 %"
        found.append(Figure(what, worst, "answers", "lower", "1,000 at most", 1000, how))
    return found


def _false_alarms_of_the_detector() -> list[Figure]:
    """200 streams of 20,000 answers whose share stays; the profile is a draw of its own."""
    alarms = 0
    for seed in range(HALVES):
        dice = np.random.default_rng(1000 + seed)
        rare = int(dice.binomial(2000, 0.15))
        answers = np.where(dice.random(20_000) < 0.15, "rare", "common")
        alarms += detect(answers.tolist(), {"rare": rare, "common": 2000 - rare}) is not None
    anchor = f"n / {PATIENCE:,} by its theory, and what three standard errors of the profile leave"
    return [
        Figure("steady streams of 20,000 with a false alarm", 100 * alarms / HALVES, "%", "lower", anchor, 5, "200")
    ]


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    names = np.random.default_rng(1).integers(0, 2**62, rows.height)
    return rows.with_columns(row=pl.Series([f"{name:016x}" for name in names]))


if __name__ == "__main__":
    report("data_drift", figures())
