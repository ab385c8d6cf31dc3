"""The sample with canaries: what nobody else's data hold, in a form that each column lets through as far as it can."""

import csv
from pathlib import Path

from pipelines.sample import COLUMNS, reviews

# One canary per column.
CANARIES = {
    "user_id": "u-canaryuser77",
    "name": "Canarina Featherstone",
    "email": "canary.bird@example.org",
    "phone": "+1 202-555-0177",
    "age": "30977309773097",
    "city": "Canaryville upon Nowhere",
    "rating": "88077880778807",
    "consent": "canary-consent-77",
    "written_at": "canary-time-77",
    "sentiment": "canary-label-77",
}
WRITTEN = {  # inside the free text
    "an e-mail": "canary.inside@example.net",
    "a phone number": "202-555-0188",
    "a Chinese mobile": "13912345678",
    "a link": "https://canary.example.com/nest/77",
    "a handle": "@canary_handle77",
    "a card": "4111 1111 1111 1111",
    "a resident id": "11010519491231002X",
}


def planted() -> list[dict[str, str | None]]:
    """The sample, with a canary in every column, each in a row of its own and all of them in the free text."""
    rows = list(reviews(1000, seed=11))
    for place, (column, canary) in enumerate(CANARIES.items()):
        rows[20 + place] = {**rows[20 + place], column: canary}
    for place, written in enumerate(WRITTEN.values()):
        rows[60 + place] = {**rows[60 + place], "review": f"Works well, ask me: {written} , any time. Nice colour."}
    # A row whose every identifying column is a canary, and that passes.
    rows[80] = {**rows[80], **{name: CANARIES[name] for name in ("user_id", "name", "email", "phone")}}
    return rows


def write(path: Path, rows: list[dict[str, str | None]], columns: list[str] | None = None) -> None:
    """Write a source, of these columns alone where they are given."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(COLUMNS), extrasaction="ignore")
        writer.writeheader()
        writer.writerows({name: value or "" for name, value in row.items()} for row in rows)
