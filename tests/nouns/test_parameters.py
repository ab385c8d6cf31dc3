"""params.yaml: an unknown key, or a value of another type, is told before anything is done."""

import copy
from pathlib import Path
from typing import Any

import pytest
import workspaces
from workspaces import lines

from pipelines.anonymise import TableRules, anonymise
from pipelines.errors import ParameterError, RecordError
from pipelines.ingest import Sample, ingest
from pipelines.models import FAMILIES
from pipelines.models.options import Linear, Mlp
from pipelines.parameters import arguments_for, check_parameters, convert, read_parameters
from pipelines.record import Record
from pipelines.train import train

SAMPLE = workspaces.small_sample()


def with_key(path: str, value: Any) -> dict[str, Any]:
    """The sample's parameters with one key set; its parents are made."""
    changed = copy.deepcopy(SAMPLE)
    section = changed
    *parents, last = path.split(".")
    for parent in parents:
        section = section.setdefault(parent, {})
    section[last] = value
    return changed


def refusal(parameters: dict[str, Any]) -> list[str]:
    with pytest.raises(ParameterError, match=r"params\.yaml") as caught:
        check_parameters(parameters)
    return lines(caught.value)


def test_the_sample_passes() -> None:
    before = copy.deepcopy(SAMPLE)
    check_parameters(SAMPLE)
    assert before == SAMPLE


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("trian", "train"),
        ("sead", "seed"),
        ("ingest.sorce", "source"),
        ("ingest.sample.row", "rows"),
        ("validate.max_quarantine", "max_quarantined"),
        ("anonymise.table", "tables"),
        ("anonymise.tables.fewest_subject", "fewest_subjects"),
        ("anonymise.tables.hierarchy", "hierarchies"),
        ("split.vaild", "valid"),
        ("train.epoch", "epochs"),
        ("train.linear.word", "words"),
        ("train.lstm.unit", "units"),
        ("train.mlp.layer", "layers"),
        ("evaluate.draw", "draws"),
        ("promote.margn", "margin"),
        ("listen.min_feedbak", "min_feedback"),
    ],
)
def test_an_unknown_key_of_any_section_names_the_nearest(path: str, nearest: str) -> None:
    what, expected, fix = refusal(with_key(path, 1))
    wrong = path.rpartition(".")[2]
    assert f"unknown key '{wrong}'" in what
    assert nearest in expected
    assert f"'{nearest}'" in fix


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", "seven"),
        ("seed", True),
        ("seed", 7.5),
        ("ingest.source", 3),
        ("ingest.sample.rows", "many"),
        ("validate.max_quarantined", "a fifth"),
        ("split.test", [0.1]),
        ("train.epochs", 2.5),
        ("train.epochs", True),
        ("train.mlp.layers", ["wide"]),
        ("train.mlp.layers", 64),
        ("evaluate.draws", None),
        ("promote.margin", {}),
        ("anonymise.tables.k", "ten"),
        ("anonymise.tables.k", 1),
        ("anonymise.tables", {"k": 5, "hierarchies": {"city": {"Rome": "Italy"}}}),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_key(path: str, value: object) -> None:
    what, expected, _ = refusal(with_key(path, value))
    assert path.rpartition(".")[2] in what
    assert expected.startswith("Expected ")


def test_a_word_that_is_not_among_the_allowed_names_the_nearest() -> None:
    what, expected, fix = refusal(with_key("train.family", "lstn"))
    assert "'lstn'" in what
    assert expected == f"Expected one of: {', '.join(FAMILIES)}."
    assert "'lstm'" in fix


@pytest.mark.parametrize("section", ["train", "ingest", "split"])
def test_a_section_that_is_a_value_is_refused(section: str) -> None:
    assert f"`{section}` is not a section" in refusal(with_key(section, 3))[0]


@pytest.mark.parametrize("path", ["train.family", "ingest.source", "record"])
def test_what_a_stage_cannot_do_without_is_asked_for(path: str) -> None:
    parameters = copy.deepcopy(SAMPLE)
    *parents, last = path.split(".")
    del (parameters[parents[0]] if parents else parameters)[last]
    assert f"`{path}` is missing" in refusal(parameters)[0]


def test_models_of_what_has_no_classes_cannot_be_compared_by_macro_f1() -> None:
    parameters = with_key("promote.measure", "macro_f1")
    check_parameters(parameters)
    parameters["record"]["columns"]["sentiment"] |= {"ordered": True}
    assert "no set of classes (ordinal)" in refusal(parameters)[0]


def test_a_record_is_checked_with_the_rest() -> None:
    with pytest.raises(RecordError, match="'category' instead"):
        check_parameters(with_key("record.columns.city.type", "categry"))


def test_a_section_becomes_the_keyword_arguments_of_its_stage() -> None:
    found = arguments_for(anonymise, SAMPLE)
    assert set(found) == {"record", "text", "tables"}
    assert isinstance(found["record"], Record)
    assert found["tables"] == TableRules(fewest_subjects=10)


def test_a_whole_number_may_stand_for_a_share_and_not_the_other_way_round() -> None:
    found = arguments_for(train, with_key("train.learning_rate", 1))
    assert (found["learning_rate"], type(found["learning_rate"])) == (1.0, float)
    assert found["linear"] == Linear(words=2, characters=2, terms=5000, c=10.0)


def test_hierarchies_are_read_as_values_with_their_ancestors() -> None:
    section = {"k": 5, "t": 1, "quasi": ["city"], "hierarchies": {"city": {"Rome": ["Italy", "Europe"]}}}
    found = arguments_for(anonymise, with_key("anonymise.tables", section))["tables"]
    assert found == TableRules(k=5, quasi=("city",), hierarchies={"city": {"Rome": ("Italy", "Europe")}})


def test_lists_become_tuples_and_nothing_stays_nothing() -> None:
    found = arguments_for(train, with_key("train.mlp.layers", [8, 4]))
    assert found["mlp"] == Mlp(layers=(8, 4))
    assert arguments_for(ingest, with_key("ingest.format", None))["format"] is None
    assert convert("files", {"a.csv": "train"}, dict[str, str]) == {"a.csv": "train"}
    assert convert("sample", None, Sample) == Sample()


def test_a_refusal_holds_no_value_of_another_type() -> None:
    """A value that was pasted in the wrong place may be a secret."""
    assert "hunter2" not in "\n".join(refusal(with_key("train.epochs", "hunter2")))


@pytest.mark.parametrize(
    ("text", "told"),
    [("a:\n  b: 1\n\tc: 2\n", "at line 3"), ("- a\n- b\n", "holds no sections"), ("", "holds no sections")],
)
def test_a_file_that_is_no_mapping_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    with pytest.raises(ParameterError, match=told) as caught:
        read_parameters(tmp_path)
    lines(caught.value)


def test_a_folder_without_parameters_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"params\.yaml is missing here"):
        read_parameters(tmp_path)
