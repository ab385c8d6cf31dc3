"""All checks of the table, one after the other: what they found, the gravest first."""

from pipelines.checks.finding import NAMED, Finding, Severity, Threshold, grade
from pipelines.checks.gathered import Gathered
from pipelines.checks.limits import Checks
from pipelines.checks.order import order_of_labels
from pipelines.checks.repeats import learnt_tests, near_texts, repeated_ids, repeated_rows, repeated_texts, two_labels
from pipelines.checks.telling import telling_columns

ORDER: tuple[Severity, ...] = ("stop", "warn", "info")


def findings(seen: Gathered, limits: Checks) -> list[Finding]:
    """What all checks found in `seen`, the gravest first; checks that found nothing say nothing."""
    found = [
        few_rows(seen, limits.min_rows),
        repeated_rows(seen, limits.repeated_rows),
        repeated_texts(seen, limits.repeated_texts),
        near_texts(seen, limits.near_texts),
        two_labels(seen, limits.two_labels),
        learnt_tests(seen, limits.test_in_train),
        *repeated_ids(seen, limits.repeated_ids),
        order_of_labels(seen, limits.order_of_labels),
        *telling_columns(seen, limits.telling_column),
        *blank_numbers(seen, limits.blank_numbers),
        *missing_values(seen, limits.missing_values),
    ]
    return sorted((each for each in found if each is not None), key=lambda each: ORDER.index(each.severity))


def blank_numbers(seen: Gathered, threshold: Threshold) -> list[Finding]:
    """Per column of numbers: cells that hold spaces and nothing else."""
    return [
        Finding(
            "blank_numbers",
            f"cells of {name} that hold only spaces",
            len(rows),
            seen.rows,
            len(rows) / seen.rows,
            grade(len(rows) / seen.rows, threshold),
            "They are read as missing. A reader that guesses types takes the whole column for text because of them.",
            "export an empty cell for a missing number; say `required: false` at the column if it may be missing.",
            tuple(rows[:NAMED]),
        )
        for name, rows in sorted(seen.blank.items())
    ]


def missing_values(seen: Gathered, threshold: Threshold) -> list[Finding]:
    """Per column that may be missing: in which share of the rows it is, from the warning's share on."""
    found = []
    for column in seen.record.columns:
        share = seen.missing[column.name] / max(seen.rows, 1)
        if not column.required and share >= min(threshold.warn, threshold.stop) and share > 0:
            found.append(_missing(column.name, seen.missing[column.name], seen.rows, threshold))
    return found


def _missing(name: str, count: int, rows: int, threshold: Threshold) -> Finding:
    share = count / rows
    return Finding(
        "missing_values",
        f"rows without {name}",
        count,
        rows,
        share,
        grade(share, threshold),
        "The column is mostly empty: it teaches little, and whether it is there may say more than what is in it.",
        "mend the export, or leave the column out of `record`.",
    )


def few_rows(seen: Gathered, wanted: int) -> Finding | None:
    """That fewer rows arrived than `wanted`: it stops the run."""
    if seen.arrived >= wanted:
        return None
    return Finding(
        "few_rows",
        "rows that were expected have arrived",
        seen.arrived,
        wanted,
        (wanted - seen.arrived) / wanted,
        "stop",
        f"{seen.arrived:,} rows arrived, {wanted:,} were expected (`validate.checks.min_rows`).",
        "look at the source: a part may be missing. Lower `validate.checks.min_rows` if there are no more.",
    )
