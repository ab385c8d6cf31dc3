"""What is asked of a table: how much company each person keeps in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.errors import ParameterError
from pipelines.record import Column, Record

# A column with one of these roles cannot be generalised: the model answers it, reads it as text, or it names parts.
APART = ("subject", "consent", "label", "text", "split", "time")


@dataclass(frozen=True)
class TableRules:
    """How much company a person keeps in the table.

    fewest_subjects: a quasi-identifying category shared by fewer becomes "other". k: every combination of
    quasi-identifiers is shared by k subjects or more (0: not asked for). distinct_l, entropy_l, t: how various the
    `sensitive` column (the label unless named) stays within each combination. quasi: the columns, else those that
    `record` calls `quasi`. hierarchies: column -> value -> its ancestors, the nearest first. Raises ParameterError for
    what cannot be.
    """

    fewest_subjects: int = 10
    k: int = 0
    distinct_l: int = 1
    entropy_l: float = 1.0
    t: float = 1.0
    sensitive: str | None = None
    quasi: tuple[str, ...] | None = None
    hierarchies: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse("k", self.k < 0 or self.k == 1, "0 (not asked for), or 2 and more")
        _refuse("distinct_l", self.distinct_l < 1, "1 and more")
        _refuse("entropy_l", not self.entropy_l >= 1, "1.0 and more")
        _refuse("t", not 0 < self.t <= 1, "more than 0, and 1.0 at most")
        unused = (self.distinct_l, self.entropy_l, self.t, self.quasi, self.hierarchies) != (1, 1.0, 1.0, None, {})
        if self.k == 0 and unused:
            raise ParameterError(
                "params.yaml: `anonymise.tables` asks for classes of subjects, but not how large they are.",
                "Expected `k`, the fewest subjects that share a combination of quasi-identifiers.",
                "add for example `k: 10`, or remove distinct_l, entropy_l, t, quasi and hierarchies.",
            )


def _refuse(key: str, wrong: bool, expected: str) -> None:
    if wrong:
        raise ParameterError(
            f"params.yaml: `anonymise.tables.{key}` is out of bounds.",
            f"Expected {expected}.",
            f"give `anonymise.tables.{key}` such a value, or remove the line.",
        )


def quasi_columns(record: Record, rules: TableRules) -> tuple[Column, ...]:
    """The columns that `rules` generalise, in the record's order; none where `k` is not asked for.

    Raises ParameterError where the rules name a column that the record lacks, or one that cannot be generalised.
    """
    if rules.k == 0:
        return ()
    able = [column for column in record.columns if column.role not in APART and column.privacy != "identifier"]
    names = [column.name for column in able]
    asked = rules.quasi if rules.quasi is not None else [c.name for c in able if c.privacy == "quasi"]
    _refuse_other("quasi", asked, names)
    found = tuple(column for column in able if column.name in asked)
    _refuse_other("hierarchies", rules.hierarchies, [column.name for column in found if not column.is_numeric])
    if not found:
        raise ParameterError(
            "params.yaml: `anonymise.tables.k` is given, but no column is a quasi-identifier.",
            "Expected columns with `privacy: quasi` in `record`, or their names in `anonymise.tables.quasi`.",
            "name the columns that together could tell who somebody is, or remove `k`.",
        )
    return found


def sensitive_column(record: Record, rules: TableRules) -> Column:
    """The column that stays various within each class. Raises ParameterError where the rules name a wrong one."""
    quasi = quasi_columns(record, rules)
    names = [c.name for c in record.columns if c not in quasi and c.privacy != "identifier"]
    label = record.with_role("label")
    asked = rules.sensitive or (label.name if label else "")
    _refuse_other("sensitive", [asked], names)
    return record[asked]


def _refuse_other(key: str, asked: Iterable[str], names: list[str]) -> None:
    wrong = [name for name in asked if name not in names]
    if wrong:
        raise ParameterError(
            f"params.yaml: `anonymise.tables.{key}` names '{wrong[0]}', which cannot stand there.",
            f"Expected among: {', '.join(names)}.",
            f"correct `anonymise.tables.{key}`, or the column's `role` and `privacy` in `record`.",
        )
