"""`flywheel tune`: look for the best model of the workspace's rows, show what was tried, and write down what won."""

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from flywheel.words import table
from pipelines.environment import Environment, read_environment
from pipelines.errors import DataError, ParameterError
from pipelines.files import replacing, write_json
from pipelines.live import Live, follow
from pipelines.models import FAMILIES, Schedule
from pipelines.models.auto import Chosen, choose, leaderboard, pose_to_all, taught_together
from pipelines.models.options import Auto, Measured, Pace
from pipelines.models.schedules import check_pace
from pipelines.models.searching import search
from pipelines.models.trials import Found, Question
from pipelines.parameters import FILE, arguments_for, convert, read_parameters
from pipelines.posing import pose
from pipelines.record import Record
from pipelines.registry import open_registry
from pipelines.teaching import check_family
from pipelines.train import train
from pipelines.workspace import OWN, SPLITS, holding, require

LEADERBOARD = Path("data/report/leaderboard.json")
# Without a number of trials, minutes alone end the search.
ENDLESS = 100_000


def tune(minutes: float | None, trials: int | None, measure: str | None, *, write: bool) -> int:
    """Search in the current workspace, and print the leaderboard; with `write`, params.yaml gets what won; 0.

    What was tried stays in .flywheel/search: another call goes on from there.
    """
    workspace = Path.cwd()
    require(workspace)
    given = arguments_for(train, read_parameters(workspace))
    options = _options(given.get("auto", Auto()), minutes, trials, measure)
    record: Record = given["record"]
    check_family("auto", record)
    check_pace(given.get("schedule", Pace()))
    if not (workspace / SPLITS / "train.parquet").is_file():
        raise DataError(
            "tune: there are no rows to learn from yet.",
            "Expected the parts of the data in data/splits.",
            "run `flywheel run` or `dvc repro split` first.",
        )
    with holding(workspace):
        question, found, live = _search(workspace, given, options, read_environment(os.environ, workspace))
        chosen = choose(question, found)
        size = len(taught_together(question, found, chosen, live).graph)
    live.doing("")
    rows = leaderboard(question, found, chosen)
    rows[0]["bytes"] = size
    (workspace / LEADERBOARD).parent.mkdir(parents=True, exist_ok=True)
    write_json(workspace / LEADERBOARD, {"measure": question.measure, "trials": found.tried, "models": rows})
    print(tell(question, found, rows))
    if write:
        write_members(workspace / FILE, _written(question, chosen))
        print(f"\n{FILE} names what won: `train` is a function of its inputs again, and `flywheel run` trains it.")
    return 0


def _options(given: Auto, minutes: float | None, trials: int | None, measure: str | None) -> Auto:
    found = replace(
        given,
        members=(),
        minutes=given.minutes if minutes is None else minutes,
        trials=(ENDLESS if minutes is not None else given.trials) if trials is None else trials,
    )
    if measure is None:
        return found
    return replace(found, measure=convert("--measure", measure, Measured))


def _search(
    workspace: Path, given: dict[str, Any], options: Auto, environment: Environment
) -> tuple[Question, Found, Live]:
    record, seed = given["record"], given.get("seed", 0)
    problem = pose(workspace / SPLITS, record, given.get("class_weight", "none"), seed, named=True)
    usual = {"epochs": 12, "batch_size": 64, "learning_rate": 0.001, "patience": 3}
    lengths = {name: given.get(name, value) for name, value in usual.items()}
    pace = given.get("schedule", Pace())
    schedule = Schedule(**lengths, checkpoint=workspace / OWN / "checkpoints" / "tune.npz", pace=pace)
    question = pose_to_all(problem, options, schedule)
    settings = {"family": "auto", "seed": seed, **asdict(options)}
    live = follow(open_registry(environment, workspace), record, "search", settings, environment, workspace)
    found = search(question, workspace / OWN / "search", live)
    live.registry.finish(live.run)
    return question, found, live


def tell(question: Question, found: Found, rows: list[dict[str, Any]]) -> str:
    """The leaderboard, and how it came to be."""
    measure, folds = question.measure, len(question.cuts)
    cut = f"in {folds} folds" if folds > 1 else "that were held out once,"
    lines = [
        [
            place or "→",
            row["family"],
            differing(row["family"], row["options"])
            if place
            else f"{row['options']['members']} of those marked, {row['bytes']:,} bytes",
            f"{row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]",
            f"{row['seconds']:.1f}",
            "✓" if row["member"] else "",
        ]
        for place, row in enumerate(rows[:16])
    ]
    head = ["", "family", "options", f"{measure} [95 %]", "s", "chosen"]
    how = (
        f"{found.tried} trials in {found.seconds:.0f} s, ended by {found.ended}; {len(found.true):,} rows asked "
        f"{cut} by {question.by}, none of them a test row."
    )
    return f"{table(lines, head)}\n\n{how}\nAll of it: {LEADERBOARD}"


def differing(family: str, options: dict[str, Any]) -> str:
    """The options that are not what they are by default."""
    usual = _flat(asdict(FAMILIES[family].options()))
    shown = [f"{name} {_short(value)}" for name, value in _flat(options).items() if value != usual[name]]
    return ", ".join(shown) or "as by default"


def _flat(options: dict[str, Any]) -> dict[str, Any]:
    """`options`, those in a section under its name and a dot."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        inner = _flat(value) if isinstance(value, dict) else {"": value}
        found |= {f"{name}.{rest}".rstrip("."): each for rest, each in inner.items()}
    return found


def _short(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _written(question: Question, chosen: Chosen) -> dict[str, Any]:
    options = question.options
    members = [{member.family: _plain(asdict(member.options))} for member in chosen.members]
    student = {"student": options.student} if options.student else {}
    return {"measure": question.measure, "folds": len(question.cuts), "by": options.by, **student, "members": members}


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in options.items():
        found[name] = list(value) if isinstance(value, tuple) else _plain(value) if isinstance(value, dict) else value
    return found


def write_members(path: Path, members: dict[str, Any]) -> None:
    """Let `train` in the params.yaml at `path` be of these members; every other line stays as it is.

    Raises ParameterError where the section is written in a way that lines cannot be put into.
    """
    text = path.read_text("utf-8")
    wanted: dict[str, Any] = yaml.safe_load(text)
    wanted["train"] = {**wanted["train"], "family": "auto", "auto": members}
    own = yaml.safe_dump({"family": "auto", "auto": members}, sort_keys=False, default_flow_style=None, width=110)
    lines = text.splitlines()
    start = next((place for place, line in enumerate(lines) if line.rstrip() == "train:"), len(lines) - 1)
    end = next(
        (p for p in range(start + 1, len(lines)) if lines[p] and not lines[p].startswith((" ", "#"))), len(lines)
    )
    kept = _without(lines[start + 1 : end], ("family", "auto"))
    found = [*lines[: start + 1], *(f"  {line}" for line in own.splitlines()), *kept, *lines[end:]]
    written = "\n".join(found) + "\n"
    if not _says(written, wanted):
        raise ParameterError(
            f"{FILE}: `train` is not written as lines below it, indented by two spaces.",
            "Expected `train:` on a line of its own, and `family:` below it.",
            "write the section like that, or copy what won from data/report/leaderboard.json yourself.",
        )
    with replacing(path) as draft:
        draft.write_text(written, "utf-8")


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return bool(yaml.safe_load(text) == wanted)
    except yaml.YAMLError:
        return False


def _without(lines: list[str], keys: tuple[str, ...]) -> list[str]:
    """`lines` of a section without those of `keys`."""
    found, skipped = [], False
    for line in lines:
        if line.startswith("  ") and line[2:3] not in (" ", "-", "#", ""):
            skipped = line[2:].partition(":")[0] in keys
        if not skipped:
            found.append(line)
    return found
