"""Files are there whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.files import digest, drafting, read_json, replacing, write_json

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "a.txt"
    with replacing(final) as draft:
        draft.write_text("new", "utf-8")
        assert not final.exists()
    assert final.read_text("utf-8") == "new"
    assert names(final.parent) == ["a.txt"]


def test_what_failed_half_way_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    final = tmp_path / "a.txt"
    final.write_text("old", "utf-8")

    def fail() -> None:
        with replacing(final) as draft:
            draft.write_text("half", "utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert final.read_text("utf-8") == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_that_failed_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "model"
    final.mkdir()
    (final / "old").touch()

    def fail() -> None:
        with replacing(final) as draft:
            draft.mkdir()
            (draft / "half").touch()
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert names(tmp_path) == ["model"]
    assert names(final) == ["old"]


def test_a_new_folder_keeps_nothing_of_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "model"
    for name in ("old", "new"):
        with replacing(final) as draft:
            draft.mkdir()
            (draft / name).touch()
    assert names(final) == ["new"]


def test_a_draft_that_a_killed_process_left_is_no_obstacle(tmp_path: Path) -> None:
    left = tmp_path / f".model.{os.getpid()}.draft"
    left.mkdir()
    (left / "half").touch()
    with replacing(tmp_path / "model") as draft:
        draft.mkdir()
        (draft / "whole").touch()
    assert names(tmp_path / "model") == ["whole"]


@given(some.dictionaries(some.text(), VALUES, max_size=4))
def test_json_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert read_json(path) == value


def test_equal_values_are_equal_bytes_for_people_to_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": "好", "a": [1]})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "b": "好",\n  "a": [\n    1\n  ]\n}\n'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused_and_the_old_file_stands(number: float, tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": number})
    assert read_json(tmp_path / "a.json") == {"a": 1}


def test_a_json_list_is_no_object(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [1])
    with pytest.raises(TypeError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def filled(folder: Path, content: dict[str, str]) -> Path:
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_a_digest_is_of_names_and_bytes_and_of_nothing_else(tmp_path: Path) -> None:
    content = {"a": "1", "sub/b": "2"}
    first = digest(filled(tmp_path / "one", content))
    assert digest(filled(tmp_path / "another", dict(reversed(content.items())))) == first
    others = [{"a": "2", "sub/b": "2"}, {"a": "1", "b": "2"}, {"a": "1"}, content | {"c": ""}, {"a": "2", "sub/b": "1"}]
    digests = {digest(filled(tmp_path / f"other{number}", other)) for number, other in enumerate(others)}
    assert len(digests | {first}) == len(others) + 1


def test_drafts_of_a_process_that_lives_stay_and_those_of_one_that_ended_go(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    assert gone.wait() == 0
    for process in (gone.pid, os.getppid()):
        (tmp_path / f".raw.{process}.drafts").mkdir()
    with drafting(tmp_path / "raw") as drafts:
        (drafts / "part").touch()
        assert names(tmp_path) == sorted([f".raw.{os.getppid()}.drafts", drafts.name])
    assert names(tmp_path) == [f".raw.{os.getppid()}.drafts"]
