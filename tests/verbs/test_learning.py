"""One training function for all networks: killed and gone on with, shared among devices, on every backend of Keras."""

import ast
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learners import BATCH, EPOCHS, Diary, learn, table_problem, text_problem
from workspaces import REPOSITORY, lines

from pipelines.bundle import Bundle, write_bundle
from pipelines.errors import ParameterError, TrainingError
from pipelines.files import digest
from pipelines.models import Fitted, Schedule, fit
from pipelines.models.measuring import macro_f1
from pipelines.models.options import Mlp, Pace
from pipelines.models.schedules import check_pace
from pipelines.models.starting import WEIGHTS, kept, read_start

PRIVATE = {"private", "privately", "norms", "listening", "recurrent"}


def elsewhere(folder: Path, how: str, **variables: str) -> int:
    """Learn in a process of its own; how it ended."""
    own = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    command = [sys.executable, str(Path(__file__).with_name("learners.py")), str(folder), how]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-2000:]
    return done.returncode


def told(folder: Path, how: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{how}.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Diary]:
    diary = Diary()
    return learn(tmp_path_factory.mktemp("undisturbed"), diary), diary


def test_a_training_killed_in_mid_epoch_goes_on_from_the_very_batch_and_ends_the_same(
    tmp_path: Path, undisturbed: tuple[Fitted, Diary]
) -> None:
    fitted, whole = undisturbed
    assert elsewhere(tmp_path, "killed") == -signal.SIGKILL
    assert (tmp_path / "lstm.npz").is_file()
    rest = Diary()
    again = learn(tmp_path, rest)
    killed = whole.batches.index((2, 4))
    assert rest.batches == whole.batches[killed + 1 :], "a batch was learnt twice, or never"
    assert len(again.about["history"]) == EPOCHS
    for mine, theirs in zip(again.about["history"], fitted.about["history"], strict=True):
        assert mine == pytest.approx(theirs, abs=1e-6)
    assert not (tmp_path / "lstm.npz").exists()


def test_two_trainings_with_one_seed_give_one_hash_of_weights(tmp_path: Path) -> None:
    fitted, again = learn(tmp_path, Diary(), "mlp"), learn(tmp_path, Diary(), "mlp")
    assert again.about["weights"] == fitted.about["weights"]
    for key in ("threads", "device", "backend", "precision"):
        assert again.about[key] == fitted.about[key]
    other = learn(tmp_path, Diary(), "mlp", pace=Pace(clip_norm=0.1))
    assert other.about["weights"] != fitted.about["weights"]


def test_the_graph_says_what_the_network_said(undisturbed: tuple[Fitted, Diary]) -> None:
    fitted, _ = undisturbed
    valid = text_problem().valid
    found = Bundle("lstm", ("bad", "good"), fitted.features, fitted.graph).probabilities(valid.columns)
    loss = -np.log(found[np.arange(len(valid.labels)), valid.labels]).mean()
    assert loss == pytest.approx(fitted.about["best_loss"], abs=1e-5)


def test_two_devices_come_to_what_one_comes_to(tmp_path: Path) -> None:
    assert elsewhere(tmp_path, "shared") == 0
    shared, alone = told(tmp_path, "shared"), Diary()
    learn(tmp_path, alone, "mlp", pace=Pace())
    assert shared["device"] == "2 x processor"
    # Dropout draws for each device by itself: what is learnt is alike, not the same.
    assert shared["history"][-1]["valid_loss"] == pytest.approx(alone.history[-1]["valid_loss"], abs=0.05)


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("how", ["mlp", "lstm"])
def test_the_other_backends_of_keras_train_as_well(backend: str, how: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: `pip install {backend}` beside Flywheel to see this")
    assert elsewhere(tmp_path, how, KERAS_BACKEND=backend) == 0
    found = told(tmp_path, how)
    assert found["backend"].startswith(backend)
    assert found["history"][-1]["loss"] < found["history"][0]["loss"]
    assert (tmp_path / f"{how}.onnx").stat().st_size > 1000


def test_tensorflow_is_called_in_one_file_and_for_private_training_alone() -> None:
    calling = set()
    for path in (REPOSITORY / "pipelines" / "models").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names.append(getattr(node, "module", None) or "")
            if any(name.partition(".")[0] == "tensorflow" for name in names):
                calling.add(path.stem)
    assert calling == {"devices"} | PRIVATE - {"privately"}


@pytest.mark.parametrize(
    "pace",
    [
        Pace(decay="cosine", warmup=0.2, ema=0.5, weight_decay=0.01, accumulate=2, monitor="macro_f1"),
        Pace(decay="plateau", label_smoothing=0.1, clip_norm=0.0, monitor="accuracy"),
        Pace(warmup=0.5, precision="bfloat16"),
    ],
    ids=["cosine", "plateau", "bfloat16"],
)
def test_however_it_is_paced_a_network_learns_and_ends_with_its_best_epoch(pace: Pace, tmp_path: Path) -> None:
    fitted = learn(tmp_path, Diary(), "mlp", pace=pace)
    history, valid = fitted.about["history"], table_problem().valid
    key = "valid_loss" if pace.monitor == "loss" else f"valid_{pace.monitor}"
    best = history[fitted.about["best_epoch"] - 1]
    assert best[key] == (min if pace.monitor == "loss" else max)(each[key] for each in history)
    assert history[-1]["loss"] < history[0]["loss"]
    found = Bundle("mlp", ("bad", "good"), fitted.features, fitted.graph).probabilities(valid.columns)
    loss = -np.log(found[np.arange(len(valid.labels)), valid.labels]).mean()
    assert loss == pytest.approx(best["valid_loss"], abs=0.02 if pace.precision == "bfloat16" else 1e-5)


def test_batches_are_changed_by_the_augmentation_that_a_family_brings(tmp_path: Path) -> None:
    seen = []

    def blind(inputs: dict[str, Any], chance: np.random.Generator) -> dict[str, Any]:
        seen.append(float(chance.random()))
        return {name: np.zeros_like(values) for name, values in inputs.items()}

    learnt = learn(tmp_path, Diary(), "mlp", augment=blind)
    assert len(set(seen)) == EPOCHS * -(-150 // BATCH)
    assert learnt.about["history"][-1]["loss"] > 0.5, "it learnt from rows that it should not have seen"


def champion(folder: Path, fitted: Fitted, checkpoint: Path) -> str:
    """Let `fitted` be a champion in `folder`; its name."""
    write_bundle(Bundle("mlp", ("bad", "good"), fitted.features, fitted.graph, fitted.about), folder / "draft")
    kept(checkpoint).rename(folder / "draft" / WEIGHTS)
    name = f"v1-{digest(folder / 'draft')[:12]}"
    (folder / "draft").rename(folder / name)
    return name


def test_a_training_goes_on_from_a_champions_weights_and_reads_columns_as_it_does(tmp_path: Path) -> None:
    first = learn(tmp_path, Diary(), "mlp")
    name = champion(tmp_path, first, tmp_path / "mlp.npz")
    start = read_start(name, tmp_path, "")
    assert start is not None
    assert start.features == first.features
    diary = Diary()
    learn(tmp_path, diary, "mlp", start=start)
    assert diary.history[0]["loss"] < first.about["history"][0]["loss"]

    schedule = Schedule(1, BATCH, 0.01, 1, tmp_path / "other.npz", start=start)
    with pytest.raises(TrainingError, match="is a network of") as caught:
        fit("mlp", table_problem(), Mlp((9,), 0.2), schedule, diary)
    lines(caught.value)
    with pytest.raises(TrainingError, match="is a 'mlp' of 2 labels") as caught:
        fit("lstm", text_problem(), Mlp(), schedule, diary)
    lines(caught.value)

    (tmp_path / name / WEIGHTS).write_bytes((tmp_path / name / WEIGHTS).read_bytes() + b"0")
    with pytest.raises(ParameterError, match="not those that were measured") as refused:
        read_start(name, tmp_path, "")
    lines(refused.value)


def test_the_champion_of_the_day_is_no_start_that_a_cache_could_know(tmp_path: Path) -> None:
    assert read_start("fresh", tmp_path, "v2-0123456789ab") is None
    for name in ("champion", "3", "../elsewhere", "v1-0123456789ab"):
        with pytest.raises(ParameterError, match=r"`train\.start` is") as caught:
            read_start(name, tmp_path, "v2-0123456789ab")
        assert "write `start: v2-0123456789ab`" in lines(caught.value)[2]


@pytest.mark.parametrize(
    "pace",
    [
        Pace(warmup=1.0),
        Pace(clip_norm=-1.0),
        Pace(label_smoothing=1.0),
        Pace(weight_decay=-0.1),
        Pace(accumulate=0),
        Pace(ema=1.0),
        Pace(decay="plateau", warmup=0.1),
    ],
)
def test_a_pace_that_makes_no_sense_is_refused(pace: Pace) -> None:
    check_pace(Pace())
    with pytest.raises(ParameterError, match=r"train\.schedule") as caught:
        check_pace(pace)
    lines(caught.value)


def test_macro_f1_is_that_of_the_evaluation() -> None:
    chance = np.random.default_rng(3)
    true, predicted = chance.integers(0, 4, 200), chance.integers(0, 3, 200)
    assert macro_f1(true, predicted, 4) == pytest.approx(oracle(true, predicted))


def oracle(true: Any, predicted: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(true, predicted, average="macro"))
