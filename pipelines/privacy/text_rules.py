"""How texts are cleaned: the section `anonymise.text` of params.yaml, which travels with the data and the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.errors import ParameterError
from pipelines.files import read_json, write_json

Mode = Literal["placeholder", "surrogate", "mask"]
FinderName = Literal["patterns", "names", "presidio"]
Numbered = Literal["people", "all", "none"]
RULES_FILE = "text_rules.json"


@dataclass(frozen=True)
class TextRules:
    """What is looked for in a text, and what takes the place of what was found.

    `numbered` says whose placeholders tell one from another ("<PERSON_1>") where a text has several of a type.
    """

    mode: Mode = "placeholder"
    finders: tuple[FinderName, ...] = ("patterns",)
    numbered: Numbered = "people"

    def __post_init__(self) -> None:
        if not self.finders:
            raise ParameterError(
                "`finders` is empty: nobody would be found in a text.",
                f"Expected one or more of: {', '.join(get_args(FinderName))}.",
                "name at least `patterns`, or leave the key out.",
            )

    def to_json(self) -> dict[str, Any]:
        """The rules as JSON has them."""
        return {"mode": self.mode, "finders": list(self.finders), "numbered": self.numbered}


def rules_from_json(content: Mapping[str, Any]) -> TextRules:
    """The rules that `to_json` gave. Raises ValueError for a mode or a finder that this version does not know."""
    mode, finders = content["mode"], tuple(content["finders"])
    numbered = content.get("numbered", "people")
    known = mode in get_args(Mode) and numbered in get_args(Numbered)
    if not known or not finders or not set(finders) <= set(get_args(FinderName)):
        raise ValueError("unknown text rules")
    return TextRules(mode, finders, numbered)


def pass_on_rules(source: Path, target: Path) -> None:
    """Let the rules by which the rows in `source` were cleaned go with the rows in `target`."""
    write_json(target / RULES_FILE, read_rules(source).to_json())


def read_rules(folder: Path) -> TextRules:
    """The rules by which the rows in `folder` were cleaned; the default where nothing is said of them."""
    path = folder / RULES_FILE
    return rules_from_json(read_json(path)) if path.is_file() else TextRules()
