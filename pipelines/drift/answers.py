"""What the champion answers its users now, beside what it answered when it was made."""

from pathlib import Path

from pipelines.answered import said_by
from pipelines.drift.detector import detect
from pipelines.drift.profile import CLASS, read_profile
from pipelines.ledger import Champion

# How many of the newest predictions are watched.
WATCHED = 100_000
OFTEN = {"up": "more often", "down": "more seldom"}


def moved_answers(champion: Champion, url: str, workspace: Path) -> str | None:
    """That the champion gives a class more often or more seldom than on its test rows, or None.

    Predictions are looked at one after the other, in the order in which they were made; see `detector` for how seldom
    this errs.
    """
    path = workspace / str(champion.body.get("profile", ""))
    if not path.is_file():  # made before profiles were, or on another machine
        return None
    classes = read_profile(path).traits[CLASS]
    alarm = detect(said_by(url, champion.version, WATCHED), dict(zip(classes.names, classes.counts, strict=False)))
    if alarm is None:
        return None
    return f"drift: version {champion.version} answers '{alarm.label}' {OFTEN[alarm.direction]} than it did"
