"""Pictures of scores, as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.bootstrap import Floats
from pipelines.membership import FALSE_POSITIVES, curve
from pipelines.record import Task
from pipelines.scores import Scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#2458a6", "#c8641b", "#6b7280"
# Of baseline, candidate and champion, in every picture that shows them beside each other.
ROLES = (GREY, BLUE, ORANGE)
CLASSES = {"accuracy": "accuracy", "macro_f1": "macro F1", "roc_auc": "ROC AUC"}
COMPARED: dict[Task, dict[str, str]] = {
    "classification": CLASSES,
    "ordinal": CLASSES | {"quadratic_kappa": "quadratic kappa"},
    "regression": {"r2": "R²"},
    "language": {"bits_per_character": "bits per character", "unigram_bits": "by frequency"},
}
# So many classes can be read in a picture; of more, the commonest.
MOST_DRAWN = 25
# Class names come in Chinese too; the first of these that the machine has draws them.
FONTS = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", "DejaVu Sans"]


def draw_confusion(scores: Scores, title: str, path: Path) -> None:
    """How often each class was taken for each other one: shares of the true class, counts in brackets."""
    counts = np.array(scores.confusion)
    drawn = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:MOST_DRAWN])
    labels, counts = [scores.labels[place] for place in drawn], counts[np.ix_(drawn, drawn)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = max(3.6, 1.1 * len(labels) + 1.6)
    picture = figure(size + 0.6, size)
    axes = picture.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        ink = "white" if share > 0.55 else "black"
        axes.text(column, row, f"{share:.0%}\n({counts[row, column]:,})", ha="center", va="center", color=ink)
    places = range(len(labels))
    axes.set_xticks(places, labels, rotation=30 if len(labels) > 3 else 0)
    axes.set_yticks(places, labels)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    save(picture, path)


def draw_comparison(scores: Mapping[str, Scores], path: Path) -> None:
    """The models' main measures side by side, with 95 % intervals."""
    task = next(iter(scores.values())).task
    compared = COMPARED[task]
    told = "{:.1%}" if task == "classification" else "{:.3f}"
    # A figure above each bar wants a third of an inch.
    picture = figure(6.4, 0.9 + max(0.75, 0.36 * len(scores)) * len(compared))
    axes = picture.subplots()
    for shift, (role, found) in enumerate(scores.items()):
        colour = ROLES[shift % 3]
        for place, measure in enumerate(compared):
            value = found.measures.get(measure)
            if value is None:
                continue
            # Of a few draws the interval may lie beside the value.
            spread = [[max(0.0, value.value - value.low)], [max(0.0, value.high - value.value)]]
            label = role if place == 0 else None
            axes.errorbar(value.value, place + 0.24 * shift, xerr=spread, fmt="o", color=colour, capsize=4, label=label)
            axes.annotate(
                told.format(value.value),
                (value.value, place + 0.24 * shift),
                (0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=colour,
            )
    axes.set_yticks([place + 0.12 for place in range(len(compared))], list(compared.values()))
    axes.invert_yaxis()
    if task == "classification":
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_title("Test rows, with 95 % intervals")
    axes.legend(loc="best", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12, y=0.18)
    save(picture, path)


def draw_membership(told: Mapping[str, tuple[Floats, Floats]], path: Path) -> None:
    """How many training rows are told from test rows by the loss, over the share of false alarms: both logarithmic."""
    picture = figure(4.8, 4.4)
    axes = picture.subplots()
    least = 1 / max(others.size for _, others in told.values())
    axes.plot([least, 1], [least, 1], color=GREY, linewidth=1, linestyle="--", label="a coin")
    for colour, (name, (members, others)) in zip(ROLES, told.items(), strict=False):
        false, true = curve(members, others)
        axes.step(np.maximum(false, least / 2), np.maximum(true, least / 2), where="post", color=colour, label=name)
    axes.axvline(FALSE_POSITIVES, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1.05))
    axes.set(xlabel="test rows taken for training rows", ylabel="training rows found", title="Membership inference")
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    save(picture, path)


def figure(width: float, height: float) -> "Figure":
    """An empty picture, inches wide and high, in a font that has Chinese where the machine has one."""
    # The object interface: no global state, no window, no backend to choose.
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    present = {font.name for font in fontManager.ttflist}
    mpl.rcParams["font.family"] = [name for name in FONTS if name in present] or ["DejaVu Sans"]
    return Figure(figsize=(width, height), layout="constrained")


def save(picture: "Figure", path: Path) -> None:
    """Write `picture` as PNG."""
    # Without the version stamp equal pictures are equal bytes.
    picture.savefig(path, dpi=120, metadata={"Software": None})
