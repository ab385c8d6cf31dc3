"""What stands there more than once: rows, texts, ids; one text with two labels; test rows that also stand in train."""

import polars as pl

from pipelines.checks.finding import NAMED, Finding, Threshold, grade
from pipelines.checks.gathered import Gathered
from pipelines.checks.nearly import NEAR, near_pairs

# A column names rows where hardly any two of them share a value.
NEARLY_ALL = 0.95
FEWEST = 50
TRAIN, TEST = ("train",), ("test",)


def repeated_texts(seen: Gathered, threshold: Threshold) -> Finding | None:
    """Rows whose text, to the letter, stands in an earlier row."""
    if "text" not in seen.keys.columns:
        return None
    texts = seen.keys.filter(pl.col("text").is_not_null())
    again = texts.filter(~pl.col("text").is_first_distinct())["row"]
    alike = texts.filter(~pl.col("normal").is_first_distinct()).height
    return _finding(
        "repeated_texts",
        "texts that repeat an earlier one",
        again,
        texts.height,
        threshold,
        f"{alike:,} where width, case and spacing do not count. A text that stands in two parts of the data is seen in "
        "training and asked in the test.",
        "nothing, if they are of different people: `split` keeps equal texts in one part. Else remove them.",
        {"alike": alike},
    )


def repeated_rows(seen: Gathered, threshold: Threshold) -> Finding | None:
    """Rows that equal an earlier one in every column."""
    again = seen.keys.filter(~pl.col("content").is_first_distinct())["row"]
    return _finding(
        "repeated_rows",
        "rows that repeat an earlier one",
        again,
        seen.rows,
        threshold,
        "Every column is the same: the source was read twice, or written twice.",
        "remove them at the source, or give `record` the column that tells them apart.",
    )


def near_texts(seen: Gathered, threshold: Threshold) -> Finding | None:
    """Rows whose text is nearly that of an earlier row."""
    signed = seen.signatures
    pairs = near_pairs(signed)
    later = sorted({int(place) for place in pairs[:, 1]})
    rows = pl.Series([signed.rows[place] for place in later], dtype=pl.String)
    looked = f" Looked for among {len(signed.rows):,} texts, {signed.kept:.0%} of all." if signed.kept < 1 else ""
    return _finding(
        "near_texts",
        "texts that nearly repeat another one",
        rows,
        len(signed.rows),
        threshold,
        f"They share {NEAR:.0%} of their runs of characters or more (Jaccard): boilerplate, retweets, corrections."
        f"{looked} A model that has read one knows the other.",
        "look at a few by their ids; where they are one text, remove them at the source or strip what is common.",
        {"pairs": len(pairs), "texts": len(signed.rows)},
    )


def two_labels(seen: Gathered, threshold: Threshold) -> Finding | None:
    """Rows whose text, to the letter, carries another label elsewhere."""
    if "text" not in seen.keys.columns:
        return None
    held = seen.keys.filter(pl.col("text").is_not_null() & pl.col("label").is_not_null())
    disputed = held.filter(pl.col("label").n_unique().over("text") > 1)
    alike = held.filter(pl.col("label").n_unique().over("normal") > 1)
    texts, normals = disputed["text"].n_unique(), alike["normal"].n_unique()
    return _finding(
        "two_labels",
        "texts with two labels",
        alike["row"],
        held.height,
        threshold,
        f"{texts:,} texts to the letter, {normals:,} where width, case and spacing do not count: people disagreed, or "
        "one erred. They are held back, unless feedback settled them.",
        "decide each by its ids, or leave them out: nobody can learn from them.",
        {"texts": texts, "texts_alike": normals},
    )


def learnt_tests(seen: Gathered, threshold: Threshold) -> Finding | None:
    """Rows of the test part whose text, or whose features where there is none, also stand in the training part."""
    split = seen.record.with_role("split")
    if split is None:
        return None
    key = "text" if "text" in seen.keys.columns else "features"
    rows = seen.keys.filter(pl.col(key).is_not_null())
    part = pl.col("part").cast(pl.String).str.to_lowercase()
    learnt = rows.filter(part.is_in(TRAIN))[key].unique()
    asked = rows.filter(part.is_in(TEST))
    known = asked.filter(pl.col(key).is_in(learnt.implode()))["row"]
    return _finding(
        "test_in_train",
        "test rows that also stand in train",
        known,
        asked.height,
        threshold,
        "The test asks what was learnt: its figures are too good. Published figures on this split share that.",
        "nothing: the standard test split stays as it is, and `split` takes equal texts out of train.",
    )


def repeated_ids(seen: Gathered, threshold: Threshold) -> list[Finding]:
    """Per column that names rows: rows that bear a name which stands above already."""
    found = []
    for name in (name.removeprefix("id ") for name in seen.keys.columns if name.startswith("id ")):
        key = pl.col(f"id {name}")
        held = seen.keys.filter(key.is_not_null())
        distinct = held.select(key.n_unique()).item() if held.height else 0
        if held.height < FEWEST or distinct == held.height or distinct < NEARLY_ALL * held.height:
            continue
        again = held.filter(~key.is_first_distinct())
        differing = held.filter(pl.col("content").n_unique().over(f"id {name}") > 1).select(key.n_unique()).item()
        finding = _finding(
            "repeated_ids",
            f"rows whose {name} stands above already",
            again["row"],
            held.height,
            threshold,
            f"{name} names one row nearly everywhere, but not here; {differing:,} of these names stand for different "
            "contents.",
            f"remove what was exported twice; or say `unique: true` at {name} in `record`: the first row passes.",
            {"names_of_different_contents": differing},
        )
        found += [finding] if finding else []
    return found


def _finding(
    name: str,
    title: str,
    rows: pl.Series,
    of: int,
    threshold: Threshold,
    meaning: str,
    mend: str,
    figures: dict[str, float] | None = None,
) -> Finding | None:
    if rows.len() == 0:
        return None
    share = rows.len() / of
    named = tuple(rows.head(NAMED))
    return Finding(name, title, rows.len(), of, share, grade(share, threshold), meaning, mend, named, figures or {})
