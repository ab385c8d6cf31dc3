"""Rules across columns, as `record` states them: a small language of comparisons, never a program.

    start <= end
    total == price * amount or total is missing
    not (age < 18 and contract == 'business')
    length(title) <= 80 and days(end - start) <= 30

Columns are named as they are, or in back quotes (`Total Charges`); texts stand in quotes, moments too ('2024-01-31').
A rule that cannot be judged, because a cell in it is missing, holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.errors import RecordError

LONGEST = 500
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<quoted>`[^`]+`)|(?P<word>[^\W\d]\w*)"
    r"|(?P<sign><=|>=|==|!=|[<>()+\-*/]))"
)
COMPARISONS = {"<=": pl.Expr.le, ">=": pl.Expr.ge, "==": pl.Expr.eq, "!=": pl.Expr.ne, "<": pl.Expr.lt, ">": pl.Expr.gt}
SUMS = {"+": pl.Expr.add, "-": pl.Expr.sub}
PRODUCTS = {"*": pl.Expr.mul, "/": pl.Expr.truediv}
# What a typed column holds, as `values.typed` makes it.
KINDS: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "category": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
}


class _WrongError(Exception):
    """The rule cannot be read; the message says where."""


@dataclass
class _Reader:
    """The tokens of a rule, read from left to right: one function per level of the grammar."""

    tokens: list[tuple[str, str]]
    types: Mapping[str, str]
    place: int = 0

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str | None:
        if self.place < len(self.tokens) and self.tokens[self.place][0] != "text" and self.peek() in wanted:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return None

    def either(self) -> pl.Expr:
        found = self.both()
        while self.take("or"):
            found = found | self.both()
        return found

    def both(self) -> pl.Expr:
        found = self.negated()
        while self.take("and"):
            found = found & self.negated()
        return found

    def negated(self) -> pl.Expr:
        return ~self.negated() if self.take("not") else self.compared()

    def compared(self) -> pl.Expr:
        left = self.sum()
        if self.take("is"):
            if word := self.take("missing", "present"):
                return left.is_null() if word == "missing" else left.is_not_null()
            raise _WrongError("`is` wants `missing` or `present` behind it")
        sign = self.take(*COMPARISONS)
        if sign and self.is_duration(left):
            raise _WrongError("a time minus a time is none that can be compared; write days(end - start) <= 30")
        return COMPARISONS[sign](left, self.sum()) if sign else left

    def sum(self) -> pl.Expr:
        found = self.product()
        while sign := self.take(*SUMS):
            found = SUMS[sign](found, self.product())
        return found

    def product(self) -> pl.Expr:
        found = self.atom()
        while sign := self.take(*PRODUCTS):
            found = PRODUCTS[sign](found, self.atom())
        return found

    def atom(self) -> pl.Expr:
        if self.take("-"):
            return -self.atom()
        if self.take("("):
            return self.closed(self.either())
        if name := self.take("length", "days"):
            if not self.take("("):
                raise _WrongError(f"`{name}` wants brackets behind it")
            inner = self.closed(self.sum())
            return inner.str.len_chars().cast(pl.Int64) if name == "length" else inner.dt.total_seconds() / 86400
        if self.place >= len(self.tokens):
            raise _WrongError("it ends too early")
        kind, token = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return pl.lit(float(token)) if "." in token else pl.lit(int(token))
        if kind == "text":
            return self.quoted(token[1:-1])
        if kind in ("word", "quoted"):
            return self.column(token.strip("`"))
        raise _WrongError(f"'{token}' stands where a column or a value should")

    def closed(self, found: pl.Expr) -> pl.Expr:
        if not self.take(")"):
            raise _WrongError("a bracket is not closed")
        return found

    def quoted(self, text: str) -> pl.Expr:
        """A text, or a moment where it is compared with a time."""
        if "time" in self.types.values() and re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", text):
            return pl.lit(datetime.fromisoformat(text)).dt.replace_time_zone("UTC").dt.cast_time_unit("us")
        return pl.lit(text)

    def is_duration(self, found: pl.Expr) -> bool:
        try:
            return _row(self.types).select(answer=found).schema["answer"] == pl.Duration
        except pl.exceptions.PolarsError:
            return False  # refused as a whole, later

    def column(self, name: str) -> pl.Expr:
        if name not in self.types:
            raise _WrongError(f"there is no column '{name}'")
        return pl.col(name)


def condition(rule: str, types: Mapping[str, str]) -> pl.Expr:
    """What `rule` asks of a typed row, true where it holds; `types` are those of the record, by column.

    Raises RecordError where the rule cannot be read, or compares what cannot be compared.
    """
    try:
        reader = _Reader(_tokens(rule), types)
        found = reader.either()
        if reader.place < len(reader.tokens):
            raise _WrongError(f"'{reader.peek()}' stands where it should end")
        _try(found, types)
    except _WrongError as error:
        raise RecordError(
            f"params.yaml: a rule of `record.rules` cannot be read: {error}.",
            "Expected comparisons of columns and values, as `start <= end` or `a == b * c or a is missing`.",
            f"mend the rule: {rule[:LONGEST]}",
        ) from None
    return found.fill_null(value=True)


def _tokens(rule: str) -> list[tuple[str, str]]:
    if len(rule) > LONGEST:
        raise _WrongError(f"it is longer than {LONGEST} characters")
    found, place = [], 0
    while place < len(rule.rstrip()):
        token = TOKEN.match(rule, place)
        if token is None:
            raise _WrongError(f"character {place + 1} is none that a rule may hold")
        found.append((str(token.lastgroup), token[token.lastgroup or 0]))
        place = token.end()
    if sum(token in ("(", "not", "-") for _, token in found) > 50:
        raise _WrongError("it is nested too deeply")
    return found


def _row(types: Mapping[str, str]) -> pl.DataFrame:
    """A row of the record's types that holds nothing."""
    return pl.DataFrame({name: [None] for name in types}, schema={name: KINDS[kind] for name, kind in types.items()})


def _try(found: pl.Expr, types: Mapping[str, str]) -> None:
    """Ask the rule of an empty row: what cannot be compared is refused now, not in the run."""
    try:
        kind = _row(types).select(answer=found).schema["answer"]
    except pl.exceptions.PolarsError:
        raise _WrongError("it compares or computes with values of different types") from None
    if kind != pl.Boolean:
        raise _WrongError("it is no comparison")
