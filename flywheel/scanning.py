"""`flywheel scan`: where people and canaries were looked for, and where somebody was found."""

import json
from pathlib import Path

from flywheel.words import count
from pipelines.errors import LeakError
from pipelines.leaks.report import Scanned, read_report
from pipelines.scan import scan as look
from pipelines.stage import call
from pipelines.workspace import holding, require


def scan(*, as_json: bool) -> int:
    """Scan the current workspace and print what was found; 0 where nobody was.

    Raises LeakError, after the table, where somebody was.
    """
    workspace = Path.cwd()
    require(workspace)
    with holding(workspace):
        try:
            found: Scanned = call(look, [], workspace)
        except LeakError:
            _print(read_report(workspace), as_json=as_json)
            raise
    _print(found, as_json=as_json)
    return 0


def _print(found: Scanned | None, *, as_json: bool) -> None:
    if found is not None:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2) if as_json else tell(found))


def tell(found: Scanned) -> str:
    """The scan in words: a line for each writer, then one for each file in which somebody stands."""
    leaking = {writer: sum(leak.writer == writer for leak in found.leaks) for writer in found.places}
    lines = [f"{'written by':<32}{'files':>8}{'leaking':>10}"]
    lines += [f"{writer:<32}{files:>8,}{leaking[writer]:>10,}" for writer, files in found.places.items()]
    looked = f"{count(found.canaries, 'mark')} of canaries, {count(found.identifiers, 'identifier')} of people"
    lines += ["", f"{count(found.files, 'file')}, {found.read:,} of them read now; looked for: {looked}"]
    lines += [f"  ✗ {leak}" for leak in found.leaks]
    lines += [f"  not searched, for it is no file here: {place}" for place in found.out_of_reach]
    return "\n".join(lines)
