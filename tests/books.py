"""Excel workbooks as openpyxl writes them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]


def book(path: Path, sheets: dict[str, Rows], change: Callable[[Any], object] | None = None) -> Path:
    """Write a workbook of `sheets`, after a `change` to what openpyxl has of it; its path."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(made)
    made.save(path)
    return path
