"""What the families come to on pictures: MNIST's handwritten digits, and scikit-learn's small ones; breast cancer too.

    FLYWHEEL_DATASETS=DIR [FLYWHEEL_THREADS=2] python benchmarks/models_pictures.py [ROW …]

DIR/mnist holds the four IDX files. The standard split stands: 5,000 of MNIST's 60,000 training pictures validate, and
its 10,000 test pictures are asked once, when the training has ended. scikit-learn's digits are split 80/20, stratified,
with seed 42, and an eighth of the 80 validates; breast cancer is asked in 5 folds with seed 42, a tenth of each fold's
training rows validates, and the mean validation loss of the folds chose the options. Seconds are CPU-seconds of the
whole training.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reporting import RESULTS, Figure, report

from pipelines.bundle import Bundle
from pipelines.models import Family, Part, Problem, Schedule, fit
from pipelines.models.options import Cnn, Mlp, Pace
from pipelines.record import Column, Record
from pipelines.sources.idx import idx_rows

SEED = 7
Places = NDArray[np.int64]
DIGITS = Record("digits", (Column("image", "image", "feature"), Column("label", "category", "label")))
Posed = Iterator[tuple[Problem, Part]]


class Silent:
    """Whoever does not look."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """One line, for whoever waits."""
        told = "  ".join(f"{name} {value:.4f}" for name, value in measures.items())
        print(f"  epoch {epoch}/{epochs}  {told}", flush=True)


def mnist() -> Posed:
    """MNIST with its own split; 5,000 training pictures, drawn by the seed, validate."""
    folder = Path(os.environ["FLYWHEEL_DATASETS"]) / "mnist"
    images, labels = zip(*(_idx(folder, part) for part in ("train", "t10k")), strict=True)
    order = np.random.default_rng(SEED).permutation(len(images[0]))
    names = tuple(str(digit) for digit in range(10))
    rest, held = _picked(images[0], labels[0], order[5000:]), _picked(images[0], labels[0], order[:5000])
    test = _picked(images[1], labels[1], np.arange(len(images[1])))
    yield Problem(DIGITS, names, rest, held, np.ones(10), SEED), test


def _idx(folder: Path, part: str) -> tuple[list[str], NDArray[np.int64]]:
    files = (folder / f"{part}-images-idx3-ubyte.gz", folder / f"{part}-labels-idx1-ubyte.gz")
    rows = list(idx_rows(*files, ("image", "label"), ("image", "label")))
    return [str(row["image"]) for row in rows], np.array([int(row["label"] or 0) for row in rows], dtype=np.int64)


def _picked(cells: list[str], labels: NDArray[np.int64], places: NDArray[np.int64]) -> Part:
    return Part({"image": [cells[place] for place in places]}, labels[places])


def small_digits() -> Posed:
    """scikit-learn's 1,797 digits of 8 x 8 as PNG files."""
    from base64 import b64encode

    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from pipelines.pictures import stored_png

    data = load_digits()
    grey = (data.images * (255 / 16)).round().astype(np.uint8)
    cells = [b64encode(stored_png(each.tobytes(), 8, 8)).decode() for each in grey]
    learnt, test = train_test_split(np.arange(len(cells)), test_size=0.2, stratify=data.target, random_state=42)
    yield _posed(DIGITS, {"image": cells}, data, learnt, test, 0.125)


def breast_cancer() -> Posed:
    """scikit-learn's 569 tumours by 30 measures."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import StratifiedKFold

    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    measured = tuple(Column(name, "number", "feature") for name in names)
    record = Record("tumours", (*measured, Column("label", "category", "label")))
    columns = {name: data.data[:, place].tolist() for place, name in enumerate(names)}
    for learnt, test in StratifiedKFold(5, shuffle=True, random_state=42).split(data.data, data.target):
        yield _posed(record, columns, data, learnt, test, 0.1)


def _posed(
    record: Record, columns: dict[str, list[Any]], data: Any, learnt: Places, test: Places, share: float
) -> tuple[Problem, Part]:
    from sklearn.model_selection import train_test_split

    target, names = data.target, tuple(map(str, data.target_names))
    train, valid = train_test_split(learnt, test_size=share, stratify=target[learnt], random_state=42)

    def part(places: Places) -> Part:
        picked = {name: [cells[place] for place in places] for name, cells in columns.items()}
        return Part(picked, target[places].astype(np.int64))

    return Problem(record, names, part(train), part(valid), np.ones(len(names)), SEED), part(test)


# Each row: the set, the family, its options, epochs, batch, rate, patience, the bar, and its anchor.
ROWS: dict[str, tuple[Callable[[], Posed], Family, Any, tuple[int, int, float, int], float, str]] = {
    "mnist, cnn": (mnist, "cnn", Cnn(), (8, 128, 0.002, 8), 99.2, "Keras mnist_convnet 99.22"),
    "mnist, mlp": (mnist, "mlp", Mlp(), (12, 128, 0.001, 12), 98.4, "Keras mnist_mlp 98.40"),
    "digits, cnn": (small_digits, "cnn", Cnn(), (40, 32, 0.001, 40), 98.5, "80/20, seed 42"),
    "breast cancer, mlp": (breast_cancer, "mlp", Mlp(layers=(32,), dropout=0.5), (30, 32, 0.002, 30), 97.0, "5 folds"),
}


def measure(name: str) -> Figure:
    """Train the row called `name`, and ask its bundle for every test row once."""
    posed, family, options, (epochs, batch, rate, patience), bar, anchor = ROWS[name]
    pace = Pace(decay="cosine", weight_decay=0.1 if posed is breast_cancer else 0.0)
    cpu, wall, shares, rows = 0.0, 0.0, [], 0
    for problem, test in posed():
        started = (time.process_time(), time.perf_counter())
        with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
            schedule = Schedule(epochs, batch, rate, patience, Path(folder) / "checkpoint.npz", pace=pace)
            fitted = fit(family, problem, options, schedule, Silent())
        cpu, wall = cpu + time.process_time() - started[0], wall + time.perf_counter() - started[1]
        bundle = Bundle(family, problem.labels, fitted.features, fitted.graph, fitted.about)
        shares.append(float(100 * (bundle.probabilities(test.columns).argmax(axis=1) == test.labels).mean()))
        rows += len(test.labels)
    right = float(np.mean(shares))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    how = (
        f"{fitted.about['parameters']:,} parameters, best of {fitted.about['epoch']} epochs: "
        f"{fitted.about['best_epoch']}; {rows:,} test rows; seed {SEED}; {cpu:,.0f} CPU-s, {wall:,.0f} s "
        f"on a machine that others used too; peak {peak:,.0f} MB"
    )
    return Figure(name, right, "%", "higher", anchor, bar, how)


def figures(wanted: list[str] | None = None) -> list[Figure]:
    """The rows that are `wanted`, or all; those of MNIST only where the data are there."""
    names = wanted or list(ROWS)
    if not (Path(os.environ.get("FLYWHEEL_DATASETS", "")) / "mnist").is_dir():
        print("pictures: FLYWHEEL_DATASETS names no folder with mnist; its rows are left out.")
        names = [name for name in names if not name.startswith("mnist")]
    found = []
    for name in names:
        print(name, flush=True)
        found.append(measure(name))
        print(f"  {found[-1].value:.2f} %  {found[-1].how}", flush=True)
    return found


def kept(found: list[Figure]) -> list[Figure]:
    """The figures of all rows: those just `found`, and of other rows those that were measured last."""
    path = RESULTS / "models_pictures.json"
    before = [Figure(**each) for each in json.loads(path.read_text("utf-8"))] if path.is_file() else []
    fresh = {figure.what: figure for figure in [*before, *found]}
    return [fresh[name] for name in ROWS if name in fresh]


if __name__ == "__main__":
    report("models_pictures", kept(figures(sys.argv[1:])))
