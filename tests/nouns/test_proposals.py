"""Shapes of data that people have and that we don't: each is proposed as somebody who knows it would describe it."""

import datetime as dt
import gzip
import json
import random
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import yaml
from arriving import read, refusal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proposed import chinese, doubts, entry, look, made, roles, sentence, table
from workspaces import make

from flywheel.inspecting import report, text_of, where
from pipelines.errors import SourceError
from pipelines.ingest import ingest
from pipelines.parameters import check_parameters
from pipelines.proposing.vocabulary import PARTS
from pipelines.proposing.writing import parameters_of
from pipelines.split import NAMES

DAY = dt.datetime(2024, 1, 5, 8, 30, tzinfo=dt.UTC)


def moments(form: str, dice: random.Random) -> str:
    return (DAY + dt.timedelta(minutes=dice.randrange(400_000))).strftime(form)


def test_reviews_with_stars_an_author_and_a_time(tmp_path: Path) -> None:
    rows = made(
        400,
        lambda dice, place: [
            f"R{place:06}", f"U{dice.randrange(120):05}", (good := dice.random() < 0.5) * 3 + dice.randint(1, 2),
            moments("%Y-%m-%dT%H:%M:%SZ", dice), sentence(dice, good=good),
        ],
    )  # fmt: skip
    found = look(table(tmp_path / "reviews.csv", ["review_id", "user_id", "stars", "created_at", "body"], rows))
    assert roles(found) == {"label": "stars", "text": "body", "subject": "user_id", "time": "created_at"}
    assert entry(found, "user_id")["privacy"] == entry(found, "review_id")["privacy"] == "identifier"
    assert entry(found, "stars")["categories"] == ["1", "2", "4", "5"]
    assert found.families == ("auto", "ngrams", "linear")


def test_what_stands_within_quotes_parts_nothing(tmp_path: Path) -> None:
    """News with the remains of HTML: a semicolon in every record, and each of them inside a cell."""
    path = tmp_path / "news.csv"
    path.write_text("".join(f'"{n % 4}","News {n}","the firm #39;s shares, up {n}"\n' for n in range(300)), "utf-8")
    found = look(path)
    assert found.found.names == ("column_1", "column_2", "column_3")
    assert "delimiter" not in found.found.settings
    assert roles(found)["label"] == "column_1"


def test_amounts_some_of_which_have_separators_are_nobodys_keys(tmp_path: Path) -> None:
    rows = made(
        300,
        lambda dice, place: [f"{dice.uniform(1, 9000):,.2f}" if place % 40 else " ", moments("%Y%m%dT%H%M%S", dice),
                             dice.randrange(9), ("no", "yes")[place % 2]],
    )  # fmt: skip
    found = look(table(tmp_path / "churn.csv", ["Total", "since", "months", "churned"], rows))
    assert entry(found, "Total") == {"type": "number", "role": "feature", "required": False, "format": "1,234.5"}
    assert entry(found, "since")["format"] == "%Y%m%dT%H%M%S"


def test_what_alone_a_text_is_sorted_by_is_its_label(tmp_path: Path) -> None:
    def row(dice: random.Random, place: int) -> list[object]:
        said = sentence(dice, good=place % 2 == 0) + f" {place}"
        return [
            place,
            said,
            ("billing", "tech")[place % 2],
            moments("%Y-%m-%d %H:%M", dice),
            ("a", "b", "c")[place % 3],
        ]

    rows = made(300, row)
    header = ["id", "body", "team", "created"]
    found = look(table(tmp_path / "tickets.csv", header, [each[:4] for each in rows]))
    assert roles(found)["label"] == "team"
    assert "nothing else beside the text" in doubts(found, "team")
    # Of two nobody knows which.
    assert "label" not in roles(
        look(table(tmp_path / "two.csv", [*header, "shift", "until"], [[*r, r[3]] for r in rows]))
    )


def test_what_alone_is_worth_something_is_the_label_of_a_table(tmp_path: Path) -> None:
    rows = made(
        300,
        lambda dice, place: [moments("%Y%m%dT%H%M%S", dice), dice.randrange(90_000, 900_000), dice.randrange(400, 6000),
                             dice.randrange(1, 60), dice.uniform(0, 90)],
    )  # fmt: skip
    header = ["date", "price", "sqft_living", "rooms", "distance"]
    found = look(table(tmp_path / "houses.csv", header, rows))
    assert roles(found)["label"] == "price"
    assert "to be estimated" in doubts(found, "price")
    header[3] = "cost"
    assert "label" not in roles(look(table(tmp_path / "two.csv", header, rows)))


def test_semicolons_and_a_label_in_the_first_column(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [("ham", "spam")[place % 2], sentence(dice, good=place % 2 == 0)])
    found = look(table(tmp_path / "sms.csv", ["class", "message"], rows, ";"))
    assert found.found.settings == {"delimiter": ";"}
    assert roles(found) == {"label": "class", "text": "message"}


def test_a_file_without_a_header_shows_no_value_as_a_name(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [place % 2, sentence(dice, good=place % 2 == 0)])
    found = look(table(tmp_path / "all.csv", None, rows))
    assert found.found.settings == {"header": ["column_1", "column_2"]}
    assert roles(found) == {"label": "column_1", "text": "column_2"}
    assert "columns have no names" in doubts(found)
    assert "by its place" in doubts(found, "column_1")


def test_texts_and_labels_without_a_header_are_rows_too(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [sentence(dice, good=place % 2 == 0), ("positive", "negative")[place % 2]])
    found = look(table(tmp_path / "a.csv", None, rows))
    assert roles(found) == {"text": "column_1", "label": "column_2"}


def test_chinese_columns_and_chinese_times(tmp_path: Path) -> None:
    rows = made(
        300,
        lambda dice, place: [
            f"客{dice.randrange(99):04}", chinese(dice, good=place < 150), moments("%Y年%m月%d日 %H:%M", dice),
            dice.choice(["北京", "上海", "广州"]), "好评" if place < 150 else "差评",
        ],
    )  # fmt: skip
    found = look(table(tmp_path / "评论.csv", ["用户编号", "评论内容", "发布时间", "城市", "情感"], rows))
    assert roles(found) == {"label": "情感", "text": "评论内容", "subject": "用户编号", "time": "发布时间"}
    assert entry(found, "发布时间")["format"] == "%Y年%m月%d日 %H:%M"
    assert entry(found, "城市")["privacy"] == "quasi"
    assert entry(found, "情感")["categories"] == ["好评", "差评"]


WORDS = {"shift_jis": "すばらしいですね", "cp1252": "crème", "big5": "這個東西很好", "euc_kr": "아주좋아요"}


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16-le", "shift_jis", "euc_kr", "cp1252"])
def test_other_encodings_are_told(tmp_path: Path, encoding: str) -> None:
    word = WORDS.get(encoding, "味道很好")
    lines = ["label,text", *(f"{place % 2},{word} {word} {word} number {place}" for place in range(300))]
    path = tmp_path / "a.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    found = look(path)
    assert found.found.settings["encoding"] == encoding
    assert "encoding" in doubts(found)
    assert roles(found) == {"label": "label", "text": "text"}


def people(dice: random.Random, place: int) -> list[object]:
    left = dice.random() < 0.3
    return [
        place, f"person{place}@example.org", f"+4915{dice.randrange(10**8, 10**9)}", dice.randint(18, 90),
        f"{dice.randrange(500, 99_999):05}", dice.choice(["M", "F"]), 1, "", round(dice.expovariate(1 / 300), 2),
        dice.choice(["gold", "silver", "bronze"]), dice.choice(["NA", "3", "7"]) if place % 9 else "NA",
        dice.randint(0, 90) if left else dice.randint(60, 400), int(left),
    ]  # fmt: skip


PEOPLE = [
    "id",
    "contact",
    "mobile",
    "age",
    "plz",
    "who",
    "const",
    "nothing",
    "spent",
    "plan",
    "visits",
    "days_since",
    "churned",
]


def test_a_table_of_people_with_every_kind_of_column(tmp_path: Path) -> None:
    found = look(table(tmp_path / "people.csv", PEOPLE, made(600, people)))
    assert roles(found)["label"] == "churned"
    assert roles(found)["subject"] == "id"
    assert {name: entry(found, name).get("privacy", "none") for name in PEOPLE} == {
        **dict.fromkeys(PEOPLE, "none"),
        **dict.fromkeys(("id", "contact", "mobile"), "identifier"),
        **dict.fromkeys(("age", "plz", "who"), "quasi"),
    }
    assert entry(found, "age") | {} == {"type": "integer", "role": "feature", "privacy": "quasi", "min": 0, "max": 120}
    assert entry(found, "visits")["missing"] == ["NA"]
    assert entry(found, "plz")["type"] != "integer"
    assert {"const", "nothing"}.isdisjoint(c.name for c in found.columns if c.entry.get("role"))
    assert found.families == ("auto", "mlp", "linear")


def test_bounds_are_round_and_wider_than_the_data(tmp_path: Path) -> None:
    rows = made(600, people)
    found = look(table(tmp_path / "people.csv", PEOPLE, rows))
    highest = max(float(str(row[8])) for row in rows)
    assert float(str(entry(found, "spent")["max"])) >= 2 * highest
    assert str(float(str(entry(found, "spent")["max"]))).strip("0.") in ("1", "2", "5")


def test_numbers_that_no_two_of_few_rows_share_give_nothing_away(tmp_path: Path) -> None:
    rows = made(60, lambda dice, place: [dice.random(), dice.randint(1, 400), place % 2])
    found = look(table(tmp_path / "a.csv", ["height", "weight", "target"], rows))
    assert [c.name for c in found.columns if c.entry.get("role") == "feature"] == ["height", "weight"]


def test_people_who_are_named_in_half_of_the_rows_are_people_whose_rows_they_are(tmp_path: Path) -> None:
    """As customers of a shop are, where guests may buy as well."""
    rows = made(600, lambda dice, place: ["" if place % 2 else 17_000 + place % 90, dice.random(), place % 3 == 0])
    found = look(table(tmp_path / "a.csv", ["CustomerID", "price", "label"], rows))
    assert roles(found)["subject"] == "CustomerID"
    assert "50 % of the rows name nobody" in doubts(found, "CustomerID")


def test_a_column_that_gives_the_label_away_is_no_feature(tmp_path: Path) -> None:
    rows = made(400, lambda dice, place: [dice.randint(1, 90), ("closed", "open")[place % 2], dice.random(), place % 2])
    found = look(table(tmp_path / "a.csv", ["tenure", "account_state", "balance", "target"], rows))
    assert "tells target by itself" in doubts(found, "account_state")
    assert "role" not in entry(found, "account_state")


@pytest.mark.parametrize("form", ["%m/%d/%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y", "%b %d, %Y", "%Y-%m-%d %H:%M:%S"])
def test_times_of_every_spelling_are_read_as_they_are_meant(tmp_path: Path, form: str) -> None:
    rows = made(200, lambda dice, place: [moments(form, dice), sentence(dice, good=place % 2 == 0), place % 2])
    found = look(table(tmp_path / "a.csv", ["when", "text", "label"], rows))
    assert roles(found)["time"] == "when"
    assert entry(found, "when").get("format", form) == form


@pytest.mark.parametrize(
    ("form", "zone"),
    [
        ("%a %b %d %H:%M:%S PDT %Y", "PDT"),
        ("%Y-%m-%d %H:%M:%S UTC", None),
        ("%d/%m/%Y %H:%M:%S EST", "EST"),
        ("%d %b %Y", None),
    ],
)
def test_a_zone_by_its_name_is_a_part_of_the_time_and_told_where_it_is_not_utc(
    tmp_path: Path, form: str, zone: str | None
) -> None:
    def moment(dice: random.Random) -> str:
        written = moments(form, dice)
        return written.upper() if form == "%d %b %Y" else written  # a month in capitals is no zone

    rows = made(300, lambda dice, n: [sentence(dice, good=n % 2 == 0), n % 2, moment(dice)])
    found = look(table(tmp_path / "a.csv", ["body", "mood", "when"], rows))
    assert entry(found, "when")["format"] == form
    assert roles(found) == {"label": "mood", "text": "body", "time": "when"}
    told = "" if zone is None else f"its zone, {zone}, has no one meaning: the times are taken for UTC"
    assert doubts(found, "when") == told


def test_texts_behind_labels_are_read_as_fasttext_does(tmp_path: Path, own_home: Path) -> None:
    path = tmp_path / "source" / "cooking.train"
    path.parent.mkdir()
    said = made(300, lambda dice, n: [("__label__bad", "__label__good")[n % 2], sentence(dice, good=n % 2 == 1)])
    path.write_text("".join(f"{label} {text} ({n})\n\n" for n, (label, text) in enumerate(said)), "utf-8")
    found = look(path)
    assert found.found.settings == {"format": "fasttext"}
    assert roles(found) == {"label": "label", "text": "text"}
    place = make(tmp_path / "workspace", parameters_of(found, str(path)))
    assert place.run(ingest).added == 300
    assert set(place.opened()["label"]) == {"bad", "good"}
    path.write_text("__label__good\u3000 fine \n__label__a __label__b both\n__label__c\n", "utf-8")
    assert [tuple(row.values()) for row in read(path, ["text", "label"], format="fasttext")] == [
        ("fine", "good"), ("both", "a,b"), (None, "c")
    ]  # fmt: skip
    for line in ("no label", "__label__ nameless", "good __label__x"):
        path.write_text(f"__label__x fine\n{line}\n", "utf-8")
        assert refusal(path, format="fasttext").startswith("line 2 of cooking.train does not begin with a label")


def test_day_and_month_that_cannot_be_told_apart_are_unsure(tmp_path: Path) -> None:
    rows = made(
        200, lambda dice, place: [f"0{place % 9 + 1}/0{dice.randint(1, 9)}/2024", sentence(dice, good=True), place % 2]
    )
    found = look(table(tmp_path / "a.csv", ["date", "text", "label"], rows))
    assert "day and month" in doubts(found, "date")


@pytest.mark.parametrize(("unit", "form"), [(1, "epoch"), (1000, "epoch_ms")])
def test_seconds_since_1970_are_times_where_the_name_says_so(tmp_path: Path, unit: int, form: str) -> None:
    rows = made(
        200, lambda dice, place: [dice.randrange(1_600_000_000, 1_700_000_000) * unit, dice.random(), place % 2]
    )
    found = look(table(tmp_path / "a.csv", ["timestamp", "load", "y"], rows))
    assert entry(found, "timestamp") == {"type": "time", "role": "time", "format": form}


def test_data_files_in_a_folder_within_a_folder_are_found(tmp_path: Path) -> None:
    """As repositories of data sets have them, with files about them beside."""
    inner = tmp_path / "reviews" / "data"
    inner.mkdir(parents=True)
    for about in ("README.md", "dataset_infos.json", ".gitattributes"):
        (tmp_path / "reviews" / about).write_text("{}")
    for part, count in (("train", 200), ("test", 60)):
        table(inner / f"{part}.csv", ["text", "label"], made(count, lambda dice, n: [sentence(dice, good=True), n % 2]))
    found = look(tmp_path / "reviews")
    assert (found.name, found.found.source) == ("reviews", inner)
    assert found.found.settings["files"] == {"train.csv": "train", "test.csv": "test"}
    more = tmp_path / "reviews" / "more"
    more.mkdir()
    table(more / "prices.csv", ["item", "price"], made(90, lambda dice, n: [f"item {n}", dice.random()]))
    with pytest.raises(SourceError, match=r"it holds folders \(data, more\)") as caught:
        look(tmp_path / "reviews")
    assert "Fix: name one of its folders" in str(caught.value)


def test_parts_of_a_folder_train_validate_and_test_by_their_names(tmp_path: Path) -> None:
    for name in (
        "train-00000-of-00002.jsonl.gz",
        "train-00001-of-00002.jsonl.gz",
        "validation.jsonl.gz",
        "test.jsonl.gz",
    ):
        rows = made(90, lambda dice, place: [("a", "b")[place % 2], sentence(dice, good=place % 2 == 0)])
        lines = "".join(json.dumps({"intent": label, "utterance": text}) + "\n" for label, text in rows)
        (tmp_path / name).write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "README.md").write_text("label,text\n1,2\n")
    found = look(tmp_path)
    assert list(found.found.settings["files"].values()) == ["train", "train", "valid", "test"]
    assert found.splits == ("train", "valid", "test")
    assert roles(found) == {"label": "intent", "text": "utterance"}


def test_a_split_column_is_told_by_its_values(tmp_path: Path) -> None:
    rows = made(
        300, lambda dice, place: [sentence(dice, good=place % 2 == 0), place % 2, "train" if place % 5 else "test"]
    )
    found = look(table(tmp_path / "a.tsv", ["sentence", "label", "set"], rows, "\t"))
    assert roles(found)["split"] == "set"


def test_a_parquet_file_of_booleans_dates_and_categories(tmp_path: Path) -> None:
    dice = random.Random(7)
    frame = pl.DataFrame(
        {
            "signup_date": [DAY.date() + dt.timedelta(days=dice.randrange(300)) for _ in range(300)],
            "active": [dice.random() < 0.5 for _ in range(300)],
            "usage": [dice.random() * 9 for _ in range(300)],
            "outcome": [("won", "lost")[dice.random() < 0.4] for _ in range(300)],
        }
    )
    frame.write_parquet(tmp_path / "deals.parquet")
    found = look(tmp_path / "deals.parquet")
    assert roles(found) == {"label": "outcome", "time": "signup_date"}
    assert entry(found, "active") == {"type": "boolean", "role": "feature"}


def test_a_consent_column_is_told_and_what_grants_it(tmp_path: Path) -> None:
    rows = made(
        300, lambda dice, place: [("yes", "no")[place % 3 == 0], sentence(dice, good=place % 2 == 0), place % 2]
    )
    found = look(table(tmp_path / "a.csv", ["consent", "feedback", "label"], rows))
    assert roles(found)["consent"] == "consent"
    assert entry(found, "consent")["granted"] == ["yes"]


def test_a_wide_table_is_read_to_its_last_column(tmp_path: Path) -> None:
    header = [*(f"f{place}" for place in range(300)), "target"]
    rows = made(150, lambda dice, place: [*(round(dice.gauss(0, 1), 3) for _ in range(300)), place % 3])
    found = look(table(tmp_path / "wide.csv", header, rows))
    assert roles(found) == {"label": "target"}
    assert sum(column.entry.get("role") == "feature" for column in found.columns) == 300


def test_weights_of_rows_and_too_many_categories_have_no_role(tmp_path: Path) -> None:
    rows = made(2000, lambda dice, place: [dice.random() * 9, f"sku-{dice.randrange(150)}", dice.random(), place % 2])
    found = look(table(tmp_path / "a.csv", ["sample_weight", "sku", "price", "label"], rows))
    assert [c.name for c in found.columns if c.entry.get("role") == "feature"] == ["price"]
    assert "weight of rows" in doubts(found, "sample_weight")
    assert "too many categories" in doubts(found, "sku")


def test_a_number_named_like_a_label_is_proposed_to_be_estimated(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [dice.random(), dice.random(), round(dice.gauss(9, 3), 3)])
    found = look(table(tmp_path / "a.csv", ["rooms", "area", "target"], rows))
    assert "a number, to be estimated" in doubts(found, "target")
    label = found.holder("label")
    assert label is not None
    assert label.name == "target"
    assert label.entry["type"] == "number"
    assert label.entry["min"] <= 0 < 15 < label.entry["max"]
    assert found.families == ("auto", "mlp", "linear")


@pytest.mark.parametrize("spelled", ["intent_{}", "{}"])
def test_texts_are_sorted_into_as_many_classes_as_have_rows_enough(tmp_path: Path, spelled: str) -> None:
    """As what people ask of a bank is: 77 intents, by their names or by their numbers."""
    rows = made(700, lambda dice, place: [f"please {sentence(dice, good=True)}", spelled.format(place % 77)])
    found = look(table(tmp_path / "a.csv", ["text", "label"], rows))
    assert (roles(found)["label"], entry(found, "label")["type"]) == ("label", "category")
    assert entry(look(table(tmp_path / "few.csv", ["text", "label"], rows[:200])), "label")["type"] != "category"


def test_many_numbers_of_a_table_are_amounts(tmp_path: Path) -> None:
    rows = made(700, lambda dice, place: [dice.random(), dice.random(), place % 77])
    assert entry(look(table(tmp_path / "a.csv", ["a", "b", "label"], rows)), "label")["type"] == "integer"


def test_stars_are_proposed_as_steps_of_a_scale_and_digits_are_not(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [dice.random(), place % 5 + 1])
    rated = look(table(tmp_path / "a.csv", ["x", "stars"], rows)).holder("label")
    named = look(table(tmp_path / "b.csv", ["x", "digit_label"], rows)).holder("label")
    assert rated is not None
    assert named is not None
    assert rated.entry["categories"] == ["1", "2", "3", "4", "5"]
    assert rated.entry["ordered"] is True
    assert "ordered" not in named.entry


def test_whoever_knows_the_label_is_believed(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [place % 2, dice.random(), dice.choice("abc")])
    path = table(tmp_path / "a.csv", ["bought", "price", "class"], rows)
    assert roles(look(path)) == {"label": "class"}
    assert roles(look(path, bought="label")) == {"label": "bought"}


def test_sorted_files_show_all_their_classes(tmp_path: Path) -> None:
    rows = made(12_000, lambda dice, place: [place // 3000, f"{place} {sentence(dice, good=place % 2 == 0)}"])
    found = look(table(tmp_path / "a.csv", ["label", "text"], rows))
    assert entry(found, "label")["categories"] == ["0", "1", "2", "3"]
    assert found.sampled.rows.height <= 8000


def test_files_that_repeat_one_another_are_not_read_twice(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [place % 2, f"{place} {sentence(dice, good=place % 2 == 0)}"])
    for name, part in (("all.csv", rows), ("half.csv", rows[:150]), ("third.csv", rows[:100])):
        table(tmp_path / name, ["label", "text"], part)
    found = look(tmp_path)
    assert found.found.source.name == "all.csv"
    assert found.sampled.read == 300
    assert "once more" in doubts(found)


def test_names_of_people_are_told_by_the_cells_themselves(tmp_path: Path) -> None:
    first, last = ["Anna", "John", "Peter", "Maria", "Robert", "Susan"], ["Smith", "Miller", "Brown", "Jones", "Clark"]
    rows = made(
        200, lambda dice, place: [f"{dice.choice(first)} {dice.choice(last)}", sentence(dice, good=True), place % 2]
    )
    found = look(table(tmp_path / "a.csv", ["x1", "text", "label"], rows))
    assert entry(found, "x1").get("privacy") == "identifier"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "Once upon a time, there was\n\na king, a queen, and\nnobody else.\n" * 9, "no separator parts"),
        ("a.json", '[\n  ["text", "a"],\n  ["text", "b"]\n]\n', "a JSON array, and not one of objects"),
        ("a1a", "-1 3:1 11:1 14:0.5\n+1 5:1 7:1 14:1\n" * 9, "LIBSVM's"),
        ("a.libsvm", "1 1:0.5 3:2\n-1 2:1e-3\n" * 9, "LIBSVM's"),
        ("w.arff", "% of weather\n@relation w\n@attribute a numeric\n@data\n" + "1.5\n" * 9, "ARFF"),
        ("a.bmes", "李 B-NAME\n明 E-NAME\n在 O\n\n" * 40, "tagged words"),
        ("a.json", '{"version": 1, "data": [{"text": "a", "label": 1}]}', "one JSON object"),
        ("a.json", '{\n "data": [\n  {"text": "a"},\n  {"text": "b"}\n ]\n}\n', "one JSON object"),
        ("a.json", '{\n "text": "a"\n}\n{\n "text": "b"\n}\n', "no object stands on a line"),
        ("a.csv", "sep=;\r\nname;stars\r\n" + "well;5\r\n" * 9, "tells spreadsheets"),
        ("a.csv", "Report,,\nof May,,\n,,\nregion,units,price\n" + "N,7,2.50\n" * 9, "3 lines without columns"),
        ("a.pkl", b"\x80\x04\x95", "a Python pickle"),
        ("a.json", '{"spans": [1], "meta": {"a": 1}}\n' * 9, "lists and objects alone"),
        ("a.csv", "<html><body>log in", "an HTML page"),
        ("a.csv", "", "it is empty"),
        ("a.xlsx", "PK\x03\x04", "an Excel workbook"),
        ("a.bin", "\x00\x00\x08\x03\x00\x00\x00\x05", "an IDX file"),
    ],
)
def test_what_is_no_table_is_told_by_what_it_is(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError, match="holds no table that we can read") as caught:
        look(tmp_path)
    assert said in str(caught.value)
    assert len(str(caught.value).split("\n")) == 3


def test_the_names_of_parts_are_those_that_split_knows() -> None:
    assert set(NAMES) == PARTS


SPELLED = ["", " ", "NA", "?", "0", "1", "-1", "3.5", "1e5", "007", "yes", "no", "2024-01-05", "01/02/2024", "a@b.org"]
SPELLED += ["13800138000", "好评", "很好吃，很快", "train", "test", "x", "1700000000", "$5", "1,5", '"']
CELL = st.one_of(
    st.sampled_from(SPELLED),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    st.integers().map(str),
)
NAME = st.sampled_from(
    ["id", "label", "text", "用户", "class", "when", "Name", "", "x", "split", "age", "1", "consent"]
)


@pytest.mark.no_cover  # long, over lines that others count
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_proposed_passes_the_check_of_parameters(tmp_path: Path, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 5))
    header = data.draw(st.lists(NAME, min_size=width, max_size=width))
    rows = data.draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=30))
    path = table(tmp_path / "a.csv", header, rows)
    with suppress(SourceError):  # two columns of one name, or no table at all
        found = look(path)
        assert "PREDICTS" in report(found, "a.csv", 80)
        if found.families:
            parameters = yaml.safe_load(text_of(found, "a.csv"))
            check_parameters(parameters)
            assert parameters == parameters_of(found, str(where(found, "a.csv")))


def test_columns_called_by_years_are_names(tmp_path: Path) -> None:
    rows = made(200, lambda dice, place: [f"c{place % 40}", dice.random(), dice.random(), dice.random(), place % 2])
    found = look(table(tmp_path / "a.csv", ["country", "2019", "2020", "2021", "growth_class"], rows))
    assert "header" not in found.found.settings


def test_rows_without_a_label_are_told_and_allowed_for(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [sentence(dice, good=True), "" if place % 4 == 0 else "ab"[place % 2]])
    found = look(table(tmp_path / "a.csv", ["text", "label"], rows))
    assert "25 % of the rows have none" in doubts(found, "label")
    assert parameters_of(found, "a.csv")["validate"]["max_quarantined"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("spelled", "written", "doubt"),
    [
        ("{},{}", "1.234,5", ""),
        ("{}.{}0,5", "1.234,5", ""),
        ("${}.{}", "1,234.5", ""),
        ("{}.{} %", "1,234.5", ""),
        ("{},0{}", "1,234.5", "taken for marks of thousands"),
    ],
)
def test_numbers_written_for_people_are_numbers_and_no_keys(
    tmp_path: Path, spelled: str, written: str, doubt: str
) -> None:
    rows = made(200, lambda dice, place: [spelled.format(dice.randrange(1, 9), place % 90 + 10), place, place % 2])
    found = look(table(tmp_path / "a.csv", ["betrag", "x", "label"], rows, ";"))
    assert entry(found, "betrag")["format"] == written
    assert entry(found, "betrag").get("privacy", "none") == "none"
    assert (doubt in doubts(found, "betrag")) if doubt else doubts(found, "betrag") == ""


def test_amounts_among_which_stands_something_else_are_told(tmp_path: Path) -> None:
    rows = made(200, lambda dice, place: ["5k" if place % 12 == 0 else f"{place},5", dice.random(), place % 2])
    found = look(table(tmp_path / "a.csv", ["betrag", "x", "label"], rows, ";"))
    assert entry(found, "betrag")["type"] in ("text", "category")
    assert "write plain ones" in doubts(found, "betrag")


def test_a_passport_says_more_surely_who_it_is_than_a_name(tmp_path: Path) -> None:
    names, papers = ("王伟", "李娜", "张敏", "刘洋", "陈静"), [f"1101011990{place:04d}123X" for place in range(300)]
    rows = made(300, lambda dice, place: [dice.choice(names) + str(place % 9), papers[place], dice.random(), place % 2])
    found = look(table(tmp_path / "a.csv", ["姓名", "身份证号", "金额", "label"], rows))
    assert roles(found)["subject"] == "身份证号"


def test_quotes_that_enclose_nothing_are_told(tmp_path: Path) -> None:
    lines = [f'"so he said it was {place} good\t{place % 2}' for place in range(200)]
    (tmp_path / "a.tsv").write_text("\n".join(["sentence\tlabel", *lines]) + "\n")
    found = look(tmp_path / "a.tsv")
    assert found.found.settings == {"quotes": False}
    assert roles(found) == {"label": "label", "text": "sentence"}


def test_a_header_with_separators_of_columns_that_are_empty_names_the_others(tmp_path: Path) -> None:
    """As the best known file of spam is, whose notes stand in five rows of a thousand."""
    rows = made(400, lambda dice, n: [("ham", "spam")[n % 2], sentence(dice, good=n % 2 == 0), "x" * (n % 99 == 0), ""])
    found = look(table(tmp_path / "spam.csv", ["v1", "v2", "", ""], rows))
    assert found.found.names == ("v1", "v2")
    assert roles(found) == {"label": "v1", "text": "v2"}


def test_poems_whose_lines_stand_in_lists_are_texts(tmp_path: Path) -> None:
    poems = [{"author": f"{n % 9}", "paragraphs": [chinese(random.Random(n), good=True)] * 2} for n in range(200)]
    (tmp_path / "poems.json").write_text(json.dumps(poems))
    found = look(tmp_path / "poems.json", paragraphs="text")
    assert roles(found)["text"] == "paragraphs"


def test_the_row_numbers_that_pandas_writes_are_left_out(tmp_path: Path) -> None:
    rows = made(200, lambda dice, place: [place, sentence(dice, good=place % 2 == 0), place % 2])
    found = look(table(tmp_path / "a.csv", ["", "review", "sentiment"], rows))
    assert found.found.names == ("review", "sentiment")


def test_a_last_line_without_its_end_is_declared_and_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["text", "label"], made(200, lambda dice, n: [sentence(dice, good=True), n % 2]))
    path.write_bytes(path.read_bytes()[:-1])
    found = look(path)
    assert found.found.settings == {"final_newline": False}
    assert "is the file whole?" in doubts(found)


def test_a_first_row_whose_values_are_all_its_own_is_no_header(tmp_path: Path) -> None:
    rows = made(200, lambda dice, n: [f"user{n}@example.org", 1000 + 37 * n, f"{n} {sentence(dice, good=True)}"])
    found = look(table(tmp_path / "a.csv", None, rows))
    assert found.found.names == ("column_1", "column_2", "column_3")
    assert entry(found, "column_1")["privacy"] == "identifier"
