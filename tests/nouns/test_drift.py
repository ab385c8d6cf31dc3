"""What counts as moved: effects that are nothing by chance, alarms that are rare by chance, a quick detector."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pipelines.drift.compared import compare_rows
from pipelines.drift.detector import detect, shiryaev_roberts
from pipelines.drift.effects import apart, kolmogorov, pieces_apart, wasserstein
from pipelines.drift.pictures import draw_traits
from pipelines.drift.profile import profile_of, read_profile, seen_in, unseen, write_profile
from pipelines.drift.report import describe, first_page
from pipelines.drift.traits import SHARED, trait_of
from pipelines.record import Column, Record

RECORD = Record(
    "shop",
    (
        Column("user", "text", "subject"),
        Column("sum", "number", "feature", required=False),
        Column("city", "category", "feature"),
        Column("review", "text", "text", "free_text"),
        Column("mood", "category", "label"),
    ),
)
WORDS = np.array([f"word{number}" for number in range(120)])


def rows(count: int, seed: int, *, bad: float = 0.3, middle: float = 0.0, words: int = 80) -> pl.DataFrame:
    """Rows drawn from one distribution, whose share of bad ones, sums and words may be moved."""
    dice = np.random.default_rng(seed)
    texts = [" ".join(draw) for draw in dice.choice(WORDS[:words], (count, 6))]
    return pl.DataFrame(
        {
            "row": [f"{number:016x}" for number in dice.integers(0, 2**62, count)],
            "sum": np.where(dice.random(count) < 0.05, None, dice.normal(middle, 1, count).astype(object)).tolist(),
            "city": dice.choice(["Bonn", "Köln", "Ulm"], count).tolist(),
            "review": texts,
            "mood": np.where(dice.random(count) < bad, "bad", "good").tolist(),
        },
        schema_overrides={"sum": pl.Float64},
    )


def test_equal_distributions_raise_hardly_an_alarm_and_moved_ones_do() -> None:
    profile = profile_of(rows(1500, 0), RECORD)
    quiet = [compare_rows(profile, rows(500, seed), RECORD).alarms for seed in range(1, 31)]
    assert sum(map(bool, quiet)) <= 1
    moved = compare_rows(profile, rows(500, 99, bad=0.6, middle=1.0, words=120), RECORD)
    assert {each.name for each in moved.alarms} >= {"sum", "mood", "review: unknown words", "review: pieces of words"}
    assert "city" not in {each.name for each in moved.alarms}


def test_a_text_beside_what_the_model_reads_is_watched_without_a_vocabulary(tmp_path: Path) -> None:
    """Ticket numbers in a table, or a summary beside a review: of their words nobody has said which are known."""
    note = Column("note", "text", None, "free_text")
    table = Record("table", (Column("sum", "number", "feature"), note, Column("mood", "category", "label")))
    review = Record("both", (*RECORD.columns, note))
    for record in (table, review):
        drawn = [rows(900, seed).with_columns(note=rows(900, seed + 10)["review"]) for seed in (0, 1)]
        profile = profile_of(drawn[0], record)
        write_profile(tmp_path / "profile.npz", profile)
        read = read_profile(tmp_path / "profile.npz")
        assert {"note: length", "note: pieces of words"} <= set(read.traits)
        assert [name for name in read.traits if "unknown" in name] == ["review: unknown words"] * (record is review)
        assert not compare_rows(read, drawn[1], record).alarms


def test_a_tiny_difference_in_many_rows_is_significant_and_no_alarm() -> None:
    before = np.array([50_000.0, 50_000.0])
    effect = apart(before, np.array([51_000.0, 49_000.0]), ordered=False)
    assert effect.p_value < 1e-4
    assert effect.psi < 0.01


def test_a_large_difference_in_few_rows_is_no_alarm() -> None:
    few = compare_rows(profile_of(rows(1500, 0), RECORD), rows(20, 3, bad=0.9), RECORD)
    assert not few.alarms


@given(seed=some.integers(0, 10_000), bins=some.integers(2, 30), count=some.integers(50, 5000))
@settings(max_examples=40, deadline=None)
def test_effects_of_one_distribution_are_nothing_whatever_the_sizes_are(seed: int, bins: int, count: int) -> None:
    dice = np.random.default_rng(seed)
    shares = dice.dirichlet(np.full(bins, 5.0))
    before, now = dice.multinomial(2000, shares).astype(float), dice.multinomial(count, shares).astype(float)
    effect = apart(before, now, ordered=True)
    noise = (bins - 1) * (1 / 2000 + 1 / count)
    assert effect.psi <= 3 * noise + 12 * noise / np.sqrt(bins - 1)
    assert 0 <= effect.cramers_v <= 1


def test_effects_of_one_distribution_are_nothing_on_average() -> None:
    dice = np.random.default_rng(2)
    shares = np.full(20, 0.05)
    draws = [dice.multinomial(400, shares, 2).astype(float) for _ in range(150)]
    assert np.mean([apart(before, now, ordered=True).psi for before, now in draws]) < 0.02  # 0.095 by chance alone


def test_what_a_trait_is_apart_from_itself_is_nothing() -> None:
    counts = np.array([400.0, 300, 300])
    effect = apart(counts, counts, ordered=False)
    assert (effect.psi, effect.cramers_v, effect.divergence, effect.p_value) == (0, 0, 0, 1)
    assert pieces_apart(counts, 1000, counts, 1000).psi == 0


def test_populations_without_anything_in_common_are_as_far_apart_as_can_be() -> None:
    effect = apart(np.array([1000.0, 0]), np.array([0.0, 1000]), ordered=False)
    assert effect.cramers_v == pytest.approx(1, abs=0.01)
    assert effect.divergence == pytest.approx(1, abs=0.01)
    assert kolmogorov(np.array([10.0, 0]), np.array([0.0, 10])) == 1


def test_the_earth_is_moved_as_far_as_it_lies() -> None:
    edges = np.array([0.0, 1, 2, 3])
    assert wasserstein(np.array([0.0, 9, 0, 0, 0]), np.array([0.0, 0, 0, 9, 0]), edges) == pytest.approx(2 / 3)


def test_rows_of_one_person_tell_as_much_as_one_row() -> None:
    dice = np.random.default_rng(8)
    people = np.repeat(np.arange(200), 5)
    city = pl.Series(dice.choice(["Bonn", "Ulm"], 200)).gather(people)
    assert trait_of(city, people).design == pytest.approx(5, rel=0.01)
    assert trait_of(city, np.arange(1000)).design == pytest.approx(1, rel=0.01)
    assert trait_of(dice.normal(0, 1, 1000), people).design == pytest.approx(1, abs=0.15)


def test_a_name_that_few_rows_share_is_not_kept() -> None:
    values = pl.Series(["often"] * 50 + ["rare"] * (SHARED - 1))
    trait = trait_of(values)
    assert trait.names == ("often",)
    assert trait.counts == (50, SHARED - 1, 0)


def test_a_profile_comes_back_as_it_was_written_and_knows_its_rows(tmp_path: Path) -> None:
    old, new = rows(400, 1), rows(50, 2)
    made = profile_of(old, RECORD)
    made = type(made)(made.rows, made.traits, made.vocabulary, seen_in(old["row"]))
    write_profile(tmp_path / "p.npz", made)
    back = read_profile(tmp_path / "p.npz")
    assert dict(back.traits) == dict(made.traits)
    assert (back.vocabulary == made.vocabulary).all()
    assert unseen(pl.concat([old, new]), back)["row"].to_list() == new["row"].to_list()


def test_a_profile_holds_no_text_and_no_id(tmp_path: Path) -> None:
    write_profile(tmp_path / "p.npz", profile_of(rows(400, 1), RECORD))
    with np.load(tmp_path / "p.npz") as stored:
        card = stored["card"].tobytes().decode()
    assert "city" in card
    assert "word1" not in card


def test_the_page_shows_what_moved_first_and_loads_only_its_own_pictures(tmp_path: Path) -> None:
    said = pl.DataFrame({"class": ["bad", "good"] * 200, "confidence": np.linspace(0.5, 1, 400)})
    profile = profile_of(rows(800, 0), RECORD, said)
    answers = pl.DataFrame({"class": ["bad"] * 300, "confidence": [0.9] * 300})
    found = compare_rows(profile, rows(300, 9, bad=0.9), RECORD, answers)
    pictures = draw_traits(profile.traits, found, tmp_path)
    card = describe(found, profile, 3)
    page = first_page("shop <b>", card, pictures)
    assert card["alarms"][0] in {"mood", "prediction: class", "prediction: confidence"}
    assert "shop &lt;b&gt;" in page
    assert page.index("moved</td>") < page.index("as before")
    for name in pictures.values():
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert f"src='{name}'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_shift_of_a_label_is_known_within_a_thousand_answers() -> None:
    delays = []
    for seed in range(10):
        dice = np.random.default_rng(seed)
        answers = np.where(np.r_[dice.random(2000) < 0.15, dice.random(1000) < 0.30], "bad", "good")
        alarm = detect(answers.tolist(), {"bad": 300, "good": 1700})
        assert alarm is not None
        assert (alarm.label, alarm.direction) in {("bad", "up"), ("good", "down")}
        assert abs(alarm.since - 2000) < 400
        delays.append(alarm.at - 2000)
    assert 0 < min(delays) <= max(delays) < 1000


def test_answers_that_stay_as_they_were_raise_no_alarm() -> None:
    dice = np.random.default_rng(4)
    answers = np.where(dice.random(50_000) < 0.15, "bad", "good").tolist()
    assert detect(answers, {"bad": 300, "good": 1700}) is None
    assert detect([], {"bad": 300, "good": 1700}) is None


@given(gains=some.lists(some.floats(-3, 3), min_size=1, max_size=30))
def test_the_statistic_is_what_its_recursion_says(gains: list[float]) -> None:
    expected, statistic = [], 0.0
    for gain in gains:
        statistic = (1 + statistic) * np.exp(gain)
        expected.append(statistic)
    assert np.exp(shiryaev_roberts(np.array([gains]))[0]) == pytest.approx(expected, rel=1e-9)
