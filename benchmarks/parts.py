"""A benchmark of several parts: each measured in a process of its own, all told in one table and in both READMEs."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from reporting import RESULTS, Figure, report

HERE = Path(__file__).parent
ROOT = HERE.parent


def run_parts(name: str, parts: Sequence[str], description: str | None, also: Sequence[str] = ()) -> None:
    """Run the files `NAME_PART.py` of the parts named on the command line, or of all; print and write their figures.

    What other benchmarks found, `also`, is told with them.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("parts", nargs="*", choices=[[], *parts], default=[], help="all of them by default")
    for part in parser.parse_args().parts or parts:
        print(f"{part} …", flush=True)
        subprocess.run([sys.executable, str(HERE / f"{name}_{part}.py")], check=True)
    tell(name, [f"{name}_{part}" for part in parts] + list(also))


def tell(name: str, results: Sequence[str]) -> None:
    """Print and write what each of the `results` found when it was measured last."""
    found = [path for each in results if (path := RESULTS / f"{each}.json").is_file()]
    figures = [Figure(**entry) for path in found for entry in json.loads(path.read_text("utf-8"))]
    report(name, figures)
    for readme in ("README.md", "README.zh-CN.md"):
        write(ROOT / readme, name, [figure for figure in figures if figure.bar is not None])


def told(value: float) -> str:
    """A figure as people read it: four digits, and no power of ten."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def write(readme: Path, name: str, figures: list[Figure]) -> None:
    """Put the figures that have a bar into `readme`, between the marks of this benchmark."""
    start, end = f"<!-- {name}: written by `make bench-{name}` -->", f"<!-- end of {name} -->"
    before, _, rest = readme.read_text("utf-8").partition(start)
    rows = ["| what | measured | bar | | anchor |", "|---|---|---|---|---|"]
    for each in figures:
        sign = "✓" if each.reached else "✗"
        anchor = each.anchor.replace("|", "/")
        rows.append(f"| {each.what} | {told(each.value)} {each.unit} | {told(each.bar or 0.0)} | {sign} | {anchor} |")
    readme.write_text(before + "\n".join([start, *rows, end]) + rest.partition(end)[2], "utf-8")
