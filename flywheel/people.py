"""`flywheel forget`, `consent`, `audit` and `keys`: what people may ask of us, and what we must be able to show."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from flywheel.words import count
from pipelines.environment import Environment, read_environment
from pipelines.erasure import Receipt
from pipelines.errors import DataError
from pipelines.ledger import open_ledger
from pipelines.parameters import check_parameters, convert, read_parameters, setting
from pipelines.record import Record
from pipelines.workspace import holding, require


def forget(
    subjects: Sequence[str], file: str | None, also: Sequence[str], *, pending: bool = False, as_json: bool
) -> int:
    """Erase people from every store and print a receipt for each; 2 where anything of them is left."""
    from pipelines.forget import forget as erase

    workspace, record, environment = here()
    people = [*subjects, *(_lines(file) if file else [])]
    if not people and not pending:
        raise DataError(
            "forget: nobody is named.",
            "Expected subjects as the source names them, `--file FILE` with one on each line, or `--pending`.",
            "name somebody; `flywheel forget --verify` only looks again.",
        )
    days = setting(read_parameters(workspace), "forget", "retrain_within_days")
    with holding(workspace):
        receipts = erase(
            people,
            record=record,
            retrain_within_days=days,
            also=[_place(path) for path in also],
            environment=environment,
            workspace=workspace,
        )
    if as_json:
        for receipt in receipts:
            print(json.dumps({**asdict(receipt), "left": receipt.left}, ensure_ascii=False))
    else:
        print(_told(receipts))
    return 2 if any(receipt.left for receipt in receipts) else 0


def verify(also: Sequence[str], *, as_json: bool) -> int:
    """Look again through every store for those who were erased; 2 where a row of theirs opens."""
    from pipelines.forget import verify as look_again

    workspace, record, environment = here()
    people, found = look_again(
        record=record, also=[_place(path) for path in also], environment=environment, workspace=workspace
    )
    rows, opened = (sum(sum(getattr(each, which).values()) for each in found) for which in ("rows", "open"))
    if as_json:
        print(json.dumps({"erased": people, "files": len(found), "sealed_rows": rows, "open_rows": opened}))
    else:
        print(f"People erased: {people:,}. Sealed rows of theirs: {rows:,}, in {count(len(found), 'file')}.")
        print(f"{opened:,} of them OPEN: is an old key store back?" if opened else "None of these rows opens.")
    return 2 if opened else 0


def consent(subject: str, *, given: bool) -> int:
    """Note that somebody gives consent, or withdraws it; the service heeds it at once, the data at the next run."""
    from pipelines.consents import Consents
    from pipelines.vault import open_vault

    _, record, environment = here()
    vault = open_vault(environment.home, environment.master_key, record.name)
    changed = Consents(open_ledger(environment), record.name).say({vault.pseudonym(subject)}, given=given, by="person")
    said = "given" if given else "withdrawn"
    print(f"Consent {said}." if changed else f"Nothing changed: consent stood as {said} already.")
    return 0


def audit(*, as_json: bool) -> int:
    """Check the books and print what was found; 2 where they are wrong."""
    from pipelines.audit import audit as check
    from pipelines.vault import open_vault

    _, record, environment = here()
    vault = open_vault(environment.home, environment.master_key, record.name)
    findings = check(open_ledger(environment), vault, record.name)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"{'✓' if finding.holds else '✗'} {finding.check:<18}{finding.shows}")
    return 0 if all(finding.holds for finding in findings) else 2


def rotate() -> int:
    """Let another master key wrap every key of this home."""
    from pipelines.master import rotate as rewrap

    environment = read_environment(os.environ, Path.cwd())
    keys = rewrap(environment.home, environment.master_key, environment.new_master_key)
    if (Path.cwd() / "params.yaml").is_file():
        open_ledger(environment).append("rotation", {"who": environment.actor, "keys": keys})
    print(f"{count(keys, 'key')} wrapped under another master key; no sealed row has changed.")
    if environment.master_key is None:
        print(f"The new master key is {environment.home / 'master.key'}: keep a copy where the data's backups are not.")
    else:
        print("From now on FLYWHEEL_MASTER_KEY has to be the new one.")
    return 0


def here() -> tuple[Path, Record, Environment]:
    """The workspace that a command was called in, its record, and the machine."""
    workspace = Path.cwd()
    require(workspace)
    parameters = read_parameters(workspace)
    check_parameters(parameters)
    return workspace, convert("record", parameters.get("record"), Record), read_environment(os.environ, workspace)


def _lines(file: str) -> list[str]:
    """The subjects in `file`, one on each line; "-" is standard input."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"forget: {Path(file).name} cannot be read ({type(error).__name__}).",
            "Expected a text file in UTF-8 with one subject on each line.",
            "check the path and the encoding.",
        ) from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _place(path: str) -> Path:
    place = Path(path).expanduser()
    if place.exists():
        return place
    raise DataError(
        f"forget: {path} does not exist.",
        "Expected `--also` to name a folder to look through: a clone, a remote that is mounted here, a backup.",
        "check the path.",
    )


def _told(receipts: Sequence[Receipt]) -> str:
    """The receipts for a person to read."""
    lines = []
    for receipt in receipts:
        lines.append(f"{receipt.subject}  {'FORGOTTEN' if not receipt.left else 'STILL HERE'}")
        lines += [
            f"  {line.store:<18}{line.removed:>7,} gone {line.left:>5,} left  {line.how}" for line in receipt.lines
        ]
        models = ", ".join(map(str, receipt.models)) or "none"
        lines.append(f"  model versions that learnt from them: {models}; a retrain is due by {receipt.retrain_by}")
    lines.append(f"{count(len(receipts), 'receipt')} entered into the ledger; `flywheel run` retrains without them.")
    return "\n".join(lines)
