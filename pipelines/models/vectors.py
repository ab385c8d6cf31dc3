"""Vectors of words that somebody else learned, from a text file as GloVe and word2vec write them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ParameterError, TrainingError
from pipelines.features import Tokens

BLOCK = 1 << 20


def known_vectors(begun: NDArray[np.float32], features: Tokens, path: str, sha256: str) -> NDArray[np.float32]:
    """`begun` (rows, size) with the vectors of the words of the vocabulary that the file knows; read line by line.

    `sha256` is the file's: it stands in params.yaml so that another file is another training. Raises ParameterError
    where it is not this file's, where vectors have another size, and where words have no names (private training).
    """
    if features.buckets:
        raise ParameterError(
            "params.yaml: word vectors are asked for, and so is `train.privacy`.",
            "Expected one of them: a private training knows words by their hash alone.",
            "leave `vectors` out, or `privacy`.",
        )
    _check(Path(path), sha256)
    found = begun.copy()
    for number, word, values in _lines(Path(path), begun.shape[1]):
        # GloVe knows lower case and capitals; what is written first is more frequent.
        place = features.vocabulary.get(word)
        if place is not None:
            found[place] = _numbers(values, number, Path(path))
    return found


def _check(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise ParameterError(
            f"params.yaml: the file of word vectors, {path.name}, is not there.",
            "Expected a text file with a word and its numbers on each line, as GloVe's.",
            "give its path from the workspace on, or leave `vectors` out.",
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ParameterError(
            f"params.yaml: {path.name} is not the file of word vectors whose `vectors_sha256` is given.",
            "Expected its SHA-256 in params.yaml: so other vectors make another model, and no stale one stays.",
            f"write `vectors_sha256: {found}` beside `vectors`, if this is the file you mean.",
        )


def _lines(path: Path, size: int) -> Iterator[tuple[int, str, list[str]]]:
    """Number, word and `size` numbers of each line; a word may hold spaces. A first line of two counts is left out."""
    with path.open(encoding="utf-8", newline="\n") as file:
        try:
            for number, line in enumerate(file, 1):
                parts = line.rstrip("\r\n ").split(" ")
                if number == 1 and len(parts) == 2 and size != 1:
                    continue
                if len(parts) <= size:
                    raise _wrong(path, number, f"holds {len(parts) - 1} numbers", f"{size}, as `embedding` says")
                yield number, " ".join(parts[:-size]), parts[-size:]
        except UnicodeDecodeError:
            raise _wrong(path, 0, "is not UTF-8", "text in UTF-8") from None


def _numbers(values: list[str], number: int, path: Path) -> NDArray[np.float32]:
    try:
        found = np.array(values, dtype=np.float32)
    except ValueError:
        raise _wrong(path, number, "holds something else than numbers", "a word and its numbers") from None
    if not np.isfinite(found).all():
        raise _wrong(path, number, "holds a number that is not finite", "finite numbers")
    return found


def _wrong(path: Path, number: int, what: str, expected: str) -> TrainingError:
    where = f"line {number} of {path.name}" if number else path.name
    return TrainingError(
        f"train: {where} {what}.",
        f"Expected {expected}, separated by single spaces.",
        "mend the file of word vectors, or set `embedding` to the size of its vectors.",
    )
