"""Labelled text: AISHELL-NER (Apache-2.0) and Universal NER's Chinese treebanks (CC BY-SA 4.0)."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.privacy.chinese.tags import ORGANISATION, PERSON, PLACE

# A text and its names: begin, end (exclusive), first tag.
Labelled = tuple[str, list[tuple[int, int, int]]]
_TAGS = {"PER": PERSON, "LOC": PLACE, "ORG": ORGANISATION}
_AISHELL = ("data/dev.bio.txt", "data/test.bio.txt")


def aishell(folder: Path) -> list[Labelled]:
    """Read the utterances of a checkout of Alibaba-NLP/AISHELL-NER whose files are there."""
    return [_labelled(rows) for name in _AISHELL for rows in _blocks(folder / name, " ", 0, 1)]


def universal(folders: Iterable[Path], simplified: dict[int, str]) -> list[Labelled]:
    """Read every `.iob2` file of checkouts of Universal NER; traditional characters are simplified."""
    files = [file for folder in folders for file in sorted(folder.glob("*.iob2"))]
    blocks = [rows for file in files for rows in _blocks(file, "\t", 1, 2)]
    return [_labelled([(word.translate(simplified), label) for word, label in rows]) for rows in blocks]


def joined(utterances: list[Labelled], chance: random.Random) -> list[Labelled]:
    """Join utterances that follow each other by punctuation, which the transcripts of speech lack."""
    texts = []
    begin = 0
    while begin < len(utterances):
        count = chance.choice((1, 1, 2, 2, 3, 4))
        text, names = chain(utterances[begin : begin + count], "，，，，。、： ", chance)
        texts.append((text + chance.choice(("", "", "", *"。！？")), names))
        begin += count
    return texts


def chain(parts: list[Labelled], between: str, chance: random.Random) -> Labelled:
    """Return the parts as one text, with one of the characters of `between` in each gap."""
    text, names = "", []
    for part, found in parts:
        text += chance.choice(between) if text else ""
        names += [(begin + len(text), end + len(text), tag) for begin, end, tag in found]
        text += part
    return text, names


def _blocks(file: Path, separator: str, word: int, label: int) -> Iterator[list[tuple[str, str]]]:
    """Yield the rows (word, label) of each block that an empty line ends."""
    rows: list[tuple[str, str]] = []
    for line in (*file.read_text("utf-8").splitlines(), ""):
        if not line.strip():
            if rows:
                yield rows
            rows = []
        elif not line.startswith("#"):
            fields = line.split(separator)
            rows.append((fields[word], fields[label]))


def _labelled(rows: list[tuple[str, str]]) -> Labelled:
    text = ""
    names: list[tuple[int, int, int]] = []
    for word, label in rows:
        kind, _, name = label.partition("-")
        begin = len(text)
        text += word
        if kind == "I" and names and names[-1][1] == begin:
            names[-1] = (names[-1][0], len(text), names[-1][2])
        elif name in _TAGS:
            names.append((begin, len(text), _TAGS[name]))
    return text, names
