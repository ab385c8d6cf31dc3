"""The picture of one model's answers: whom it takes for whom, or how far off it is. No row stands alone there."""

from pathlib import Path

import numpy as np

from pipelines.answering import Answered
from pipelines.bootstrap import Floats
from pipelines.plots import BLUE, GREY, draw_confusion, figure, save
from pipelines.scores import Scores

# What is drawn is shared by so many rows, or it would be somebody's.
FEWEST = 5
MOST_GROUPS = 12
MOST_BINS = 20


def draw(answered: Answered, scores: Scores, title: str, path: Path) -> None:
    """Classes as a confusion matrix, numbers as predicted beside true and what is left over, texts as their bits."""
    title = f"{title}, {scores.rows:,} test rows"
    if scores.labels:
        draw_confusion(scores, title, path)
    elif answered.task == "regression":
        draw_estimates(answered.true.astype(np.float64), answered.found, title, path)
    else:
        draw_bits(answered.found / np.log(2) / np.maximum(answered.characters, 1), title, path)


def draw_estimates(true: Floats, found: Floats, title: str, path: Path) -> None:
    """Groups of rows by rising answer: what was predicted beside what was true; and what is left over, by group.

    Points are means and bars standard deviations of a group: a median or a quartile would be a single row's.
    """
    picture = figure(8.4, 4.0)
    left, right = picture.subplots(1, 2)
    groups = grouped(found)
    said = np.array([found[group].mean() for group in groups])
    for axes, values in ((left, true), (right, true - found)):
        mean, spread = (np.array([of(values[group]) for group in groups]) for of in (np.mean, np.std))
        axes.errorbar(said, mean, yerr=spread, fmt="o", color=BLUE, capsize=3)
        axes.spines[["top", "right"]].set_visible(False)
    left.plot(said[[0, -1]], said[[0, -1]], color=GREY, linewidth=1, linestyle="--")
    right.axhline(0, color=GREY, linewidth=1, linestyle="--")
    left.set(xlabel="predicted", ylabel="true: mean and standard deviation", title="Predicted and true")
    right.set(xlabel="predicted", ylabel="true - predicted", title="Residuals")
    picture.suptitle(title, fontsize=10)
    save(picture, path)


def grouped(found: Floats) -> list[np.ndarray]:
    """The places of the rows in groups of rising answers, none smaller than FEWEST while there are as many rows."""
    count = max(1, min(MOST_GROUPS, len(found) // FEWEST))
    return np.array_split(np.argsort(found, kind="stable"), count)


def draw_bits(bits: Floats, title: str, path: Path) -> None:
    """How many bits a character costs, over the texts: bins that equally many share, high where they are narrow."""
    picture = figure(5.2, 3.6)
    axes = picture.subplots()
    heights, edges = shared_density(bits)
    axes.stairs(10 * heights / len(bits), edges, fill=True, color=BLUE)
    axes.axvline(float(bits.mean()), color=GREY, linewidth=1, linestyle="--")
    axes.set(xlabel="bits per character (dashed: their mean)", ylabel="texts for each tenth of a bit, %")
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    save(picture, path)


def shared_density(values: Floats) -> tuple[Floats, Floats]:
    """How many of `values` lie in each bin for each unit of its width, and the bins' edges; FEWEST or more share one.

    The edges are quantiles, and the outermost ones leave a fiftieth on either side: extremes would be single rows.
    """
    count = max(1, min(MOST_BINS, len(values) // (2 * FEWEST)))
    edges = np.unique(np.quantile(values, np.linspace(0.02, 0.98, count + 1)))
    if len(edges) < 2:  # all alike
        edges = edges[0] + np.array([-0.5, 0.5])
    counts, _ = np.histogram(values, edges)
    return counts / np.diff(edges), edges
