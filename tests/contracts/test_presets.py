"""Every preset is a params.yaml that runs."""

from pathlib import Path

import pytest
import yaml
from workspaces import REPOSITORY

from pipelines.parameters import STAGES, check_parameters

PRESETS = sorted((REPOSITORY / "presets").glob("*.yaml"))


def test_there_is_a_preset_for_the_embedded_sample() -> None:
    assert "sample" in [path.stem for path in PRESETS]


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_passes_the_check_of_parameters(path: Path) -> None:
    parameters = yaml.safe_load(path.read_text("utf-8"))
    check_parameters(parameters)
    assert {"record", "seed", "ingest", "train"} <= set(parameters)
    assert set(parameters) <= {"record", "seed", "listen", *STAGES}


def test_the_parameters_of_the_repository_are_the_preset_sample() -> None:
    assert (REPOSITORY / "params.yaml").read_bytes() == (REPOSITORY / "presets" / "sample.yaml").read_bytes()
