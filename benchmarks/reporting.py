"""How a benchmark tells what it found: a table on the terminal, and benchmarks/results/NAME.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured figure beside what it is held against."""

    what: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    anchor: str
    bar: float | None
    how: str

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached, or None where there is none."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.better == "higher" else self.value <= self.bar


def report(name: str, figures: list[Figure]) -> None:
    """Print the table of `figures` and write them to benchmarks/results/`name`.json."""
    table = Table(title=name)
    for head in ("what", "value", "bar", "", "anchor"):
        table.add_column(head, justify="right" if head in ("value", "bar") else "left")
    for figure in figures:
        sign = {True: "✓", False: "✗", None: ""}[figure.reached]
        bar = "" if figure.bar is None else f"{figure.bar:g} {figure.unit}"
        table.add_row(figure.what, f"{figure.value:.4g} {figure.unit}", bar, sign, figure.anchor)
    Console(width=140).print(table)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
