"""What a flow says while it goes on: one line per step, on standard output."""

import sys

SIGNS = {"ran": "●", "restored": "◐", "unchanged": "○", "failed": "✗"}


def tell(name: str, outcome: str, seconds: float, detail: str = "") -> None:
    """Print how a step ended."""
    line = f"{SIGNS[outcome]} {name:<10} {outcome:<10}{seconds:6.1f} s   {detail}"
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()
