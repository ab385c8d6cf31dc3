"""docs/reference/params.md: every key that the code accepts stands there with its default, and none that is unknown."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_args

import yaml
from workspaces import REPOSITORY

from pipelines.models import FAMILIES
from pipelines.models.options import Privacy
from pipelines.parameters import SETTINGS, STAGES, _stage
from pipelines.record import Column, Role, Type
from pipelines.record import Privacy as Reveals

PAGE = (REPOSITORY / "docs" / "reference" / "params.md").read_text("utf-8")
TOLD = dict(re.findall(r"^\| `([\w.]+)` \| (required|as there|`[^|]*`) \|", PAGE, re.MULTILINE))
SHARED = {"record", "environment", "workspace", "seed"}
# These have pages of their own: models.md and training.md.
ELSEWHERE = {f"train.{family}" for family in FAMILIES if family != "auto"}


def plain(value: Any) -> Any:
    """A default as YAML has it."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def default_of(field: "Field[Any]") -> Any:
    return "required" if field.default is MISSING and field.default_factory is MISSING else field.default


def accepted() -> Iterator[tuple[str, Any]]:
    """Every key below the sections of stages, with its default; a group of keys by its keys."""
    for stage in STAGES:
        for parameter in inspect.signature(_stage(stage)).parameters.values():
            name, default = f"{stage}.{parameter.name}", parameter.default
            if parameter.kind is not parameter.KEYWORD_ONLY or parameter.name in SHARED or name in ELSEWHERE:
                continue
            if is_dataclass(default) and name != "train.schedule":
                yield from ((f"{name}.{field.name}", getattr(default, field.name)) for field in fields(default))
            else:
                yield name, "required" if default is parameter.empty else default
    for field in fields(Privacy):
        yield f"train.privacy.{field.name}", field.default
    for field in fields(Column):
        if field.name != "name":
            yield field.name, default_of(field)
    for section, settings in SETTINGS.items():
        yield from ((f"{section}.{key}", default) for key, default in settings.items())


def test_the_page_names_every_key_and_no_other() -> None:
    assert set(TOLD) == {key for key, _ in accepted()}


def test_the_page_tells_every_default() -> None:
    for key, default in accepted():
        told = TOLD[key]
        if key == "train.schedule":
            assert told == "as there"
        elif default == "required":
            assert told == "required", key
        else:
            assert json.dumps(yaml.safe_load(told.strip("`"))) == json.dumps(plain(default)), key


def test_all_types_roles_and_values_of_privacy_stand_there() -> None:
    for word in (*get_args(Type), *get_args(Role), *get_args(Reveals)):
        assert f"`{word}`" in PAGE, word
