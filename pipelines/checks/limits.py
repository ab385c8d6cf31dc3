"""From which share of rows on a finding warns, and from which it stops the run: `validate.checks` in params.yaml."""

from dataclasses import dataclass

from pipelines.checks.finding import Threshold

MOST_TEXTS, NEAR_TEXTS, FEW, TAIL, HALF = (
    Threshold(0.01),
    Threshold(0.05),
    Threshold(0.001),
    Threshold(0.2),
    Threshold(0.5),
)


@dataclass(frozen=True)
class Checks:
    """The fewest rows to go on with, and a threshold for each check of the table. None stops the run by default."""

    min_rows: int = 0
    repeated_rows: Threshold = FEW
    repeated_texts: Threshold = MOST_TEXTS
    near_texts: Threshold = NEAR_TEXTS
    two_labels: Threshold = FEW
    test_in_train: Threshold = Threshold()
    repeated_ids: Threshold = Threshold()
    order_of_labels: Threshold = TAIL
    telling_column: Threshold = Threshold()
    blank_numbers: Threshold = Threshold()
    missing_values: Threshold = HALF
