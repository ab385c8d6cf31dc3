"""Make pipelines/privacy/chinese/names.npz, the model that finds names in Chinese text, from its sources."""

import argparse
import random
from pathlib import Path

from flywheel.chinese_names.corpora import Labelled, aishell, joined, universal
from flywheel.chinese_names.crf import Example, learn
from flywheel.chinese_names.dictionaries import Dictionaries, classes, contexts, folding, read, roles
from flywheel.chinese_names.generated import Generator
from flywheel.chinese_names.packing import Tables, pack
from pipelines.privacy.chinese.characters import fold
from pipelines.privacy.chinese.features import features
from pipelines.privacy.chinese.lexicon import build
from pipelines.privacy.chinese.model import FILE
from pipelines.privacy.chinese.tags import tagged

_BLOCK = 16_000
_BETWEEN = " \n \n"


def main() -> None:
    """Read the sources named on the command line, learn, and write the model."""
    parser = argparse.ArgumentParser(prog="python -m flywheel.chinese_names", description=__doc__)
    parser.add_argument("--hanlp", type=Path, required=True, help="data/dictionary of HanLP 1.x (Apache-2.0)")
    parser.add_argument("--aishell", type=Path, required=True, help="checkout of AISHELL-NER (Apache-2.0)")
    parser.add_argument(
        "--universal", type=Path, nargs="*", default=[], help="checkouts of UNER_Chinese-* (CC BY-SA 4.0)"
    )
    parser.add_argument("--generated", type=int, default=13_000, help="texts to generate")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    dictionaries = read(options.hanlp)
    known, near = build(classes(dictionaries)), build(contexts(dictionaries))
    tables = Tables(folding(dictionaries), known, near, roles(dictionaries))
    texts = labelled(dictionaries, options.aishell, options.universal, options.generated)
    found = examples(texts, tables)
    print(f"{len(found)} texts, {sum(len(example.tags) for example in found)} characters")
    learned = learn(
        found,
        epochs=options.epochs,
        rate=0.1,
        dropout=0.2,
        seed=0,
        tell=lambda epoch, loss: print(f"epoch {epoch + 1}: loss {loss:.0f}", flush=True),
    )
    print(f"{options.out}: {pack(options.out, tables, learned)} bytes")


def labelled(dictionaries: Dictionaries, speech: Path, trees: list[Path], generated: int) -> list[Labelled]:
    """Return all the text to learn from: transcripts and treebanks, both again with other names, and generated text."""
    chance = random.Random(0)  # noqa: S311 (nothing secret)
    real = joined(aishell(speech), chance) + universal(trees, dictionaries.simplified)
    generator = Generator(dictionaries, 0)
    return real + generator.renamed(real, share=0.7) + generator.texts(generated, without=0.4)


def examples(texts: list[Labelled], tables: Tables) -> list[Example]:
    """Return the features and tags of each text; texts are read in blocks, as in use."""
    found: list[Example] = []
    block: list[Labelled] = []
    for text in texts:
        block.append(text)
        if sum(len(other) + len(_BETWEEN) for other, _ in block) >= _BLOCK or text is texts[-1]:
            found += _read(block, tables)
            block = []
    return found


def _read(block: list[Labelled], tables: Tables) -> list[Example]:
    import numpy as np

    codes = fold(_BETWEEN.join(text for text, _ in block), tables.folding)
    columns = features(codes, tables.words, tables.contexts, tables.roles).T
    found = []
    begin = 0
    for text, names in block:
        if text:
            rows = np.ascontiguousarray(columns[begin : begin + len(text)])
            found.append(Example(rows, np.array(tagged(len(text), names), np.int8)))
        begin += len(text) + len(_BETWEEN)
    return found


if __name__ == "__main__":
    main()
