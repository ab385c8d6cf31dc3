"""All figures of privacy: each part measured in a process of its own, pinned to one core, peers beside it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from reporting import RESULTS, Figure, report

HERE = Path(__file__).parent
ROOT = HERE.parent
MARKS = ("<!-- privacy: written by `make bench-privacy` -->", "<!-- end of privacy -->")
PARTS = ("sealing", "text", "chinese", "tables", "leaks", "erasure", "training", "proof")


def main() -> None:
    """Run the parts, or those that are named; print and write what they found together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[], help="all of them by default")
    parts = parser.parse_args().parts or PARTS
    for part in parts:
        print(f"{part} …", flush=True)
        subprocess.run([sys.executable, str(HERE / f"privacy_{part}.py")], check=True)
    found = [path for part in PARTS if (path := RESULTS / f"privacy_{part}.json").is_file()]
    figures = [Figure(**entry) for path in found for entry in json.loads(path.read_text("utf-8"))]
    report("privacy", figures)
    for name in ("README.md", "README.zh-CN.md"):
        write(ROOT / name, [figure for figure in figures if figure.bar is not None])


def told(value: float) -> str:
    """A figure as people read it: four digits, and no power of ten."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def write(readme: Path, figures: list[Figure]) -> None:
    """Put the figures that have a bar into `readme`, between its marks."""
    start, end = MARKS
    before, _, rest = readme.read_text("utf-8").partition(start)
    rows = ["| what | measured | bar | | anchor |", "|---|---|---|---|---|"]
    for each in figures:
        sign = "✓" if each.reached else "✗"
        anchor = each.anchor.replace("|", "/")
        rows.append(f"| {each.what} | {told(each.value)} {each.unit} | {told(each.bar or 0.0)} | {sign} | {anchor} |")
    readme.write_text(before + "\n".join([start, *rows, end]) + rest.partition(end)[2], "utf-8")


if __name__ == "__main__":
    main()
