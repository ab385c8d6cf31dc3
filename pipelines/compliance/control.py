"""What a control is: a question that the law asks, and facts of a workspace that answer it.

A control passes where it stands on one fact at least and every fact holds; evidence that is missing is a fact that
does not hold. It says "not applicable" with its reason, and never because evidence is missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pipelines.compliance.evidence import Evidence

Verdict = Literal["pass", "fail", "not applicable"]
Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Said:
    """The same in both languages."""

    en: str
    zh: str

    def __getitem__(self, language: str) -> str:
        """The text in `language`, "en" or "zh"."""
        return self.zh if language == "zh" else self.en


MISSING = Said("missing", "缺失")


@dataclass(frozen=True)
class Fact:
    """One line of evidence: what was looked at, where it stands, what was found, and whether it is as it should be."""

    what: Said
    where: str
    figure: Said
    holds: bool


Facts = list[Fact]


@dataclass(frozen=True)
class Control:
    """One machine-checkable control, its legal basis, and how it is checked: facts, or why it does not apply."""

    number: int
    group: Said
    title: Said
    basis: Said
    check: "Callable[[Evidence], Facts | Said]"


@dataclass(frozen=True)
class Finding:
    """What a control came to."""

    control: Control
    verdict: Verdict
    facts: tuple[Fact, ...] = ()
    reason: Said | None = None


def fact(en: str, zh: str, where: str, figure: object, holds: bool) -> Fact:
    """A fact; its figure is the same in both languages unless it is Said."""
    return Fact(Said(en, zh), where, figure if isinstance(figure, Said) else Said(str(figure), str(figure)), holds)


def absent(en: str, zh: str, where: str) -> Fact:
    """Evidence that should be there and is not: it does not hold."""
    return Fact(Said(en, zh), where, MISSING, holds=False)


def none_of(en: str, zh: str, where: str, count: int, of: int | None = None) -> Fact:
    """A count that must be zero, of so many that were looked at."""
    figure = f"{count:,}" if of is None else f"{count:,} / {of:,}"
    return fact(en, zh, where, figure, count == 0)


def check(control: Control, evidence: "Evidence") -> Finding:
    """What `control` comes to on `evidence`."""
    found = control.check(evidence)
    if isinstance(found, Said):
        return Finding(control, "not applicable", reason=found)
    passed = bool(found) and all(each.holds for each in found)
    return Finding(control, "pass" if passed else "fail", tuple(found))


def check_all(controls: Iterable[Control], evidence: "Evidence") -> list[Finding]:
    """What all `controls` come to, by number."""
    return [check(control, evidence) for control in sorted(controls, key=lambda each: each.number)]
