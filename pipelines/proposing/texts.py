"""What the texts of a source are like: how long they are, and whether people are named in them."""

import polars as pl

from pipelines.proposing.sampling import Sampled

# Enough for a quantile and a share to the whole per cent; a tagger reads no more than it must.
MEASURED = 1_000
ASKED = 100
READ = 500


def lengths(sampled: Sampled, column: str) -> tuple[int, int]:
    """How many tokens the middle text of a column has, and how many nine of ten have at most."""
    from pipelines.features import tokens

    counts = pl.Series([len(tokens(text)) for text in sampled.rows[column].drop_nulls().head(MEASURED)])
    return int(counts.median() or 0), int(counts.quantile(0.9) or 0)  # type: ignore[arg-type]


def with_names(sampled: Sampled, column: str) -> float:
    """The share of a column's texts, read to their first READ characters, in which a person's name was found."""
    from pipelines.privacy.entities import find_names_in

    step = max(1, sampled.rows.height // ASKED)
    texts = sampled.rows[column].drop_nulls().gather_every(step).str.slice(0, READ).to_list()
    found = find_names_in(texts)
    return sum(any(span.type == "PERSON" for span in spans) for spans in found) / max(len(texts), 1)
