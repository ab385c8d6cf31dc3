"""Dates moved by as many days all through a document: their order and their distances stay, up to months' lengths."""

import re
from datetime import date, timedelta

_MONTHS = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_NAMED = "|".join(name if len(name) < 5 else rf"{name[:3]}(?:t?(?![a-z])|{name[3:]})" for name in _MONTHS)
_YEAR = "(?P<y>1[0-9]{3}|20[0-9]{2})"
_DIGIT = re.compile("[0-9]")
_CLOCK = re.compile(
    r"(?<![0-9])[0-9]{1,2}[:时点][0-9]{0,2}(?::[0-9]{2})?|(?<![0-9])[0-9]{1,2} ?[ap]\.?m", re.IGNORECASE
)


def shifted(found: str, days: int) -> str | None:
    """The dates in `found` moved by `days`, in the form in which they stand; None where a number in it is no date."""
    parts: list[str] = []
    rest = found
    while match := min(filter(None, (form.search(rest) for form in _FORMS)), key=re.Match[str].start, default=None):
        new = _written(match, days)
        if new is None or _DIGIT.search(_CLOCK.sub("", rest[: match.start()])):
            return None
        parts += [rest[: match.start()], new]
        rest = rest[match.end() :]
    if not parts or _DIGIT.search(_CLOCK.sub("", rest)):
        return None
    return "".join([*parts, rest])


def _moved(year: int, month: int, day: int, days: int) -> date | None:
    try:
        return date(year, month, day) + timedelta(days)
    except (ValueError, OverflowError):
        return None


def _month_of(name: str) -> int:
    return next(place for place, known in enumerate(_MONTHS, 1) if known[:3].lower() == name[:3].lower())


def _written(match: re.Match[str], days: int) -> str | None:
    """A date with its month's name, or with numbers: each part is exchanged where it stands."""
    groups = match.groupdict()
    month = _month_of(groups["name"]) if groups.get("name") else int(groups.get("m") or 6)
    new = _moved(int(groups.get("y") or 2001), month, int(groups.get("d") or 15), days)
    if new is None:
        return None
    text, offset = match[0], match.start()
    is_padded = "name" not in groups and "月" not in text
    for group in sorted((name for name, value in groups.items() if value), key=match.start, reverse=True):
        start, end = match.start(group) - offset, match.end(group) - offset
        text = text[:start] + _part(group, new, match[group], is_padded) + text[end:]
    return text


def _part(group: str, new: date, old: str, is_padded: bool) -> str:
    if group == "name":
        return _MONTHS[new.month - 1] if len(old) > 3 or old.lower() == "may" else _MONTHS[new.month - 1][:3]
    if group == "th":
        return "th" if 11 <= new.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(new.day % 10, "th")
    number = {"y": new.year, "m": new.month, "d": new.day}[group]
    return f"{number:0{len(old)}}" if old.startswith("0") or (is_padded and len(old) > 1) else str(number)


_DAY, _MONTH = "(?P<d>0?[1-9]|[12][0-9]|3[01])", "(?P<m>0?[1-9]|1[0-2])"
_FORMS = tuple(
    re.compile(rf"(?<![0-9]){form}(?![0-9])", re.IGNORECASE)
    for form in (
        rf"{_YEAR}[-/.年] ?{_MONTH}[-/.月] ?{_DAY}(?:日|号)?",
        rf"{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}",
        rf"{_DAY}(?P<th>st|nd|rd|th)? (?:of )?(?P<name>{_NAMED})\.?(?:,? {_YEAR})?",
        rf"(?P<name>{_NAMED})\.? {_DAY}(?P<th>st|nd|rd|th)?(?:,? {_YEAR})?",
        rf"(?P<name>{_NAMED})\.?,? {_YEAR}",
        rf"{_YEAR}[-/年] ?{_MONTH}月?",
        rf"{_MONTH}月{_DAY}[日号]",
        _YEAR,
    )
)
