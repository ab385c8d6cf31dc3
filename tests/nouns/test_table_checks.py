"""What the checks of the table find, on rows that were made to have one fault each, and on real data sets."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pipelines.checks.finding import Finding, Threshold, grade
from pipelines.checks.findings import findings
from pipelines.checks.gathered import SAMPLED, gather
from pipelines.checks.limits import Checks
from pipelines.checks.nearly import near_pairs, sign
from pipelines.checks.order import runs, tail_distance
from pipelines.checks.report import look_over, refuse_grave
from pipelines.checks.telling import held_out_worth
from pipelines.errors import DataError
from pipelines.record import Column, Record

TEXT, LABEL = Column("text", "text", "text"), Column("label", "category", "label")
PART = Column("part", "category", "split")
PLAIN = Record("r", (TEXT, LABEL))
DICE = np.random.default_rng(5)
WORDS = np.array([f"word{number}" for number in range(300)])


def sentences(count: int) -> list[str]:
    return [" ".join(DICE.choice(WORDS, 12)) for _ in range(count)]


def table(record: Record, columns: Mapping[str, Sequence[str | None]]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    frame = pl.DataFrame({"row": [f"{number:032x}" for number in range(rows)], "origin": ["source"] * rows})
    return frame.with_columns(pl.Series(name, columns[name], dtype=pl.String) for name in record.names)


def found(record: Record, columns: Mapping[str, Sequence[str | None]], limits: Checks = Checks()) -> dict[str, Finding]:
    return {each.name: each for each in findings(gather([table(record, columns)], record), limits)}


def shuffled_labels(count: int) -> list[str]:
    return [str(label) for label in DICE.choice(["a", "b"], count)]


def test_faultless_rows_are_told_nothing_about() -> None:
    assert found(PLAIN, {"text": sentences(400), "label": shuffled_labels(400)}) == {}


def test_repeated_texts_are_counted_to_the_letter_and_as_they_count() -> None:
    texts = [*sentences(300), "Good  Coffee", "good coffee", "good coffee"]
    finding = found(PLAIN, {"text": texts, "label": ["a", "b"] * 150 + ["a"] * 3})["repeated_texts"]
    assert (finding.count, finding.figures["alike"]) == (1, 2)
    assert finding.rows == (f"{302:032x}",)


def test_texts_with_two_labels_name_every_row_of_theirs() -> None:
    texts = [*sentences(200), "so so", "So so", "fine", "fine"]
    finding = found(PLAIN, {"text": texts, "label": [*shuffled_labels(200), "a", "b", "a", "b"]})["two_labels"]
    assert (finding.figures["texts"], finding.figures["texts_alike"]) == (1, 2)
    assert list(finding.rows) == [f"{number:032x}" for number in (200, 201, 202, 203)]


def test_test_rows_that_stand_in_train_are_counted_once_each() -> None:
    record = Record("r", (TEXT, LABEL, PART))
    texts = sentences(100)
    columns = {
        "text": [*texts, texts[0], texts[1], *sentences(50)],
        "label": shuffled_labels(152),
        "part": ["train"] * 100 + ["test"] * 52,
    }
    finding = found(record, columns)["test_in_train"]
    assert (finding.count, finding.of, finding.severity) == (2, 52, "warn")


def test_an_id_that_comes_twice_with_other_contents_is_told_and_a_mere_category_is_not() -> None:
    record = Record("r", (Column("ticket", "text"), Column("shop", "category"), TEXT, LABEL))
    columns = {
        "ticket": [f"t{number}" for number in range(199)] + ["t7"],
        "shop": ["north", "south"] * 100,
        "text": sentences(200),
        "label": shuffled_labels(200),
    }
    finding = found(record, columns)["repeated_ids"]
    assert finding.title == "rows whose ticket stands above already"
    assert (finding.count, finding.figures["names_of_different_contents"]) == (1, 1)


def test_an_amount_that_comes_twice_names_no_row() -> None:
    income = [str(3000 + number) for number in range(199)] + ["3007"]
    columns = {"income": income, "text": sentences(200), "label": shuffled_labels(200)}
    for role, count in (("feature", 0), (None, 1)):
        record = Record("r", (Column("income", "integer", role), TEXT, LABEL))
        assert len([name for name in found(record, columns) if name == "repeated_ids"]) == count


def test_rows_in_the_order_of_their_labels_are_a_warning_and_shuffled_ones_are_none() -> None:
    ordered = found(PLAIN, {"text": sentences(400), "label": ["a"] * 200 + ["b"] * 200})["order_of_labels"]
    assert ordered.severity == "warn"
    assert (ordered.figures["label_changes"], ordered.figures["classes_in_tail"]) == (1, 1)


def test_the_distance_of_a_tail_is_nothing_by_chance() -> None:
    dice = np.random.default_rng(1)
    chances = [tail_distance(dice.integers(0, 3, 500), 450)[1] for _ in range(200)]
    assert sum(chance < 0.05 for chance in chances) <= 22
    assert runs(np.array([0, 0, 1, 1])) == (1, 2.0)


def test_a_column_that_is_only_known_with_the_answer_tells_the_label_alone() -> None:
    record = Record("r", (Column("age", "integer", "feature"), Column("refund", "number", "feature"), LABEL))
    labels = shuffled_labels(600)
    ages = [str(age) for age in DICE.integers(18, 80, 600)]
    refunds = [f"{DICE.uniform(1, 9):.2f}" if label == "a" else "0" for label in labels]
    told = [
        each
        for each in findings(
            gather([table(record, {"age": ages, "refund": refunds, "label": labels})], record), Checks()
        )
        if each.name == "telling_column"
    ]
    assert [each.title for each in told] == ["refund tells the label alone"]
    assert told[0].severity == "warn"
    assert told[0].share > 0.8


def test_a_text_that_names_its_label_leaks_it() -> None:
    labels = shuffled_labels(400)
    texts = [f"{text} {label}" for text, label in zip(sentences(400), labels, strict=True)]
    assert (
        found(PLAIN, {"text": texts, "label": labels})["telling_column"].title
        == "text naming its label tells the label alone"
    )


def test_noise_takes_nothing_from_what_is_unknown_about_the_label() -> None:
    labels = DICE.integers(0, 3, 2000)
    assert held_out_worth(DICE.integers(0, 50, 2000), labels) < 0.02
    assert held_out_worth(labels, labels) > 0.98


def test_cells_of_numbers_that_hold_only_spaces_are_counted_per_column() -> None:
    record = Record("r", (Column("sum", "number", "feature", required=False), LABEL))
    finding = found(record, {"sum": ["1.5", " ", "  ", "", None] * 20, "label": shuffled_labels(100)})["blank_numbers"]
    assert (finding.count, finding.of) == (40, 100)


def test_a_column_that_is_mostly_missing_is_told_unless_it_must_not_be() -> None:
    record = Record("r", (Column("city", "category", "feature", required=False), LABEL))
    columns = {"city": ["x"] * 30 + [None] * 70, "label": shuffled_labels(100)}
    assert found(record, columns)["missing_values"].count == 70
    assert "missing_values" not in found(record, columns, Checks(missing_values=Threshold(warn=0.8)))


def test_fewer_rows_than_expected_stop_the_run_in_three_lines() -> None:
    rows = [table(PLAIN, {"text": sentences(10), "label": shuffled_labels(10)})]
    with pytest.raises(DataError, match="10 of 500 rows") as caught:
        refuse_grave(look_over(rows, PLAIN, Checks(min_rows=500)))
    assert "validate.checks.min_rows" in str(caught.value)
    assert len(str(caught.value).split("\n")) == 3


def test_a_finding_stops_the_run_only_from_its_threshold_on() -> None:
    rows = [table(PLAIN, {"text": ["same"] * 60 + sentences(40), "label": ["a"] * 100})]
    refuse_grave(look_over(rows, PLAIN, Checks()))
    with pytest.raises(DataError, match="59 of 100 texts that repeat an earlier one"):
        refuse_grave(look_over(rows, PLAIN, Checks(repeated_texts=Threshold(stop=0.5))))
    assert grade(0.3, Threshold(0.2, 0.5)) == "warn"


@given(cut=some.integers(1, 99))
@settings(max_examples=15, deadline=None)
def test_shards_find_what_the_whole_finds(cut: int) -> None:
    texts = [f"text number {number % 80} of many" for number in range(100)]
    whole = table(PLAIN, {"text": texts, "label": ["a", "b", "b", "a", "a"] * 20})
    one = look_over([whole], PLAIN, Checks())
    assert look_over([whole.head(cut), whole.tail(100 - cut)], PLAIN, Checks()).to_dict() == one.to_dict()
    assert one.findings


def test_a_sample_of_many_rows_is_of_bounded_size_and_the_same_whatever_the_shards_are() -> None:
    record = Record("r", (Column("age", "integer", "feature"), LABEL))
    rows = table(record, {"age": ["30"] * (SAMPLED + 500), "label": ["a", "b"] * (SAMPLED // 2 + 250)})
    one = gather([rows], record).sample
    assert one.height == SAMPLED
    assert set(gather([rows.tail(9000), rows.head(SAMPLED - 8500)], record).sample["row"]) == set(one["row"])


def test_texts_that_are_nearly_the_same_are_found_in_both_languages_and_others_are_not() -> None:
    english = "the delivery was late and the box was open but the phone works as it should and i am content"
    chinese = "外卖送得很慢而且盒子是打开的不过菜的味道还不错下次我还会再点一次希望快一点"
    texts = [english, english.replace("late", "slow"), *sentences(300), chinese, chinese.replace("很慢", "太慢")]
    pairs = near_pairs(sign([str(place) for place in range(len(texts))], texts))
    assert pairs.tolist() == [[0, 1], [302, 303]]


@given(text=some.text(min_size=0, max_size=60), other=some.text(min_size=30, max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_signature_depends_on_its_own_text_alone(text: str, other: str) -> None:
    alone, beside = sign(["a"], [text]), sign(["b", "a"], [other, text])
    assert (alone.bands[0] == beside.bands[1]).all()
    assert alone.whole[0] == beside.whole[1]


def test_of_too_many_texts_near_ones_are_mostly_kept_together() -> None:
    texts = sentences(600)
    near = [f"{text} too" for text in texts]
    signed = sign([str(place) for place in range(1200)], texts + near).cut(300)
    assert len(signed.rows) <= 300
    assert 0.1 < signed.kept < 0.5
    kept = {int(row) for row in signed.rows}
    assert sum((place + 600) % 1200 in kept for place in kept) > 0.8 * len(kept)


DATASETS = pytest.mark.skipif("FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no data sets")


def real(files: Mapping[str, str], record: Record, **renamed: str) -> dict[str, Finding]:
    folder = Path(os.environ["FLYWHEEL_DATASETS"])
    frames = [
        pl.read_csv(folder / file, infer_schema=False).rename(renamed).with_columns(part=pl.lit(part))
        for part, file in files.items()
    ]
    rows = pl.concat(frames).select(record.names)
    return found(record, {name: rows[name].to_list() for name in record.names})


@DATASETS
@pytest.mark.parametrize(("name", "overlap"), [("trec", 10), ("sst2", 2)])
def test_the_overlap_of_standard_splits_is_what_is_known_of_it(name: str, overlap: int) -> None:
    record = Record("r", (TEXT, LABEL, PART))
    assert real({"train": f"{name}/train.csv", "test": f"{name}/test.csv"}, record)["test_in_train"].count == overlap


@DATASETS
def test_tweets_have_the_repeated_ids_and_texts_and_two_labels_that_are_known() -> None:
    record = Record("r", (Column("tweet_id", "text", privacy="identifier"), TEXT, LABEL))
    told = real({"": "airline_tweets/Tweets.csv"}, record, airline_sentiment="label")
    assert (told["repeated_ids"].count, told["repeated_texts"].count) == (155, 213)
    assert told["two_labels"].figures["texts"] == 25


@DATASETS
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mr/all.csv", "text"),
        ("cr/all.csv", "text"),
        ("waimai_10k/waimai_10k.csv", "review"),
    ],
)
def test_files_that_are_sorted_by_label_are_found_to_be(file: str, text: str) -> None:
    finding = real({"": file}, PLAIN, **({text: "text"} if text != "text" else {}))["order_of_labels"]
    assert finding.severity == "warn"
    assert (finding.figures["label_changes"], finding.figures["classes_in_tail"]) == (1, 1)


@DATASETS
def test_the_blank_charges_of_new_customers_are_found() -> None:
    record = Record("r", (Column("TotalCharges", "number", "feature", required=False), LABEL))
    told = real({"": "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv"}, record, Churn="label")
    assert told["blank_numbers"].count == 11
