"""What a column reveals about a person: by its cells first, and by its name."""

import re

import polars as pl

from pipelines.privacy.identifiers import find_identifiers
from pipelines.proposing.cells import HAN, Cells, are_amounts
from pipelines.proposing.naming import names_a_person, says, score, words
from pipelines.proposing.vocabulary import KEY, NAMES, PLACE, REACH, ROW, TEXT, THINGS, TRAIT
from pipelines.record import Privacy

LOOKED_AT = 200  # cells
MOSTLY = 0.6
FEW_PEOPLE = 20  # fewer are types of users, or somebody's test
LONGER_THAN_NAMES = 7  # words
GENDERS = {
    *[
        "male",
        "female",
        "m",
        "f",
        "man",
        "woman",
        "men",
        "women",
        "boy",
        "girl",
        "nonbinary",
        "other",
        "x",
        "d",
        "w",
        "divers",
    ],
    *"男女",
    "男性",
    "女性",
}
COORDINATES = re.compile(r"[\[(]?\s*-?\d{1,3}\.\d+\s*,\s*-?\d{1,3}\.\d+\s*[\])]?")
POSTCODE = re.compile(r"\d{5}(-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")
HANDLE = re.compile(r"@\w{2,}")


def privacy_of(cells: Cells, sample: pl.Series) -> tuple[Privacy, str | None]:
    """What a column reveals, and a reason where its name alone would not say so."""
    name = cells.name
    if cells.is_constant:
        return ("quasi" if says(name, PLACE | TRAIT | REACH | NAMES) or names_a_person(name) else "none"), None
    if names_a_person(name):
        return ("identifier" if cells.kinds > FEW_PEOPLE or says(name, NAMES | REACH) else "quasi"), None
    found = sample.drop_nulls().str.strip_chars()
    texts = found.filter(found != "").unique(maintain_order=True).head(LOOKED_AT).to_list()
    by_content = _by_content(cells, texts)
    if by_content is not None:
        return by_content
    if says(name, REACH) and cells.type in ("text", "integer"):
        return "identifier", None
    if _is_key(cells):
        return "identifier", None if set(words(name)) & KEY else "nearly every row has a value of its own: a key"
    if says(name, PLACE | TRAIT):
        return "quasi", None
    if cells.is_free_text and (cells.words >= LONGER_THAN_NAMES or score(name, TEXT)):
        return "free_text", None
    if cells.type == "text" or cells.type == "category":
        return _by_names(cells, texts)
    return "none", None


def _by_content(cells: Cells, texts: list[str]) -> tuple[Privacy, str | None] | None:
    if cells.type in ("category", "boolean") and 2 <= cells.kinds <= 4 and {t.lower() for t in texts} <= GENDERS:
        return "quasi", None if says(cells.name, TRAIT) else "its values are genders"
    if cells.type not in ("text", "category") or not texts:
        return None
    if _share(texts, COORDINATES) > MOSTLY:
        return "identifier", "its cells are places on the map, to a house"
    if _share(texts, POSTCODE) > 0.9:
        return "quasi", "its cells look like postcodes"
    if are_amounts(pl.Series(texts, dtype=pl.String)):
        return "none", None
    if cells.words < 6:
        kinds = [kind for text in texts if (kind := _identifier(text)) is not None]
        if len(kinds) > MOSTLY * len(texts):
            return "identifier", f"most of its cells are identifiers ({max(set(kinds), key=kinds.count)})"
    return None


def _share(texts: list[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(text) is not None for text in texts) / len(texts)


def _identifier(text: str) -> str | None:
    """The type of the identifier that takes up nearly all of a cell, if one does."""
    if HANDLE.fullmatch(text):
        return "HANDLE"
    spans = find_identifiers(text)
    covered = sum(span.end - span.start for span in spans)
    return spans[0].type if spans and covered >= 0.8 * len(text) else None


def _is_key(cells: Cells) -> bool:
    """Whether the values are one per row, or nearly: whole numbers and words without blanks, not measurements."""
    if cells.distinct < 0.9 or cells.kinds < 20 or cells.words > 1.2 or cells.type not in ("text", "integer"):
        return False
    if cells.type == "integer":
        return says(cells.name, ROW) or names_a_person(cells.name) or _counts_rows(cells)
    return says(cells.name, ROW) or (cells.longest <= 64 and not says(cells.name, PLACE))


def _counts_rows(cells: Cells) -> bool:
    """Whether whole numbers go on by ones, or are as long as the numbers that machines give out."""
    if cells.distinct < 0.999 or cells.low is None or cells.high is None:
        return False
    return cells.low >= 1e6 or cells.high - cells.low < 1.5 * cells.rows


def _by_names(cells: Cells, texts: list[str]) -> tuple[Privacy, str | None]:
    """Short texts of many values: people's names, or whatever people write."""
    from pipelines.privacy.entities import find_names_in

    said = set(words(cells.name))
    if says(cells.name, NAMES) and not said & THINGS and cells.words < 3:
        return "identifier", None
    looked_at = [text for text in texts if 3 <= len(text) <= 40 or HAN.search(text)][:100]
    named = 0
    for text, spans in zip(looked_at, find_names_in(looked_at), strict=True):
        people = sum(span.end - span.start for span in spans if span.type == "PERSON")
        named += people >= 0.6 * len(text)
    if looked_at and named > MOSTLY * len(looked_at):
        return "identifier", "most of its cells are people's names"
    if cells.type == "category":
        return "none", None
    if cells.is_free_text:
        return "free_text", None
    return "free_text", "short texts of many values: it is treated as what people write"
