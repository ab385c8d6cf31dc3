"""What controls look at, as values: gathered once (`pipelines/compliance/gathering.py`), judged by pure functions.

None, or an empty tuple where something must have happened, is missing evidence: a control that needs it fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.compliance.register import Register
from pipelines.membership import Membership
from pipelines.record import Record


@dataclass(frozen=True)
class Stored:
    """What data/raw holds, counted in memory: every figure is a number of rows unless its name says otherwise.

    `withdrawn` rows are of people who withdrew before the last run began and are still read. `columns` are those
    sealed in data/raw, `released` those that stand behind the anonymiser. `undeclared` are columns whose name is that
    of a sensitive category and of which the register says nothing.
    """

    rows: int
    subjects: int
    without_consent: int
    withdrawn: int
    oldest: datetime | None
    expired: int
    minors: int
    feedback: int
    feedback_without_consent: int
    sensitive_without_consent: Mapping[str, int]
    columns: tuple[str, ...]
    released: tuple[str, ...]
    undeclared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """The present version of data/raw and its provenance."""

    name: str
    source: str | None
    licence: str | None
    ingested: datetime | None


@dataclass(frozen=True)
class Consent:
    """An entry of the consent record: of how many `subjects`, under which notice, through which channel."""

    subjects: int
    purpose: str | None
    notice: str | None
    channel: str | None
    at: datetime


@dataclass(frozen=True)
class Chain:
    """The ledger's hash chain: how many entries, since when, and the first that does not hold, if any."""

    entries: int
    since: datetime | None
    broken_at: int | None


@dataclass(frozen=True)
class Access:
    """An entry of the access log."""

    number: int
    at: datetime
    why: str
    who: str | None
    what: str | None
    version: str | None


@dataclass(frozen=True)
class Read:
    """A stage of a run that had to open sealed rows, and when the run was."""

    run: str
    why: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Seals:
    """The sealed cells of data/raw: how many are no ciphertext of ours, fail their tag, or are forgotten people's."""

    parts: int
    rows: int
    malformed: int
    unauthentic: int
    forgotten: int


@dataclass(frozen=True)
class Leaks:
    """A leak scan: when, over how many files, how many held somebody, and whether it saw the models as they are."""

    at: datetime
    files: int
    hits: int
    current: bool
    where: str


@dataclass(frozen=True)
class Residue:
    """What is left in the training texts, and how many planted identifiers the anonymiser takes out."""

    texts: int
    identifiers: int
    names: int | None
    planted: int
    removed: int


@dataclass(frozen=True)
class Anonymity:
    """What the anonymiser claims of the released table, and k as counted again from its rows."""

    quasi: tuple[str, ...]
    k: int | None
    l: int | None  # noqa: E741 - the field's own name
    t: float | None
    suppressed: float | None
    counted: int | None
    where: str


@dataclass(frozen=True)
class Keys:
    """The key store: whether it stands inside the workspace, who else may read it, where copies are, and its age."""

    where: str
    inside: bool
    readable_by_others: tuple[str, ...]
    copies: tuple[str, ...]
    rotated: datetime | None


@dataclass(frozen=True)
class Transport:
    """An address that data travel to: whether the way is encrypted or local, and whether they rest encrypted there."""

    name: str
    scheme: str
    private: bool
    rests_encrypted: bool
    is_remote: bool


@dataclass(frozen=True)
class Spend:
    """A training that spent privacy: its claim, its mechanism, and epsilon as computed anew (None: it cannot be)."""

    model: str
    data: str
    epsilon: float
    delta: float
    sigma: float | None
    rate: float | None
    steps: int | None
    sampling: str | None
    recomputed: float | None


@dataclass(frozen=True)
class Proof:
    """What attacks on the present model found: membership, and of a twin that was trained with canaries the rest."""

    model: str
    membership: Membership | None
    exposure: float | None = None
    audited: float | None = None
    claimed: float | None = None
    where: str = ""


@dataclass(frozen=True)
class Request:
    """A person's request: what for, when it arrived, and when it was answered."""

    kind: str
    at: datetime
    closed: datetime | None


@dataclass(frozen=True)
class Erasure:
    """A forgotten person: what was decided about each model that knew them (None: nobody listed them), who was told."""

    at: datetime
    models: Mapping[str, str | None] | None = None
    notified: tuple[str, ...] = ()
    key_remains: bool = False


@dataclass(frozen=True)
class Verification:
    """A search for forgotten people: how many, in how many places, and what still opens or is still derived."""

    at: datetime
    subjects: int
    places: int
    decryptable: int
    derived: int


@dataclass(frozen=True)
class Usage:
    """What the service remembers: predictions, their age, how many lie unsealed or were learnt from without consent."""

    predictions: int
    oldest: datetime | None
    unsealed: int
    learnt_without_consent: int


@dataclass(frozen=True)
class Evidence:
    """All that controls look at, of one workspace at one moment."""

    at: datetime
    record: Record
    fingerprint: str
    register: Register | None = None
    version: Version | None = None
    stored: Stored | None = None
    consents: tuple[Consent, ...] = ()
    chain: Chain | None = None
    accesses: tuple[Access, ...] = ()
    reads: tuple[Read, ...] = ()
    expiry_checked: datetime | None = None
    seals: Seals | None = None
    leaks: Leaks | None = None
    residue: Residue | None = None
    anonymity: Anonymity | None = None
    keys: Keys | None = None
    transports: tuple[Transport, ...] = ()
    spends: tuple[Spend, ...] = ()
    proof: Proof | None = None
    assessment_characters: int | None = None
    requests: tuple[Request, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    verification: Verification | None = None
    usage: Usage | None = None
