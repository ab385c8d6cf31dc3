"""Pictures of then and now, as PNG: one per trait, those that moved first."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.drift.compared import Comparison, Moved
from pipelines.drift.traits import OTHER, Trait
from pipelines.plots import BLUE, GREY, ORANGE, figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# So many pictures fit on a page that somebody reads.
MOST = 12
NAMES = 12
LONGEST = 24
BAND = "#d5dae1"


def draw_traits(before: Mapping[str, Trait], found: Comparison, folder: Path) -> dict[str, str]:
    """The file name of each trait's picture in `folder`; traits that cannot move have none."""
    drawn: dict[str, str] = {}
    for moved in found.moved:
        trait = before[moved.name]
        if len(drawn) < MOST and (trait.kind != "number" or len(trait.edges) > 1):
            drawn[moved.name] = f"{len(drawn) + 1:02}.png"
            _draw(trait, found.now[moved.name], moved, folder / drawn[moved.name])
    return drawn


def _draw(before: Trait, now: Trait, moved: Moved, path: Path) -> None:
    height = 1.2 + 0.36 * min(NAMES + 1, len(before.names) + 2) if before.kind == "category" else 3.2
    picture = figure(6.4, max(2.2, height))
    axes = picture.subplots()
    {"number": _bands, "category": _bars, "pieces": _points}[before.kind](axes, before, now)
    axes.set_title(moved.name, loc="left", color=ORANGE if moved.alarm else "black", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    save(picture, path)


def _bands(axes: "Axes", before: Trait, now: Trait) -> None:
    """A number: the share of rows in each bin, and the band in which chance alone would leave it."""
    then, today = _shares(before)[:-1], _shares(now)[:-1]
    if then[-1] == today[-1] == 0:  # nothing lies beyond the last edge
        then, today = then[:-1], today[:-1]
    spread = 1.96 * np.sqrt(then * (1 - then) * (1 / max(before.weight, 1) + 1 / max(now.weight, 1)))
    places = np.arange(len(then))
    axes.bar(places, today, width=0.8, color=BLUE, label=f"now, {now.rows:,} rows")
    axes.step(np.r_[places - 0.5, places[-1] + 0.5], np.r_[then, then[-1]], where="post", color=GREY, linewidth=1.4)
    low, high = np.maximum(then - spread, 0), then + spread
    axes.fill_between(
        np.r_[places - 0.5, places[-1] + 0.5],
        np.r_[low, low[-1]],
        np.r_[high, high[-1]],
        step="post",
        color=GREY,
        alpha=0.35,
        linewidth=0,
        label=f"then, {before.rows:,} rows, with what chance explains",
    )
    every = max(1, len(before.edges) // 6)
    marks = before.edges[: len(then)][::every]
    axes.set_xticks(
        places[: len(before.edges)][::every] + 0.5,
        [f"{edge:,.0f}" if abs(edge) >= 1000 else f"{edge:.3g}" for edge in marks],
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_ylabel("share of rows")
    axes.set_ylim(0, 1.3 * max(float(today.max()), float(high.max())))
    axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=2)


def _bars(axes: "Axes", before: Trait, now: Trait) -> None:
    """A category: the share of each name then and now; the rarest together."""
    then, today = _shares(before), _shares(now)
    names = [*before.names, OTHER, "missing"]
    order = sorted(range(len(names)), key=lambda place: -max(then[place], today[place]))
    shown = [place for place in order if max(then[place], today[place]) > 0][:NAMES]
    places = np.arange(len(shown))
    axes.barh(places - 0.2, then[shown], height=0.38, color=GREY, alpha=0.6, label=f"then, {before.rows:,} rows")
    spread = 1.96 * np.sqrt(today[shown] * (1 - today[shown]) / max(now.weight, 1))
    axes.barh(
        places + 0.2, today[shown], height=0.38, color=BLUE, xerr=spread, ecolor=ORANGE, label=f"now, {now.rows:,} rows"
    )
    axes.set_yticks(places, [_short(names[place]) for place in shown])
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.legend(loc="lower right", frameon=False, fontsize=8)


def _points(axes: "Axes", before: Trait, now: Trait) -> None:
    """Pieces of words: how many texts held each then, and how many now; on the line nothing moved."""
    then, today = _shares(before), _shares(now)
    most = 1.05 * float(max(then.max(initial=0), today.max(initial=0), 0.01))
    axes.plot([0, most], [0, most], color=GREY, linewidth=1, linestyle="--")
    axes.scatter(then, today, s=9, color=BLUE, alpha=0.6, linewidths=0)
    axes.set(xlabel="texts that held it then", ylabel="now", xlim=(0, most), ylim=(0, most))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _shares(trait: Trait) -> np.ndarray:
    return trait.array / max(trait.weight, 1e-9)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
