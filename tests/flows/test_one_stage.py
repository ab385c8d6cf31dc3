"""One stage brought up to date by a flow: what a user did wrong is said in three lines, whoever finds it."""

import pytest
from workspaces import REPOSITORY, Workspace, lines, review

from flows.graph import reproduce
from pipelines.errors import ParameterError
from pipelines.ingest import ingest


def test_a_section_that_params_yaml_lacks_is_named_with_what_to_write(
    reviews: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reviews.path)
    (reviews.path / "pipelines").symlink_to(REPOSITORY / "pipelines")
    reviews.bring([review(number) for number in range(3)])
    reviews.run(ingest)
    with pytest.raises(ParameterError, match="the section `validate` is missing") as caught:
        reproduce(reviews.path, "validate", "run")
    _, expected, fix = lines(caught.value)
    assert "dvc.yaml" in expected
    assert "`validate: {}`" in fix
