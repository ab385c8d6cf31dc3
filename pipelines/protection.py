"""From what `train.privacy` promises to what a training does: checked, planned, paid for from the budget, told."""

import hashlib
import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.accounting import Spending, epsilon_of, noise_for
from pipelines.errors import ParameterError
from pipelines.files import digest
from pipelines.models import Part, Problem
from pipelines.models.options import Privacy
from pipelines.record import Record
from pipelines.units import of_rows, of_subjects

COVERS = (
    "each unit's rows in the training part, against whoever sees the weights after any step; not the sizes of the "
    "parts, not the validation and test rows, whose measures are published, and not what `anonymise` and `split` did"
)

# Families that are not taught step by step, so that no noise can go with a step.
WITHOUT_GRADIENTS = ("linear", "nbsvm", "ngrams", "boosting", "auto")


def check_privacy(privacy: Privacy, family: str, record: Record, class_weight: str) -> None:
    """Raise ParameterError where something else than noisy gradients would tell of the training rows."""
    wrong = {
        "epsilon": privacy.epsilon > 0,
        "delta": 0 < privacy.delta < 1,
        "clip": privacy.clip > 0,
        "rows": privacy.rows >= 1,
    }
    for key, right in wrong.items():
        if not right:
            raise ParameterError(
                f"params.yaml: `train.privacy.{key}` is {getattr(privacy, key):g}.",
                f"Expected {'a number between 0 and 1' if key == 'delta' else 'a number above 0'}.",
                "start from `{epsilon: 3, delta: 1e-5, clip: 1}`.",
            )
    if family in WITHOUT_GRADIENTS:
        raise ParameterError(
            f"params.yaml: `train.family` is '{family}', which is not trained by noisy gradients.",
            "Expected, with `train.privacy`, a neural family: lstm for a text, mlp for a table.",
            "choose one of them; `mlp: {layers: []}` is a logistic regression.",
        )
    if record.task != "classification" or (record.text is not None and record.features):
        raise ParameterError(
            "params.yaml: `train.privacy` is set, and `record` asks for more than classes of a text, or of a table.",
            "Expected a label of categories without an order, and either a text or a table: what is protected today.",
            "change the label's column and the features in `record`, or remove `train.privacy`.",
        )
    if class_weight == "balanced":
        raise ParameterError(
            "params.yaml: `train.class_weight` is 'balanced', which counts the training rows without noise.",
            "Expected, with `train.privacy`, no weights that come from the rows.",
            "write `class_weight: none`.",
        )
    if not record.label.categories:
        raise ParameterError(
            f"params.yaml: `record.columns.{record.label.name}` lists no categories, and `train.privacy` is set.",
            "Expected the labels by name: to take them from the rows would tell of single people.",
            f"give `{record.label.name}` its `categories`.",
        )


def plan(privacy: Privacy, part: Part, epochs: int, batch_size: int) -> tuple[NDArray[np.int32], Spending]:
    """The units of the training rows, and the least noise that keeps the promise over all steps.

    `batch_size` is how many units a sample is expected to have. Raises ParameterError where delta is no promise.
    """
    count = len(part.labels)
    table = of_subjects(part.subjects, privacy.rows) if unit_of(privacy, part) == "subject" else of_rows(count)
    if privacy.delta * len(table) >= 1:
        raise ParameterError(
            f"params.yaml: `train.privacy.delta` is {privacy.delta:g}, with {len(table):,} units in the training rows.",
            f"Expected less than one in so many ({1 / len(table):.2g}): a larger one allows to publish a person whole.",
            "make `delta` smaller.",
        )
    rate = min(1.0, batch_size / len(table))
    steps = epochs * math.ceil(1 / rate)
    return table, Spending(noise_for(privacy.epsilon, privacy.delta, rate, steps), rate, steps)


def unit_of(privacy: Privacy, part: Part) -> str:
    """What is protected; where nobody is named in the data, a row is its own subject."""
    return privacy.unit if part.subjects else "example"


def terms(privacy: Privacy, spending: Spending, problem: Problem) -> dict[str, Any]:
    """The promise as the bundle, MLflow and the ledger tell it."""
    unit = unit_of(privacy, problem.train)
    return {
        "epsilon": epsilon_of(spending.sigma, privacy.delta, spending.rate, spending.steps),
        "delta": privacy.delta,
        "clip": privacy.clip,
        **asdict(spending),
        "unit": unit,
        "rows_per_unit": privacy.rows if unit == "subject" else 1,
        "sampling": "poisson",
    }


def training_of(settings: Mapping[str, Any], record: Record, splits: Path) -> str:
    """The identity of a training: the digest of everything that its gradients depend on.

    Noise is a function of it. Were the same noise to fall on two different gradients, their difference would be
    left bare; so code, libraries and threads belong to it as well as rows and parameters.
    """
    code = Path(__file__).parent
    files = sorted([*code.glob("*.py"), *(code / "models").glob("*.py")])
    content = {
        "settings": {key: repr(value) for key, value in settings.items()},
        "record": repr(record),
        "rows": digest(splits / "train.parquet"),
        "code": digest(*files),
        "libraries": {name: _version(name) for name in ("keras", "numpy", "tensorflow", "tensorflow-cpu")},
        "machine": [platform.machine(), os.cpu_count(), os.environ.get("OMP_NUM_THREADS")],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
