"""The sample data is the same for everybody, looks like people, and has the faults that it promises."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise

import pytest

from pipelines.sample import COLUMNS, DEFECTS, LABELS, Row, reviews
from pipelines.sample_phrases import CARDS, EMAIL_DOMAINS

ROWS = list(reviews(8_000, seed=11))
CHINESE = re.compile("[\u4e00-\u9fff]")
EMAIL = re.compile(r"[\w.]+@([a-z]+\.[a-z]+)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dX](?!\d)")


def texts(rows: list[Row] = ROWS) -> list[str]:
    return [row["review"] for row in rows if row["review"] is not None]


def share(column: str, *values: str | None) -> float:
    return sum(row[column] in values for row in ROWS) / len(ROWS)


def is_moment(value: str | None) -> bool:
    try:
        return datetime.fromisoformat(value or "").tzinfo is not None
    except ValueError:
        return False


def luhn(card: str) -> int:
    digits = [int(digit) for digit in reversed(card) if digit.isdigit()]
    return sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])


def test_the_same_seed_gives_the_same_rows() -> None:
    written = "\n".join(json.dumps(row, ensure_ascii=False) for row in reviews(500, seed=7))
    assert (
        hashlib.sha256(written.encode()).hexdigest()
        == "17ef0c34cf79a949d85c1d0e8113a32ff7adc5636345e45877cc4f3526a6095d"
    )


def test_another_seed_gives_other_rows() -> None:
    assert list(reviews(50, seed=1)) != list(reviews(50, seed=2))


@pytest.mark.parametrize("rows", [0, 1, 2, 33])
def test_there_are_as_many_rows_as_asked_for(rows: int) -> None:
    assert len(list(reviews(rows, seed=3))) == rows


def test_every_row_has_the_columns_in_their_order() -> None:
    assert all(tuple(row) == COLUMNS for row in ROWS)


def test_a_row_is_nobody_elses_to_change() -> None:
    rows = list(reviews(2_000, seed=5))
    assert len({id(row) for row in rows}) == len(rows)


def test_rows_are_in_the_order_they_were_written_in() -> None:
    moments = [row["written_at"] for row in ROWS if is_moment(row["written_at"])]
    assert all(earlier <= later for earlier, later in pairwise(moments))
    assert "2025-04-01" <= moments[0] < moments[-1] < "2026-10-01"


def test_classes_are_near_their_shares() -> None:
    shares = {label: share("sentiment", label) for label in LABELS.values()}
    assert shares == pytest.approx({"negative": 0.38, "neutral": 0.22, "positive": 0.40}, abs=0.03)


def test_few_texts_repeat() -> None:
    written = texts(list({tuple(row.values()): row for row in ROWS}.values()))
    assert 1 - len(set(written)) / len(written) < 0.03


def test_both_languages_are_there() -> None:
    chinese = sum(bool(CHINESE.search(text)) for text in texts()) / len(ROWS)
    assert 0.35 < chinese < 0.45


def test_a_rating_follows_the_sentiment_without_giving_it_away() -> None:
    praised = Counter(row["rating"] for row in ROWS if row["sentiment"] == "positive")
    assert 0.65 < (praised["4"] + praised["5"]) / praised.total() < 0.9


def test_every_person_stays_the_same_across_their_rows() -> None:
    people: dict[str | None, dict[str, set[str | None]]] = defaultdict(lambda: defaultdict(set))
    for row in ROWS:
        for column in ("name", "email", "phone", "age", "city", "consent"):
            people[row["user_id"]][column].add(row[column])
    faults = {None, "300", "-1"}
    assert all(len(values - faults) <= 1 for person in people.values() for values in person.values())
    assert len(people) == pytest.approx(len(ROWS) / 2.5, rel=0.1)


def test_no_two_people_share_an_address() -> None:
    owners = {(row["user_id"], row["email"]) for row in ROWS if row["email"]}
    assert len({email for _, email in owners}) == len(owners)


def test_most_people_consent() -> None:
    assert share("consent", "yes") == pytest.approx(0.96, abs=0.02)
    assert share("consent", "yes", "no") == 1


def test_every_email_domain_is_reserved_for_examples() -> None:
    written = "\n".join([*texts(), *(row["email"] or "" for row in ROWS)])
    assert set(EMAIL.findall(written)) == set(EMAIL_DOMAINS)
    assert all(re.search(r"(^|\.)example(\.com|\.org|\.net|$)", domain) for domain in EMAIL_DOMAINS)


def test_american_numbers_ring_nowhere() -> None:
    english = [row["phone"] for row in ROWS if row["phone"] and "-" in row["phone"]]
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", phone) for phone in english)


def test_texts_hold_personal_things_of_every_kind() -> None:
    written = "\n".join(texts())
    kinds = (
        EMAIL,
        r"\(\d{3}\) 555-01",
        r"\+86 \d",
        "https://",
        r"@\w+_",
        "[Ll]ive at",
        "我叫",
        "我住在",
        IDENTITY,
        "客服小",
    )
    assert all(re.search(kind, written) for kind in kinds)
    assert any(card in written for card in CARDS)


def test_cards_and_identity_numbers_check_out() -> None:
    identities = IDENTITY.findall("\n".join(texts()))
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    for identity in identities:
        total = sum(int(digit) * weight for digit, weight in zip(identity[:17], weights, strict=True))
        assert identity[17] == "10X98765432"[total % 11]
    assert all(luhn(card) % 10 == 0 for card in CARDS)


@pytest.mark.parametrize(
    ("column", "values", "rate"),
    [
        ("review", [None], 0.0035),
        ("sentiment", [None], 0.0035),
        ("age", [None], 0.02),
        ("phone", [None], 0.02),
        ("email", [None], 0.02),
        ("age", ["300", "-1"], 0.004),
        ("rating", ["11"], 0.002),
        ("sentiment", ["postive", "N/A"], 0.003),
        ("written_at", ["yesterday", "31/02/2026", "2026-13-45T09:00:00"], 0.002),
    ],
)
def test_a_faulty_cell_occurs_at_its_rate(column: str, values: list[str | None], rate: float) -> None:
    assert share(column, *values) == pytest.approx(rate, rel=0.6)
    assert rate in [known for name, known, _ in DEFECTS if name == column]


def test_some_timestamps_cannot_be_read() -> None:
    assert 0 < sum(not is_moment(row["written_at"]) for row in ROWS) < 0.005 * len(ROWS)


def test_some_rows_were_sent_twice() -> None:
    assert sum(one == other for one, other in pairwise(ROWS)) / len(ROWS) == pytest.approx(0.01, rel=0.4)


def test_some_texts_have_two_labels_from_two_people() -> None:
    opinions: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for row in ROWS:
        if row["review"] and len(row["review"]) > 30 and row["sentiment"] in LABELS.values():
            opinions[row["review"]].add((row["user_id"], row["sentiment"]))
    disputed = [given for given in opinions.values() if len({label for _, label in given}) > 1]
    assert 0.001 < len(disputed) / len(ROWS) < 0.01
    assert all(len({person for person, _ in given}) > 1 for given in disputed)


def test_some_texts_have_a_broken_encoding_that_can_be_mended() -> None:
    garbled = [text for text in texts() if re.search("[\u0080-\u009f]", text)]
    assert 0 < len(garbled) < 0.01 * len(ROWS)
    assert any(CHINESE.search(text.encode("latin-1").decode("utf-8")) for text in garbled)


def test_some_texts_have_lost_a_character_for_good() -> None:
    assert 0 < sum("\ufffd" in text for text in texts()) < 0.01 * len(ROWS)
