"""`flywheel generate PROMPT`: the champion writes on; nothing is stored."""

import os
from pathlib import Path

from pipelines.environment import read_environment
from pipelines.errors import ParameterError
from pipelines.language import Manner, go_on, letters_of
from pipelines.ledger import open_ledger
from pipelines.parameters import read_parameters
from pipelines.privacy.text import clean
from pipelines.record import parse_record
from pipelines.workspace import require
from service.champion import load, no_champion


def generate(prompt: str, length: int, manner: Manner) -> int:
    """Print `prompt` and at most `length` pieces of text behind it; 0.

    The champion reads the prompt without the people in it, as it read its training texts.
    """
    _check(length, manner)
    workspace = Path.cwd()
    require(workspace)
    record = parse_record(read_parameters(workspace).get("record"))
    champion = open_ledger(read_environment(os.environ, workspace)).champion(record.name)
    if champion is None:
        raise no_champion()
    bundle = load(champion, record, workspace).bundle
    letters_of(bundle)
    seen, _ = clean(prompt, bundle.text)
    print(seen + go_on(bundle, seen, length, manner))
    return 0


def _check(length: int, manner: Manner) -> None:
    wrong = {
        "--length": (length, length >= 1, "how many pieces to write, 1 at least"),
        "--temperature": (manner.temperature, 0 <= manner.temperature <= 100, "a number from 0 (the likeliest) on"),
        "--top-k": (manner.top_k, manner.top_k >= 0, "how many pieces to choose from, or 0 for all"),
        "--seed": (manner.seed, manner.seed >= 0, "a whole number, 0 at least"),
    }
    for option, (value, right, expected) in wrong.items():
        if not right:
            raise ParameterError(
                f"generate: {option} is {value:g}.", f"Expected {expected}.", "leave it out, or mend it."
            )
