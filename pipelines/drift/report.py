"""A comparison as JSON, and as a page that one would show a colleague."""

import html
from collections.abc import Mapping
from typing import Any

from pipelines.drift.compared import Comparison
from pipelines.drift.profile import Profile
from pipelines.pages import page

DRIFT = "drift.json"
JUDGED = (
    "A trait moved where two things hold: its PSI (population stability index, less what chance adds) matters, and "
    "its p-value, adjusted for all traits together, is below 5 %. So a large sample alone raises no alarm, and of "
    "twenty comparisons of equal data one at most does. Many rows of one person count for less than as many people's. "
    "Cramér's V is that of two equal halves."
)


def describe(found: Comparison, profile: Profile, version: int) -> dict[str, Any]:
    """The comparison with the champion of this `version`: counts, shares and effect sizes; no value of a row."""
    return {
        "champion": version,
        "rows_then": profile.rows,
        "rows_now": found.rows,
        "alarms": [moved.name for moved in found.alarms],
        "traits": [moved.to_dict() for moved in found.moved],
    }


def first_page(name: str, card: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    """The page of a comparison: what moved, by how much, and a picture of each trait."""
    alarms, traits = card["alarms"], card["traits"]
    moved = f"{len(alarms)} of {len(traits)} traits moved" if alarms else f"None of {len(traits)} traits moved"
    body = (
        f"<h1>Then and now: {html.escape(name)}</h1><p class=big>{moved}</p>"
        f"<p>The {card['rows_now']:,} rows that came in since champion version {card['champion']} was made, beside the "
        f"{card['rows_then']:,} that it learnt from. No value of any row stands on this page.</p>{_table(traits)}"
        f"<p class=soft>{JUDGED}</p>"
        f"<h2>Pictures</h2><div class=figures>{_figures(traits, pictures)}</div>"
    )
    return page(f"Then and now: {name}", body)


def _table(traits: list[dict[str, Any]]) -> str:
    heads = ("trait", "", "PSI", "Cramér's V", "p", "missing then", "now", "unknown now")
    numeric = "".join(f"<th class=count>{head}</th>" for head in heads[2:])
    rows = "".join(_row(trait) for trait in traits)
    return f"<div class=scroll><table><tr><th>{heads[0]}</th><th></th>{numeric}</tr>{rows}</table></div>"


def _row(trait: Mapping[str, Any]) -> str:
    figures = trait["figures"]
    cells = [
        f"{trait['psi']:.3f}",
        f"{trait['cramers_v']:.3f}",
        "&lt; 0.001" if trait["p_value"] < 0.001 else f"{trait['p_value']:.3f}",
        *(_share(figures.get(key)) for key in ("missing_before", "missing_now", "unknown_now")),
    ]
    verdict = "<td class=warn>moved</td>" if trait["alarm"] else "<td class=good>as before</td>"
    return (
        f"<tr><td>{html.escape(trait['name'])}</td>{verdict}"
        + "".join(f"<td class=count>{c}</td>" for c in cells)
        + "</tr>"
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _figures(traits: list[dict[str, Any]], pictures: Mapping[str, str]) -> str:
    return "".join(
        f"<figure><img src='{pictures[trait['name']]}' alt='{html.escape(trait['name'])}: then and now'></figure>"
        for trait in traits
        if trait["name"] in pictures
    )
