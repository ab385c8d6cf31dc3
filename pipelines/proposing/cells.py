"""What the cells of one column are: their type, how "no value" is spelled among them, how times are written."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.numerals import plain
from pipelines.proposing.naming import says, score
from pipelines.proposing.sampling import Counted
from pipelines.proposing.vocabulary import BIRTH, TIME
from pipelines.record import COMMA, POINT, WRITTEN, Column, Record, Type
from pipelines.values import FALSE, TRUE, readable

INTEGER = r"^[+-]?\d+$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
LEADING_ZERO = r"^[+-]?0\d"
# Written for people: with a currency, a percent sign, or groups of digits.
AMOUNT = "|".join(
    (
        r"^[+-]?\s*([$€£¥￥]\s*)?\d{1,3}([,.' ]\d{3})+([.,]\d+)?%?$",
        r"^[$€£¥￥]\s*\d+([.,]\d+)?$",
        r"^[+-]?\d+([.,]\d+)?\s*%$",
        r"^[+-]?\d+,\d+$",
    )
)
# What spreadsheets make of numbers of accounts and people: all of one length, and no longer told apart.
SHORTENED = r"^[1-9](?:\.\d+)?[eE]\+(1\d|2\d)$"
NEARLY = 0.995
# Never a value of anything; the second row only among numbers and times, because it may be one elsewhere.
MISSING = frozenset({"?", "na", "n/a", "#n/a", "nan", "null", "\\n", "<na>", "#null!"})
MISSING_NUMBER = MISSING | {
    "-",
    "--",
    ".",
    "—",
    "none",
    "nil",
    "missing",
    "unknown",
    "无",
    "未知",
    "空",
    "暂无",
    "缺失",
}
FORMATS = (
    "%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y", "%d-%m-%Y %H:%M", "%m-%d-%Y", "%m-%d-%Y %H:%M",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%y", "%d/%m/%y", "%Y/%m/%d %H:%M", "%Y%m%d", "%Y%m%dT%H%M%S",
    "%Y年%m月%d日", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H时%M分", "%Y年%m月%d日%H时%M分%S秒",
    "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y %I:%M %p",
    "%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
# The same with the name of a zone in place of hours from UTC: exports of databases, and of Twitter.
NAMED_ZONE = (
    "%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S%.f %z",
    "%m/%d/%Y %H:%M:%S %z", "%m/%d/%Y %H:%M %z", "%d/%m/%Y %H:%M:%S %z", "%Y/%m/%d %H:%M:%S %z",
)  # fmt: skip
ZONE = re.compile(r"(?<=\s)[A-Z]{3,4}(?=\s|$)")
SAME_AS_UTC = ("UTC", "GMT")
EPOCHS = (("epoch", 4.7e8, 4.2e9), ("epoch_ms", 4.7e11, 4.2e12))  # from 1985 to 2100
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Cells:
    """What one column holds. `shares` are of its filled cells; `words` is their mean length, a Han character is one.

    `values` counts the categories of all `rows` read, None where there are too many to be any.
    """

    name: str
    type: Type
    filled: float
    distinct: float
    words: float
    longest: int
    values: Counter[str] | None
    rows: int = 0
    missing: tuple[str, ...] = ()
    format: str | None = None
    low: float | None = None
    high: float | None = None
    doubts: tuple[str, ...] = field(default_factory=tuple)

    @property
    def kinds(self) -> int:
        """How many different values there are, a large number where nobody counted them."""
        return 10**9 if self.values is None else len(self.values)

    @property
    def is_constant(self) -> bool:
        """Whether the column tells nothing."""
        return self.kinds <= 1

    @property
    def is_free_text(self) -> bool:
        """Whether people write sentences there."""
        return self.type == "text" and self.words >= 3 and self.distinct >= 0.2


def look_at(column: pl.Series, counted: Counted, read: int) -> Cells:
    """What a column holds, by a sample of its cells and what was counted in all that were read."""
    cells = column.str.strip_chars().drop_nulls()
    cells = cells.filter(cells != "")
    missing = _missing(cells, MISSING)
    found = _numbers(column.name, cells) or _times(column.name, cells) or _written_numbers(column.name, cells)
    spelled = missing if found is None else found.missing
    values = None if counted.values is None else _without(counted.values, spelled)
    if found is None:
        found = _words(column.name, cells, values, missing)
    return _complete(found, cells, replace(counted, values=values), read)


def _complete(found: "Cells", cells: pl.Series, counted: Counted, read: int) -> "Cells":
    kept = cells.filter(~cells.is_in(list(found.missing)))
    lengths = [len(HAN.findall(text)) or len(text.split()) for text in kept.head(500)]
    measured = found.low is not None
    cut = ("a spreadsheet shortened its numbers: format the column as text, and bring them anew",)
    return replace(
        found,
        doubts=(*found.doubts, *(cut if _are_shortened(kept) else ())),
        filled=counted.filled / max(read, 1) * kept.len() / max(cells.len(), 1),
        distinct=kept.n_unique() / max(kept.len(), 1),
        words=sum(lengths) / max(len(lengths), 1),
        longest=counted.longest,
        values=counted.values,
        rows=read,
        low=counted.low if measured else None,
        high=counted.high if measured else None,
    )


def _are_shortened(cells: pl.Series) -> bool:
    """Whether nearly all cells are numbers like 1.38E+10, with one exponent."""
    exponents = cells.str.extract(SHORTENED).drop_nulls()
    return exponents.len() > 1 and int(exponents.value_counts()["count"].max() or 0) > 0.9 * cells.len()  # type: ignore[arg-type]


def _made(name: str, type: Type, **more: object) -> Cells:
    return Cells(name, type, 0, 0, 0, 0, None, **more)  # type: ignore[arg-type]  # the rest is put in by _complete


def _missing(cells: pl.Series, spellings: frozenset[str]) -> tuple[str, ...]:
    """The spellings of "no value" that occur, as they stand there."""
    lowered = cells.str.to_lowercase()
    return tuple(sorted(cells.filter(lowered.is_in(list(spellings))).unique().to_list()))


def _without(counts: Counter[str], missing: tuple[str, ...]) -> Counter[str]:
    return Counter({value: number for value, number in counts.items() if value not in missing})


def _numbers(name: str, cells: pl.Series) -> Cells | None:
    """A column of numbers, or None. Long ones, and those with leading zeros, are names and not numbers."""
    missing = _missing(cells, MISSING_NUMBER)
    kept = cells.filter(~cells.is_in(list(missing)))
    fitting = kept.filter(kept.str.contains(NUMBER))
    if not kept.len() or fitting.len() < NEARLY * kept.len():
        return None
    values = fitting.cast(pl.Float64, strict=False)
    if fitting.str.contains(LEADING_ZERO).any() or float(values.abs().max() or 0) >= 2**53:  # type: ignore[arg-type]
        return None
    low, high = float(values.min() or 0), float(values.max() or 0)  # type: ignore[arg-type]
    if missing == () and set(kept.unique()) == {"0", "1"}:
        return _made(name, "boolean", low=0.0, high=1.0)
    for form, first, last in EPOCHS:
        if score(name, TIME) and not says(name, BIRTH) and first <= low and high <= last:
            return _made(name, "time", missing=missing, format=form)
    if low >= 19e6 and high <= 21e6 + 1e6 and score(name, TIME) and _fits(name, fitting, "%Y%m%d"):
        return _made(name, "time", missing=missing, format="%Y%m%d")
    whole = bool((values.floor() == values).all())
    odd = () if fitting.len() == kept.len() else ("a few cells are no numbers: their rows will be held back",)
    return _made(name, "integer" if whole else "number", missing=missing, low=low, high=high, doubts=odd)


def _times(name: str, cells: pl.Series) -> Cells | None:
    """A column of times, or None; where day and month cannot be told apart, that is a doubt."""
    missing = _missing(cells, MISSING_NUMBER)
    kept = cells.filter(~cells.is_in(list(missing)))
    if not kept.len() or not kept.str.contains(r"\d").all():
        return None
    if _fits(name, kept, None):
        return _made(name, "time", missing=missing)
    zone = ZONE.search(kept[0])
    forms = [*FORMATS, *(form.replace("%z", zone[0]) for form in NAMED_ZONE if zone is not None)]
    fitting = [form for form in forms if _fits(name, kept, form)]
    if not fitting:
        return None
    swapped = fitting[0].replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    doubts = ("day and month cannot be told apart in these cells",) if swapped in fitting[1:] else ()
    if zone is not None and fitting[0].split(" ").count(zone[0]) and zone[0] not in SAME_AS_UTC:
        doubts = (*doubts, f"its zone, {zone[0]}, has no one meaning: the times are taken for UTC")
    return _made(name, "time", missing=missing, format=fitting[0], doubts=doubts)


def _written_numbers(name: str, cells: pl.Series) -> Cells | None:
    """A column of numbers as people write them, nearly all of which are read in one of the ways; or None."""
    missing = _missing(cells, MISSING_NUMBER)
    kept = cells.filter(~cells.is_in(list(missing)))
    if not kept.len() or not are_amounts(kept):
        return None
    read = {way: _read(kept, way) for way in WRITTEN}
    fitting = [way for way in WRITTEN if read[way].count() >= NEARLY * kept.len()]
    if not fitting:
        return None
    values = read[fitting[0]].drop_nulls()
    doubts: tuple[str, ...] = ()
    if len(fitting) > 1 and not read[POINT].equals(read[COMMA]):
        doubts = (f'its commas are taken for marks of thousands; before decimals, they want `format: "{COMMA}"`',)
    if values.len() < kept.len():
        doubts = (*doubts, "a few cells are no numbers: their rows will be held back")
    whole = bool((values.floor() == values).all())
    return _made(name, "integer" if whole else "number", missing=missing, format=fitting[0], doubts=doubts)


def _read(cells: pl.Series, way: str) -> pl.Series:
    found = cells.to_frame().select(plain(pl.col(cells.name), way).cast(pl.Float64, strict=False))
    return found.to_series()


def are_amounts(cells: pl.Series) -> bool:
    """Whether nearly all texts are numbers, and some of them written for people: 12.50 beside 1,234.50."""
    written, plain = cells.str.contains(AMOUNT), cells.str.contains(NUMBER)
    return written.sum() > 0.05 * cells.len() and (written | plain).sum() > 0.9 * cells.len()


def _fits(name: str, cells: pl.Series, form: str | None) -> bool:
    """Whether nearly all cells are times in this form; a few are looked at first."""
    alone = Record("", (Column(name, "time", format=form),))
    few, all_of_them = cells.head(20), cells
    return all(
        part.len() * NEARLY <= readable(pl.DataFrame({name: part}), alone)[name].sum() for part in (few, all_of_them)
    )


def _words(name: str, cells: pl.Series, values: Counter[str] | None, missing: tuple[str, ...]) -> Cells:
    """A column of truth values, categories or texts."""
    doubts: tuple[str, ...] = ()
    spelled = {value.lower() for value in values or ()}
    if len(spelled) == 2 and spelled & set(TRUE) and spelled & set(FALSE) and spelled <= {*TRUE, *FALSE}:
        return _made(name, "boolean", missing=missing)
    if are_amounts(cells):
        doubts = ("most of its cells look like amounts, and some like no number: write plain ones to learn from them",)
    enough = values is not None and len(values) <= max(20, 0.2 * sum(values.values())) and sum(values.values()) > 0
    repeated = values is not None and sum(values.values()) >= 2 * max(len(values), 1)
    if enough and repeated and max(map(len, values or [""])) <= 60:
        if missing and any(each.isalpha() for each in missing):
            doubts = (*doubts, f"{', '.join(missing)} is taken for a missing value: is it one?")
        return _made(name, "category", missing=missing, doubts=doubts)
    return _made(name, "text", missing=tuple(each for each in missing if each in ("?", "\\N")), doubts=doubts)
