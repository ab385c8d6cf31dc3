"""`flywheel new DIR`: a workspace of its own, from a preset or from what a source seems to hold."""

import difflib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from flywheel.presets import TEMPLATE, presets
from pipelines.errors import ParameterError
from pipelines.parameters import check_parameters
from pipelines.sources.addresses import refuse_user_info
from pipelines.sources.database_urls import absolute
from pipelines.workspace import refuse_unreadable

CODE = ("pipelines", "flows")
# Presets read data/source, as it arrived and unsealed: no `git add --all` may take it along.
# By name: DVC takes `/data/*` to mean the folder itself, looks into it no further, and so would never push data/raw.
DATA = ("source", "raw", "validated", "anonymised", "splits", "model", "report", ".*")
# `.env` is nobody's but habit's: whoever keeps keys there all the same does not hand them to Git.
LOCAL = ("/.flywheel/", "/mlruns/", "/.env")
MADE = (*LOCAL, *(f"/data/{name}" for name in DATA), *(f"/{name}" for name in CODE), "__pycache__/")
IGNORED = "".join(f"{line}\n" for line in MADE)
Change = tuple[list[str], Any]  # the path of a key in params.yaml, and its new value


def new(
    directory: str, preset: str | None, source: str | None, settings: Sequence[str], label: str | None = None
) -> int:
    """Make the workspace `directory` from a preset or a look at `source`, with `settings` such as "train.epochs=3"; 0.

    `label` names the column to predict where the source does not tell.

    Everything is checked before the folder is made. Raises ParameterError for a name or a key we don't know.
    """
    refuse_unreadable(directory)
    place = Path(directory)
    _refuse_occupied(place)
    changes = [*_labelled(label, preset), *(_setting(item) for item in settings)]
    text = _proposed(source, changes) if preset is None else _from_preset(preset, source, changes)
    check_parameters(yaml.safe_load(text))
    place.mkdir(parents=True, exist_ok=True)
    (place / "params.yaml").write_text(text, "utf-8")
    _furnish(place)
    made_of = f"preset {preset}" if preset else "proposed from its source; what is unsure is marked in params.yaml"
    print(f"Workspace {place} is ready: {made_of}.\n\n  cd {place}\n  flywheel run")
    return 0


def _labelled(label: str | None, preset: str | None) -> list[Change]:
    """That the column `label` is the one to predict. Raises ParameterError beside a preset, which says so itself."""
    if label is not None and preset is not None:
        raise ParameterError(
            f"The preset {preset} says what is to be predicted, and --label names a column too.",
            "Expected --label beside --source alone.",
            "leave --label out, or --preset.",
        )
    return [] if label is None else [(["record", "columns", label, "role"], "label")]


def _from_preset(preset: str, source: str | None, changes: list[Change]) -> str:
    text = _preset(preset).read_text("utf-8")
    given = [] if source is None else [(["ingest", "source"], _absolute(source))]
    return apply(text, [*changes, *given])


def _proposed(source: str | None, changes: Sequence[Change]) -> str:
    """The params.yaml for a source that no preset describes; roles that `changes` give decide the rest."""
    from flywheel.inspecting import look, refuse_unlearnable, where
    from pipelines.proposing.writing import parameters_of, written

    if source is None:
        raise ParameterError(
            "`flywheel new` does not know what the workspace is for.",
            "Expected --preset NAME for a known data set, --source PATH for your own, or both.",
            "write for example `--preset sample`, which needs no data.",
        )
    told = {path[2]: value for path, value in changes if path[:2] == ["record", "columns"] and path[3:] == ["role"]}
    query = next((str(value) for path, value in changes if path == ["ingest", "query"]), None)
    proposal = look(_absolute(source), told, query)
    refuse_unlearnable(proposal)
    values = parameters_of(proposal, where(proposal, _absolute(source)))
    change(values, changes)
    return written(values, proposal)


def _preset(name: str) -> Path:
    known = presets()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    raise ParameterError(
        f"There is no preset '{name}'.",
        f"Expected one of: {', '.join(known)}.",
        f"write '{near[0]}' instead." if near else "take `sample` to begin with, and write your own `record`.",
    )


def _refuse_occupied(place: Path) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ParameterError(
            f"{place} is there already, and not empty.",
            "Expected a folder that does not exist yet, or an empty one.",
            "choose another name, or remove it yourself.",
        )


def _absolute(source: str) -> str:
    """A path as it holds from any folder; a URL, or the word `sample`, as it is."""
    if "://" in source:
        refuse_user_info(source)  # before it stands in a file
        return absolute(source)
    if source == "sample":
        return source
    path = Path(source).expanduser().resolve()
    if path.exists():
        return str(path)
    raise ParameterError(
        f"The source {source} does not exist.",
        "Expected a file or a folder with data.",
        "check the path; it is read from the folder that you are in.",
    )


def _setting(item: str) -> Change:
    key, sign, value = item.partition("=")
    if not sign or not key:
        raise ParameterError(
            f"`--set {item}` sets nothing.", "Expected KEY=VALUE.", "write for example `--set train.epochs=3`."
        )
    within = key.removeprefix("record.columns.")
    if within != key:  # the name of a column may have dots of its own
        return ["record", "columns", *within.rsplit(".", 1)], yaml.safe_load(value)
    return key.split("."), yaml.safe_load(value)


def apply(text: str, changes: Sequence[Change]) -> str:
    """The YAML `text` with `changes` made; comments above the first key are kept."""
    if not changes:
        return text
    values = yaml.safe_load(text)
    change(values, changes)
    head = [line for line in text.splitlines() if line.startswith("#")]
    body = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return "\n".join([*head, "", body])


def change(values: dict[str, Any], changes: Sequence[Change]) -> None:
    """Make the `changes` in `values`. Raises ParameterError for a path that leads nowhere."""
    for path, value in changes:
        section = values
        for key in path[:-1]:
            section = section.setdefault(key, {})
            if not isinstance(section, dict):
                raise ParameterError(
                    f"`{'.'.join(path)}` leads through '{key}', which is a value and no section.",
                    "Expected the dotted path of a key in params.yaml.",
                    "look the key up in the preset's file.",
                )
        section[path[-1]] = value


def _furnish(place: Path) -> None:
    """The graph, the deployments, the code beside it, and repositories for Git and DVC."""
    from pipelines.versions import initialise, quiet

    for name in ("dvc.yaml", "prefect.yaml"):
        shutil.copy(TEMPLATE / name, place / name)
    (place / ".gitignore").write_text(IGNORED, "utf-8")
    link_code(place)
    if not (place / ".git").exists() and shutil.which("git"):
        subprocess.run(["git", "init", "--quiet", str(place)], check=True)
    with quiet():
        initialise(place)
    with (place / ".dvcignore").open("a", encoding="utf-8") as ignored:
        ignored.write("__pycache__\n")  # beside the code that stages depend on, and no part of it


def link_code(place: Path) -> None:
    """Let the installed code stand beside the graph, which names it as what its stages depend on.

    After an upgrade DVC sees by itself which stages are stale. The links are this machine's own, and ignored by Git.
    """
    for name in CODE:
        link, code = place / name, Path(__file__).parent.parent / name
        if link.is_symlink() and link.resolve() != code:
            link.unlink()
        if not link.exists():
            link.symlink_to(code, target_is_directory=True)
