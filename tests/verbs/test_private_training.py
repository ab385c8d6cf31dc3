"""splits -> model under `train.privacy`: what is told, what is spent, what is refused, and a kill in the middle."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import workspaces
from numpy.typing import NDArray
from workspaces import Workspace, image, lines

from flywheel.prove import prove
from pipelines.accounting import Spending
from pipelines.bundle import read_bundle
from pipelines.errors import BudgetError, ParameterError
from pipelines.fixed import fixed_table, fixed_tokens
from pipelines.models import Private, Problem, Schedule, fit
from pipelines.models.chance import Secret, secret_for
from pipelines.models.options import Lstm, Mlp, Privacy
from pipelines.noise import noise_key
from pipelines.posing import pose
from pipelines.protection import check_privacy, plan
from pipelines.record import Column, Record, parse_record
from pipelines.registry import open_registry
from pipelines.train import roles, train
from pipelines.units import of_subjects
from pipelines.versus import challenger_of

RECORD: dict[str, Any] = {
    "name": "visits",
    "columns": {
        "who": {"type": "text", "role": "subject", "privacy": "identifier"},
        "age": {"type": "integer", "role": "feature", "min": 0, "max": 100},
        "paid": {"type": "number", "role": "feature", "min": 0, "max": 100_000},
        "town": {"type": "category", "role": "feature"},
        "mood": {"type": "category", "role": "label", "categories": ["bad", "good"]},
    },
}
TABLE = parse_record(RECORD)
PRIVACY = {"epsilon": 4, "delta": "1e-3", "clip": 1, "rows": 2}
TRAIN = {"family": "mlp", "epochs": 2, "batch_size": 32, "privacy": PRIVACY, "mlp": {"layers": [8], "dropout": 0.1}}


def splits(folder: Path, rows: int = 240) -> Path:
    """Visits of people of whom each came three times; the old ones are in a bad mood."""
    folder.mkdir()
    chance = np.random.default_rng(1)
    for name, count in (("train", rows), ("valid", 60)):
        age = chance.integers(0, 100, count)
        columns = {
            "row": [f"{name}{n}" for n in range(count)],
            "subject": [f"{name}{n // 3}" for n in range(count)],
            "age": age,
            "paid": chance.uniform(0, 100_000, count),
            "town": [f"town{n % 5}" for n in range(count)],
            "mood": np.where(age > 50, "bad", "good"),
        }
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace where a private model was trained, and the home that paid for it."""
    folder = tmp_path_factory.mktemp("learnt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLYWHEEL_HOME", str(folder / "home"))
        parameters = {"record": RECORD, "seed": 7, "ingest": {"source": "x"}, "train": TRAIN}
        made = workspaces.make(folder / "visits", parameters)
        (made.path / "data").mkdir(exist_ok=True)
        splits(made.path / "data/splits")
        made.run(train, "data/splits", "data/model")
    return folder


@pytest.fixture
def visits(learnt: Path, tmp_path: Path, own_home: Path) -> Workspace:
    shutil.copytree(learnt / "home", own_home)
    shutil.copytree(learnt / "visits", tmp_path / "visits", symlinks=True)
    return Workspace(tmp_path / "visits")


def test_a_private_training_tells_what_it_promises_and_pays_for_it_once(visits: Workspace) -> None:
    model = visits.path / "data/model"
    assert sorted(path.name for path in model.iterdir()) == ["candidate", "runs.json"]
    bundle = read_bundle(model / "candidate")
    told = bundle.about["privacy"]
    assert 3.5 < told["epsilon"] <= 4
    assert (told["delta"], told["clip"], told["unit"], told["rows_per_unit"]) == (1e-3, 1, "subject", 2)
    assert (told["rate"], told["steps"]) == (32 / 80, 2 * 3)
    assert "validation" in told["covers"]
    assert all("loss" not in epoch for epoch in bundle.about["history"])
    assert bundle.features == fixed_table(TABLE)
    (entry,) = visits.ledger.all("privacy")
    assert entry["data"] == "visits"
    assert {key: entry[key] for key in ("sigma", "rate", "steps")} == {k: told[k] for k in ("sigma", "rate", "steps")}
    runs = json.loads((model / "runs.json").read_text("utf-8"))
    run = open_registry(visits.environment, visits.path).client.get_run(runs["candidate"]).data
    assert run.params["privacy_unit"] == "subject"
    assert run.metrics["privacy_epsilon"] == pytest.approx(told["epsilon"])
    assert "loss" not in run.metrics

    visits.run(train, "data/splits", "data/model")
    assert read_bundle(model / "candidate").about["weights"] == bundle.about["weights"]
    assert len(visits.ledger.all("privacy")) == 1

    before = image(visits.path / "data")
    visits.set("train", {**TRAIN, "learning_rate": 0.5})
    with pytest.raises(BudgetError, match="came to epsilon") as caught:
        visits.run(train, "data/splits", "data/model")
    lines(caught.value)
    assert image(visits.path / "data") == before
    assert len(visits.ledger.all("privacy")) == 1


@dataclasses.dataclass
class Plug:
    """Watches a training, and ends it in the middle of an epoch."""

    epoch_to_end: int

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        assert np.isnan(loss)
        if epoch == self.epoch_to_end and done == 2:
            raise KeyboardInterrupt

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        assert "loss" not in measures


def protected(problem: Problem, checkpoint: Path, key: bytes = b"key") -> Schedule:
    table = of_subjects(problem.train.subjects, 2)
    private = Private(1.0, Spending(1.5, 0.4, 9), 3, table, secret_for(key, "this training"))
    return Schedule(3, 32, 0.01, 1, checkpoint, private)


def test_a_training_that_was_killed_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    problem = pose(splits(tmp_path / "parts"), TABLE, "none", 7, closed=True)
    options = Mlp((8,), 0.3)

    def weights(schedule: Schedule, plug: int = 0) -> str:
        return str(fit("mlp", problem, options, schedule, Plug(plug)).about["weights"])

    straight = weights(protected(problem, tmp_path / "a.npz"))
    with pytest.raises(KeyboardInterrupt):
        weights(protected(problem, tmp_path / "b.npz"), plug=3)
    assert (tmp_path / "b.npz").exists()
    # Another key is another training: it does not go on from these weights.
    assert weights(protected(problem, tmp_path / "c.npz", b"other")) != straight
    assert weights(protected(problem, tmp_path / "b.npz")) == straight
    assert not (tmp_path / "b.npz").exists()


@dataclasses.dataclass(frozen=True)
class Recorded(Secret):
    """A secret that notes for which steps noise was drawn."""

    steps: list[int] = dataclasses.field(default_factory=list)

    def bits(self, step: int, size: int) -> NDArray[np.int32]:
        self.steps.append(step)
        return super().bits(step, size)


def test_a_text_is_learnt_privately_too_and_no_two_steps_share_their_noise(tmp_path: Path) -> None:
    record = parse_record(workspaces.REVIEWS)
    (tmp_path / "parts").mkdir()
    for name in ("train", "valid"):
        rows = {
            "subject": [f"s{n // 2}" for n in range(80)],
            "text": [("good " if n % 2 else "bad ") * (1 + n % 4) + f"thing {n}" for n in range(80)],
            "mood": ["good" if n % 2 else "bad" for n in range(80)],
        }
        pl.DataFrame(rows).write_parquet(tmp_path / "parts" / f"{name}.parquet")
    problem = pose(tmp_path / "parts", record, "none", 7, closed=True)
    schedule, secret = protected(problem, tmp_path / "a.npz"), Recorded(b"key")
    assert schedule.private is not None
    schedule = dataclasses.replace(schedule, private=dataclasses.replace(schedule.private, secret=secret))
    fitted = fit("lstm", problem, Lstm(50, 12, 4, 4, 0.1), schedule, Plug(0))
    assert set(range(9)) <= set(secret.steps)
    assert len(set(secret.steps)) == len(secret.steps)
    assert fitted.features == fixed_tokens("text", 12, 50)
    assert fitted.graph


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"family": "linear"}, "not trained by noisy gradients"),
        ({"class_weight": "balanced"}, "counts the training rows"),
        ({"privacy": Privacy(epsilon=0)}, "`train.privacy.epsilon` is 0"),
        ({"privacy": Privacy(delta=1)}, "`train.privacy.delta` is 1"),
        ({"privacy": Privacy(clip=-1)}, "`train.privacy.clip` is -1"),
        (
            {"record": Record("open", (Column("age", "integer", "feature"), Column("mood", "category", "label")))},
            "mood",
        ),
    ],
)
def test_what_would_tell_of_rows_without_noise_is_refused(changed: dict[str, Any], said: str) -> None:
    given = {"privacy": Privacy(), "family": "mlp", "record": TABLE, "class_weight": "none"} | changed
    with pytest.raises(ParameterError, match=said) as caught:
        check_privacy(**given)
    lines(caught.value)


def test_a_delta_that_lets_one_person_be_published_is_refused(tmp_path: Path) -> None:
    problem = pose(splits(tmp_path / "parts"), TABLE, "none", 7, closed=True)
    with pytest.raises(ParameterError, match="80 units") as caught:
        plan(Privacy(delta=0.02), problem.train, 2, 32)
    lines(caught.value)


def test_a_number_without_a_range_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"columns\.age` has no range") as caught:
        fixed_table(Record("open", (Column("age", "integer", "feature"),)))
    lines(caught.value)


def test_fixed_features_are_the_same_whatever_the_rows_say() -> None:
    table = fixed_table(TABLE)
    columns = {"age": [0, 100, None], "paid": [0, 10, 100_000], "town": ["a", None, "b"]}
    found = table.arrays(columns)["table"]
    assert found.shape == (3, table.width)
    assert np.isfinite(found).all()
    assert (table.arrays({name: values[:1] for name, values in columns.items()})["table"] == found[:1]).all()
    tokens = fixed_tokens("text", 5, 20)
    ids = tokens.arrays({"text": ["a b a", None]})["tokens"]
    assert ids[0, 0] == ids[0, 2]
    assert ids.max() < tokens.rows == 20


def test_a_private_candidate_stands_alone() -> None:
    assert roles("mlp", private=True) == {"candidate": "mlp"}
    assert challenger_of({"candidate": pl.DataFrame()}, {}) == ("candidate", [])


def test_the_key_of_the_noise_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = noise_key(tmp_path / "home", None)
    assert len(key) == 32
    assert noise_key(tmp_path / "home", None) == key
    assert (tmp_path / "home" / "noise.key").stat().st_mode & 0o777 == 0o600
    assert noise_key(tmp_path / "home", "ab" * 32) == bytes.fromhex("ab" * 32)
    with pytest.raises(ParameterError, match="not one") as caught:
        noise_key(tmp_path / "home", "abc")
    assert "abc" not in lines(caught.value)[0]


@pytest.mark.no_cover  # long, over lines that others count
def test_the_twin_of_a_private_model_is_trained_as_privately_with_noise_of_its_own(
    visits: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = len(visits.ledger.all("privacy"))
    monkeypatch.chdir(visits.path)
    twins = []
    for _ in range(2):
        assert prove(40) == 0
        twins.append(json.loads((visits.path / ".flywheel/twin.json").read_text("utf-8")))
    assert all(twin["audited"] <= PRIVACY["epsilon"] for twin in twins)  # type: ignore[operator]
    assert twins[0]["exposures"] != twins[1]["exposures"], "without noise two twins are one"
    assert len(visits.ledger.all("privacy")) == spent
