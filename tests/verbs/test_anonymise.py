"""raw, validated -> anonymised: what predicts stays, who it was goes."""

import hashlib
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
from workspaces import Workspace, image, review

from pipelines.anonymise import anonymise
from pipelines.bundle import read_bundle
from pipelines.errors import ParameterError
from pipelines.ingest import ingest
from pipelines.privacy.text import clean
from pipelines.privacy.text_rules import RULES_FILE, TextRules, read_rules
from pipelines.split import split
from pipelines.train import train
from pipelines.validate import validate

VALIDATE = ("data/raw", "data/validated", "data/report/validation")
PATHS = ("data/raw", "data/validated", "data/anonymised", "data/report/privacy.json")
TEXTS = {
    "ann": "write to ann.canary@example.org please",
    "bob": "card 4111 1111 1111 1111 was charged",
    "cid": "see https://canary.example.net/u/77 now",
}


def rows_of(workspace: Workspace) -> pl.DataFrame:
    return pl.read_parquet(workspace.path / "data/anonymised/rows.parquet")


def report_of(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.path / "data/report/privacy.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def freed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A few reviews that name people, anonymised: three people live in Rome, and two alone in Canarytown."""
    parameters = workspaces.small_reviews() | {"anonymise": {"tables": {"fewest_subjects": 3}}}
    made = workspaces.make(tmp_path_factory.mktemp("freed") / "workspace", parameters)
    rows = [review(n, user=user, text=text, city="Rome") for n, (user, text) in enumerate(TEXTS.items())]
    rows += [review(10 + n, user="ann", city="Rome") for n in range(3)]
    rows += [review(20 + n, user="dan" if n else "eve", city="Canarytown") for n in range(5)]
    rows += [review(30, user="fay", city=""), review(31, user="gus", mood="", text="canary held back")]
    made.bring(rows)
    made.run(ingest)
    made.run(validate, *VALIDATE)
    made.run(anonymise, *PATHS)
    return made


def test_no_identifier_goes_on(journey: Workspace) -> None:
    gone = {"user_id", "name", "email", "phone", "consent"}
    assert set(rows_of(journey).columns) == {"row", "subject", "bucket", "origin", *journey.record.names} - gone
    assert set(report_of(journey)["columns_dropped"]) == gone


def test_no_e_mail_and_no_user_of_the_sample_can_be_found_behind_it(journey: Workspace) -> None:
    opened = journey.opened()
    anonymised = "\n".join(str(cell) for row in rows_of(journey).iter_rows() for cell in row)
    everybody = {*opened["user_id"].drop_nulls(), *opened["email"].drop_nulls()}
    assert len(everybody) > 300
    assert not [one for one in everybody if one in anonymised]
    written = opened.filter(pl.any_horizontal(pl.col("review").str.contains(pl.col("email"), literal=True)))
    assert written.height > 0, "the sample has people who write down their address"
    assert "<EMAIL>" in anonymised


def test_what_names_a_person_in_a_text_becomes_a_placeholder(freed: Workspace) -> None:
    texts = set(rows_of(freed)["text"])
    assert {"write to <EMAIL> please", "card <CARD> was charged", "see <URL> now"} < texts
    assert "thing number 10 is fine" in texts


def test_a_city_with_few_people_is_merged_however_many_rows_it_has(freed: Workspace) -> None:
    assert Counter(rows_of(freed)["city"]) == {"Rome": 6, "other": 5, None: 1}
    assert report_of(freed)["categories_merged"] == {"city": 1}


def test_every_city_of_the_sample_has_company(journey: Workspace) -> None:
    company = rows_of(journey).drop_nulls("city").group_by("city").agg(pl.col("subject").n_unique())
    assert company.filter(pl.col("city") != "other")["subject"].min() >= 10  # type: ignore[operator]


def test_times_are_cut_to_the_day(freed: Workspace) -> None:
    assert rows_of(freed).schema["at"] == pl.Date
    assert set(rows_of(freed)["at"]) == {date(2026, 3, 4)}


def test_values_have_their_types(freed: Workspace) -> None:
    assert rows_of(freed).schema["age"] == pl.Int64
    assert set(rows_of(freed)["mood"]) == {"bad", "good"}


def test_a_person_is_the_same_subject_in_all_rows_and_no_two_are_one(freed: Workspace) -> None:
    rows = Counter(rows_of(freed)["subject"])
    assert sorted(rows.values()) == [1, 1, 1, 1, 4, 4]
    assert len(rows) == len({"ann", "bob", "cid", "dan", "eve", "fay"})


def test_nothing_behind_the_anonymiser_bears_a_name_or_an_order_that_it_had_before(freed: Workspace) -> None:
    before, after = pl.read_parquet(freed.raw / "000001.parquet"), rows_of(freed)
    assert not set(before["row"]) & set(after["row"])
    assert not set(before["subject"]) & set(after["subject"])
    hidden = after.drop("row", "subject", "bucket")
    assert hidden.rows() == sorted(hidden.rows(), key=lambda row: hashlib.sha256(repr(row).encode()).digest())


def test_who_was_forgotten_cannot_be_led_to_rows_that_were_anonymised_before(reviews: Workspace) -> None:
    reviews.bring([review(number, user=user) for number, user in enumerate(["ann", "ann", "bob"])])
    reviews.run(ingest)
    reviews.run(validate, *VALIDATE)
    reviews.run(anonymise, *PATHS)
    ann, bob = map(reviews.vault.pseudonym, ("ann", "bob"))
    names = {person: key.hex()[:32] for person, key in reviews.vault.own_names([ann, bob], "anonymised").items()}
    assert Counter(rows_of(reviews)["subject"]) == {names[ann]: 2, names[bob]: 1}
    reviews.vault.forget({ann})
    reviews.vault.seal([("another row", ann, ["a new key"])])
    later = reviews.vault.own_names([ann, bob], "anonymised")
    assert later[bob].hex()[:32] == names[bob]
    assert later[ann].hex()[:32] not in set(rows_of(reviews)["subject"])


def test_rows_that_may_not_pass_do_not(freed: Workspace) -> None:
    assert rows_of(freed).height == 12
    assert "canary held back" not in rows_of(freed)["text"].to_list()


def test_the_report_has_counts_and_names_of_columns_and_no_value(freed: Workspace) -> None:
    report = report_of(freed)
    assert report == {
        "rows": 12,
        "subjects": 6,
        "columns_dropped": ["user", "consent"],
        "text": {"mode": "placeholder", "finders": ["patterns"], "numbered": "people"},
        "spans_removed": {"CARD": 1, "EMAIL": 1, "URL": 1},
        "categories_merged": {"city": 1},
    }


def test_surrogates_are_the_same_in_all_rows_and_the_rules_go_with_them(reviews: Workspace) -> None:
    reviews.set("anonymise", {"text": {"mode": "surrogate"}})
    text = "from ann.canary@example.org"
    reviews.bring([review(1, user="ann", text=text), review(2, user="bob", text=f"{text}!")])
    reviews.run(ingest)
    reviews.run(validate, *VALIDATE)
    reviews.run(anonymise, *PATHS)
    stood_in = clean(text, TextRules("surrogate"), reviews.vault.surrogate_key)[0]
    assert rows_of(reviews)["text"].to_list() == [stood_in, f"{stood_in}!"]
    assert "canary" not in stood_in
    assert read_rules(reviews.path / "data/anonymised") == TextRules("surrogate")
    assert report_of(reviews)["text"]["mode"] == "surrogate"
    before = image(reviews.path / "data/anonymised")
    reviews.run(anonymise, *PATHS)
    assert image(reviews.path / "data/anonymised") == before


def test_a_mode_that_is_not_known_names_the_nearest(reviews: Workspace) -> None:
    reviews.set("anonymise", {"text": {"mode": "surogate"}})
    with pytest.raises(ParameterError, match="write 'surrogate' instead"):
        reviews.run(anonymise, *PATHS)


def test_the_rules_reach_the_bundle(journey: Workspace) -> None:
    rules = TextRules(finders=("patterns", "names"))
    assert read_rules(journey.path / "data/splits") == rules
    bundles = [path for path in (journey.path / "data/model").iterdir() if path.is_dir()]
    assert bundles
    for folder in bundles:
        assert json.loads((folder / "bundle.json").read_text("utf-8"))["text"] == rules.to_json()


def test_other_rules_than_the_usual_reach_the_bundle_too(travelled: Workspace) -> None:
    masks = TextRules("mask")
    (travelled.path / "data/anonymised" / RULES_FILE).write_text(json.dumps(masks.to_json()), "utf-8")
    travelled.run(split, "data/anonymised", "data/splits")
    travelled.run(train, "data/splits", "data/model")
    assert read_rules(travelled.path / "data/splits") == masks
    assert read_bundle(travelled.path / "data/model" / "baseline").text == masks


def test_nothing_behind_the_anonymiser_holds_a_person(freed: Workspace) -> None:
    for path in (freed.path / "data/anonymised/rows.parquet", freed.path / "data/report/privacy.json"):
        content = path.read_bytes()
        assert b"canary" not in content.lower()
        assert b"4111" not in content


def test_anonymising_twice_gives_equal_bytes(freed: Workspace) -> None:
    before = image(freed.path / "data/anonymised")
    freed.run(anonymise, *PATHS)
    assert image(freed.path / "data/anonymised") == before


def test_opening_sealed_rows_to_anonymise_them_leaves_an_entry_in_the_ledger(freed: Workspace) -> None:
    assert "anonymise" in [entry["why"] for entry in freed.ledger.all("access")]


def test_a_person_who_was_forgotten_is_gone_after_the_next_run(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann"), review(2, user="bob")])
    reviews.run(ingest)
    reviews.vault.forget({reviews.vault.pseudonym("ann")})
    reviews.run(validate, *VALIDATE)
    reviews.run(anonymise, *PATHS)
    assert rows_of(reviews)["text"].to_list() == ["thing number 2 is fine"]
    assert reviews.vault.pseudonym("ann") not in set(rows_of(reviews)["subject"])
