"""Train the tagger that finds people in English text, and write it where the package looks for it.

    python -m flywheel.train_tagger --tab tab_144_labelled.json --columns FILE... [--held-out-dev] [--into DIR]

The Text Anonymization Benchmark's test documents are never read. Equal files give equal weights on one machine.
"""

import argparse
import hashlib
import json
import random
import sys
import time
from pathlib import Path

import numpy as np

from flywheel.train_tagger.corpora import columns, cut, renamed, tab
from flywheel.train_tagger.lessons import lesson
from flywheel.train_tagger.sentences import Example, made_up
from flywheel.train_tagger.writing import graph, table
from pipelines.files import replacing
from pipelines.privacy.tagger import TYPES
from pipelines.privacy.words import ROWS

# A word is of a type where it is likelier than this to be anything at all. Chosen on the benchmark's dev documents,
# held out then: low, because a person who is missed is worse than a word too many.
LIMITS = {
    "PERSON": 0.08, "LOCATION": 0.08, "ORGANISATION": 0.04, "DATE": 0.03, "QUANTITY": 0.04, "DEMOGRAPHIC": 0.03,
    "CODE": 0.05, "MISC": 0.05,
}  # fmt: skip
MADE_UP = 20_000
COPIES = 2
PART = 1500
SEED = 7
INTO = Path(__file__).parent.parent.parent / "pipelines" / "privacy"


def main(arguments: list[str]) -> None:
    """Train and write; tell of each epoch."""
    asked = _parser().parse_args(arguments)
    from pipelines.models.tagger import Course, train

    taught = lesson(examples(asked.tab, asked.columns, held_out_dev=asked.held_out_dev))
    print(f"{len(taught.words):,} words of {len(taught.features):,} forms", flush=True)
    started = time.monotonic()
    weights = train(
        taught,
        ROWS,
        Course(epochs=asked.epochs),
        lambda epoch, loss: print(f"epoch {epoch}: loss {loss:.4f}, {time.monotonic() - started:.0f} s", flush=True),
    )
    small, scale = table(weights)
    card = {"limits": LIMITS, "scale": scale, "learned_from": _sources([asked.tab, *asked.columns])}
    write(asked.into, graph(weights), small, card)


def examples(benchmark: Path, others: list[Path], *, held_out_dev: bool = False) -> list[Example]:
    """All that is learned from, shuffled: documents as they are and about other people, sentences, made-up texts."""
    parts = frozenset({"train"} if held_out_dev else {"train", "dev"})
    documents = list(tab(benchmark, parts))
    changed = [renamed(each, 1000 * copy + place) for copy in range(COPIES) for place, each in enumerate(documents)]
    found = [part for document in (*documents, *changed) for part in cut(document, PART)]
    found += [example for path in sorted(others, key=lambda path: path.name) for example in columns(path)]
    found += made_up(MADE_UP, frozenset(TYPES), SEED)
    random.Random(SEED).shuffle(found)  # noqa: S311 -- an order, no secret
    return found


def write(folder: Path, network: bytes, small: "np.typing.NDArray[np.int8]", card: dict[str, object]) -> None:
    """Write the three files of the bundle, each whole or not at all."""
    for name, content in (("tagger.onnx", network), ("tagger.json", json.dumps(card, indent=2).encode() + b"\n")):
        with replacing(folder / name) as draft:
            draft.write_bytes(content)
    with replacing(folder / "tagger.npy") as draft, draft.open("wb") as file:
        np.save(file, small, allow_pickle=False)


def _sources(paths: list[Path]) -> dict[str, str]:
    """The name of each file learned from with the SHA-256 of its bytes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m flywheel.train_tagger", description=__doc__.split("\n")[0])
    parser.add_argument("--tab", type=Path, required=True, help="labelled documents of the benchmark")
    parser.add_argument("--columns", type=Path, nargs="*", default=[], help="files with one word and its label a line")
    parser.add_argument(
        "--held-out-dev", action="store_true", help="leave the benchmark's dev documents out, to tune on"
    )
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--into", type=Path, default=INTO, help="the folder to write to")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
