"""The register of processing: what no machine can find out, as a person wrote it in compliance.yaml.

It stands beside params.yaml and outside DVC's cache key: a new contact or drill changes no model.
"""

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Union

import yaml

from pipelines.errors import ParameterError

FILE = "compliance.yaml"
# What the template writes where a person has to say something: until then nothing is said, and the control fails.
# No row expires, either, before somebody has said when.
UNSAID = "TODO"
Basis = Literal[
    "consent",
    "contract",
    "legal obligation",
    "vital interests",
    "public task",
    "legitimate interests",
    "no personal data",
]
Mechanism = Literal["adequacy", "standard contract", "certification", "security assessment", "binding rules"]


@dataclass(frozen=True)
class Recipient:
    """Somebody who receives data: where, and what allows it to leave the region."""

    name: str
    location: str
    mechanism: Mechanism | None = None


@dataclass(frozen=True)
class Consenting:
    """How consent is asked for: the version of the notice, and the channel."""

    notice: str
    channel: str


@dataclass(frozen=True)
class Source:
    """Where a corpus comes from: its licence, and what a sampled inspection of it found."""

    name: str
    licence: str
    inspected: int = 0
    illegal: int = 0
    date: "date | None" = None


@dataclass(frozen=True)
class Assessment:
    """The impact assessment: its file, its date, and the fingerprint of the processing that it assessed."""

    file: str
    date: "date"
    fingerprint: str


@dataclass(frozen=True)
class Incident:
    """A breach: when it was discovered, and when the authority was notified."""

    discovered: datetime
    notified: datetime | None = None


@dataclass(frozen=True)
class Breach:
    """Whom to tell of a breach, and when that was last practised."""

    contact: str
    authority: str
    drilled: date
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Targets and thresholds that controls hold figures against."""

    k: int = 10
    l: int = 2  # noqa: E741 - the field's own name
    t: float = 0.5
    membership_auc: float = 0.55
    membership_tpr: float = 0.03
    exposure_bits: float = 10.0
    residual_names: float = 0.01
    canary_recall: float = 0.95
    key_days: int = 365
    usage_days: int = 180
    drill_days: int = 365
    epsilon: float | None = None
    delta: float | None = None


@dataclass(frozen=True)
class Register:
    """The record of one processing activity (GDPR 30; GB/T 35273 11.3)."""

    owner: str
    contact: str
    purpose: str
    lawful_basis: Basis | None
    retention_days: int | None
    location: str
    recipients: tuple[Recipient, ...]
    inputs: dict[str, tuple[str, ...]]  # source, feedback -> the purposes that it may serve
    minimum: tuple[str, ...]
    access: tuple[str, ...]  # for which purposes sealed rows may be opened; all others are denied
    sensitive: dict[str, str] = field(default_factory=dict)  # column -> its consent column
    storage: dict[str, str] = field(default_factory=dict)  # DVC remote -> location
    consent: Consenting | None = None
    sources: tuple[Source, ...] = ()
    impact_assessment: Assessment | None = None
    breach: Breach | None = None
    limits: Limits = Limits()


def read_register(workspace: Path) -> Register | None:
    """The register of `workspace`, or None where it has none. Raises ParameterError where it is not one."""
    file = workspace / FILE
    if not file.is_file():
        return None
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ParameterError(
            f"{FILE} is not valid YAML" + (f" at line {mark.line + 1}." if mark else "."),
            "Expected `key: value` lines, indented by spaces.",
            "mend that line; YAML wants a space after each colon and no tabs.",
        ) from None
    found: Register = _read("", content, Register)
    if found.retention_days is not None and found.retention_days < 1:
        raise ParameterError(
            f"{FILE}: `retention_days` is {found.retention_days}: every row would be too old, and its key destroyed.",
            "Expected 1 day or more.",
            f"write for how many days rows may be kept, or {UNSAID} until somebody has decided.",
        )
    return found


def _read(where: str, value: object, hint: Any) -> Any:
    """`value` as the type that `hint` asks for."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _read_section(where, value, hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value in (None, UNSAID) else _read(where, value, inner[0])
    if origin is Literal and value in inner:
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(_read(f"{where}[{place}]", item, inner[0]) for place, item in enumerate(value) if item != UNSAID)
    if origin is dict and isinstance(value, Mapping):
        return {str(key): _read(f"{where}.{key}", item, inner[1]) for key, item in value.items()}
    if hint is datetime and isinstance(value, datetime):
        return value if value.tzinfo else value.astimezone()
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return "" if value == UNSAID else value
    expected = ", ".join(map(str, inner)) if origin is Literal else getattr(origin or hint, "__name__", str(hint))
    raise ParameterError(
        f"{FILE}: `{where}` is not what it should be.",
        f"Expected {'one of: ' if origin is Literal else ''}{expected}.",
        f"write `{where}` as `flywheel comply --template` shows it.",
    )


def _read_section(where: str, value: object, hint: type) -> Any:
    hints = typing.get_type_hints(hint)
    if not isinstance(value, Mapping):
        raise ParameterError(
            f"{FILE}: `{where or FILE}` is not a section.",
            f"Expected keys below it: {', '.join(hints)}.",
            "see `flywheel comply --template`.",
        )
    for key in value:
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, n=1)
            raise ParameterError(
                f"{FILE}: unknown key '{key}'" + (f" in `{where}`." if where else "."),
                f"Expected one of: {', '.join(hints)}.",
                f"write '{near[0]}' instead of '{key}'." if near else f"remove '{key}'.",
            )
    for each in fields(hint):
        if each.default is MISSING and each.default_factory is MISSING and each.name not in value:
            raise ParameterError(
                f"{FILE}: `{f'{where}.' if where else ''}{each.name}` is missing.",
                "Expected a value for it: controls ask for it.",
                "see `flywheel comply --template` for what belongs there.",
            )
    prefix = f"{where}." if where else ""
    return hint(**{str(key): _read(f"{prefix}{key}", item, hints[str(key)]) for key, item in value.items()})
