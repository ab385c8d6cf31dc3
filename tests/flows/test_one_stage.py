"""One stage brought up to date by a flow: what a user did wrong is said in three lines, whoever finds it."""

from pathlib import Path

import pytest
import workspaces
from workspaces import lines

from flows.graph import reproduce
from pipelines.errors import ParameterError


def test_a_section_that_params_yaml_lacks_is_named_with_what_to_write(tmp_path: Path) -> None:
    made = workspaces.make(tmp_path / "workspace", {"record": workspaces.REVIEWS, "seed": 7})
    made.raw.mkdir(parents=True)
    with pytest.raises(ParameterError, match="the section `validate` is missing") as caught:
        reproduce(made.path, "validate", "run")
    _, expected, fix = lines(caught.value)
    assert "dvc.yaml" in expected
    assert "`validate: {}`" in fix
