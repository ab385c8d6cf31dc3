"""What `train` and `evaluate` left behind, as values: which models there are, and how good each was."""

from pathlib import Path
from typing import Any

from pipelines.compression import UNCOMPRESSED
from pipelines.files import read_json
from pipelines.scores import Scores


def roles_in(model: Path) -> list[str]:
    """The roles of the bundles in `model` that may be promoted: baseline, and candidate where there is one."""
    return sorted(path.name for path in model.iterdir() if path.is_dir() and path.name != UNCOMPRESSED)


def read_scores(report: Path) -> dict[str, Scores]:
    """The scores in `report`, by role."""
    models: Any = read_json(report / "scores.json")["models"]
    return {
        role: Scores.from_dict({key: value for key, value in entry.items() if key not in ("family", "parameters")})
        for role, entry in models.items()
    }
