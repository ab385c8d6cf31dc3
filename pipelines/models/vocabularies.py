"""What is learnt of texts needs words that come more than once, and no more of them than memory holds."""

from collections.abc import Sized

from pipelines.errors import TrainingError

# 200,000 terms for a hundred classes; 80 MB.
MOST_COEFFICIENTS = 20_000_000
FEWEST_TERMS = 1000


def at_most(terms: int, labels: int) -> int:
    """How many of so many `terms` a sum can weigh, each by itself for every one of so many `labels`."""
    return min(terms, max(FEWEST_TERMS, MOST_COEFFICIENTS // max(1, labels)))


def refuse_empty(vocabulary: Sized, column: str) -> None:
    """Raise TrainingError where no word of the training texts of `column` came twice: nothing could be learnt."""
    if not len(vocabulary):
        raise TrainingError(
            f"train: no word of `{column}` stands in two training rows.",
            "Expected words that several rows share.",
            f"check that `{column}` holds texts in which people write; bring more rows.",
        )
