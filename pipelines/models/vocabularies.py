"""What is learnt of texts needs words that come more than once."""

from collections.abc import Sized

from pipelines.errors import TrainingError


def refuse_empty(vocabulary: Sized, column: str) -> None:
    """Raise TrainingError where no word of the training texts of `column` came twice: nothing could be learnt."""
    if not len(vocabulary):
        raise TrainingError(
            f"train: no word of `{column}` stands in two training rows.",
            "Expected words that several rows share.",
            f"check that `{column}` holds texts in which people write; bring more rows.",
        )
