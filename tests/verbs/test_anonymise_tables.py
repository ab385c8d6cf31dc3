"""A table whose people keep company, from its source to an answer: trained on lists, served values as they are."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
from workspaces import Workspace, image

from pipelines.anonymise import anonymise
from pipelines.anonymity.measures import reached
from pipelines.bundle import Bundle
from pipelines.errors import DataError
from pipelines.ingest import ingest
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.posing import pose
from pipelines.validate import validate
from service.inputs import as_columns

PATHS = ("data/raw", "data/validated", "data/anonymised", "data/report/privacy.json")
COLUMNS = {
    "user": {"type": "text", "role": "subject", "privacy": "identifier"},
    "age": {"type": "integer", "role": "feature", "privacy": "quasi", "required": False},
    "city": {"type": "category", "role": "feature", "privacy": "quasi", "required": False},
    "member": {"type": "boolean", "role": "feature", "privacy": "quasi"},
    "hours": {"type": "integer", "role": "feature"},
    "buys": {"type": "category", "role": "label", "categories": ["no", "yes"]},
}
TABLES = {
    "k": 5,
    "distinct_l": 2,
    "hierarchies": {"city": {"Rome": ["Italy"], "Milan": ["Italy"], "Paris": ["France"], "Lyon": ["France"]}},
}
PARAMETERS = {
    "record": {"name": "buyers", "columns": COLUMNS},
    "seed": 7,
    "ingest": {"source": "source.csv"},
    "anonymise": {"tables": TABLES},
}


def buyers(count: int) -> list[list[str]]:
    """People who buy, mostly, when they are old or live in Rome; one of them is alone in Canarytown."""
    chance, rows = random.Random(1), []
    for number in range(count):
        age, city = chance.randint(18, 80), chance.choice(["Rome", "Milan", "Paris", "Lyon", ""])
        buys = chance.random() < (0.9 if age > 50 or city == "Rome" else 0.1)
        rows.append([f"u{number}", str(age), city, chance.choice(["yes", "no"]), "8", "yes" if buys else "no"])
    rows[0][2] = "Canarytown"
    return rows


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The table, anonymised and split."""
    made = workspaces.make(tmp_path_factory.mktemp("shop") / "workspace", copy.deepcopy(PARAMETERS))
    workspaces.write_csv(made.path / "source.csv", buyers(400), list(COLUMNS))
    made.turn("split")
    return made


def rows_of(workspace: Workspace) -> pl.DataFrame:
    return pl.read_parquet(workspace.path / "data/anonymised/rows.parquet")


def report_of(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.path / "data/report/privacy.json").read_text("utf-8"))
    return found


def test_the_rows_that_were_written_keep_the_company_that_the_report_tells(shop: Workspace) -> None:
    rows, told = rows_of(shop), report_of(shop)["tables"]
    found = reached(rows.select("age", "city", "member"), rows["subject"], rows["buys"])
    assert found.k >= 5
    assert found.distinct_l == 2
    assert told["reached"]["k"] == found.k
    assert told["classes"] == found.classes > 5
    assert told["quasi"] == {"age": "interval", "city": "hierarchy", "member": "set"}
    assert (told["suppressed"], rows.height) == (0, 400)
    assert 0 < told["gcp"] < 0.5


def test_a_name_that_one_person_has_is_not_even_among_others(shop: Workspace) -> None:
    """A set of cities would tell that somebody lives there, and so would the model's vocabulary."""
    rows = rows_of(shop)
    cells = [city for city in rows["city"].to_list() if "other" in city]
    assert len(cells) >= 5
    assert all(len(cell) > 1 for cell in cells)
    assert report_of(shop)["categories_merged"] == {"city": 1}
    assert "Canarytown" not in rows.write_json() + json.dumps(report_of(shop))


def test_anonymising_a_table_twice_gives_equal_bytes(shop: Workspace) -> None:
    before = image(shop.path / "data/anonymised")
    shop.run(anonymise, *PATHS)
    assert image(shop.path / "data/anonymised") == before


@pytest.mark.parametrize(
    ("age", "city", "answer"), [("70", "Paris", "yes"), ("24", "Lyon", "no"), ("35", "Rome", "yes")]
)
def test_a_model_that_learned_from_lists_answers_to_values_as_they_are(
    shop: Workspace, age: str, city: str, answer: str
) -> None:
    problem = pose(shop.path / "data/splits", shop.record, "none", 7)
    fitted = fit(problem, Linear())
    bundle = Bundle("linear", problem.labels, fitted.features, fitted.graph)
    row = {"age": age, "city": city, "member": "yes", "hours": "8"}
    (found,) = bundle.probabilities(as_columns([row], shop.record))
    assert bundle.labels[found.argmax()] == answer


def test_with_fewer_people_than_k_nothing_is_written(tmp_path: Path, own_home: Path) -> None:
    made = workspaces.make(tmp_path / "few", copy.deepcopy(PARAMETERS))
    workspaces.write_csv(made.path / "source.csv", buyers(4), list(COLUMNS))
    made.run(ingest)
    made.run(validate, "data/raw", "data/validated", "data/report/validation")
    with pytest.raises(DataError, match="4 subjects keep too little company"):
        made.run(anonymise, *PATHS)
    assert not (made.path / "data/anonymised").exists()
