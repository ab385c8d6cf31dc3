"""Texts whose people were marked by hand: the Text Anonymization Benchmark, and corpora in columns.

The corpora stay where they are; nothing of them is copied into the bundle but what training makes of them.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

from flywheel.train_tagger.fillers import city, first, last
from flywheel.train_tagger.sentences import Example

TAB_TYPES = {
    "PERSON": "PERSON", "LOC": "LOCATION", "ORG": "ORGANISATION", "DATETIME": "DATE", "QUANTITY": "QUANTITY",
    "DEM": "DEMOGRAPHIC", "CODE": "CODE", "MISC": "MISC",
}  # fmt: skip
COLUMN_TYPES = {
    "PER": "PERSON", "person": "PERSON", "LOC": "LOCATION", "location": "LOCATION", "ORG": "ORGANISATION",
    "corporation": "ORGANISATION", "group": "ORGANISATION", "MISC": "?", "product": "?", "creative-work": "?",
}  # fmt: skip
_NAMES = frozenset(["PERSON", "LOCATION", "ORGANISATION"])
_STAYS = frozenset(["Mr", "Mrs", "Ms", "Miss", "Dr", "Sir", "Judge", "President", "the", "of", "and", "v", "de"])


def tab(path: Path, parts: frozenset[str]) -> Iterator[Example]:
    """Yield the documents of the benchmark that belong to `parts` of its own split; each annotator's is one."""
    for document in json.loads(path.read_text("utf-8")):
        if document["dataset_type"] in parts:
            for annotations in document["annotations"].values():
                yield _document(document["text"], annotations["entity_mentions"])


def _document(text: str, mentions: Iterable[dict[str, object]]) -> Example:
    found = sorted(
        (int(str(m["start_offset"])), -int(str(m["end_offset"])), TAB_TYPES[str(m["entity_type"])]) for m in mentions
    )
    spans: list[tuple[int, int, str]] = []
    for start, end, kind in found:
        if not spans or start >= spans[-1][1]:
            spans.append((start, -end, kind))
    return Example(text, tuple(spans), frozenset(TAB_TYPES.values()))


def columns(path: Path, size: int = 12) -> Iterator[Example]:
    """Yield the sentences of a file with one word and its label a line, `size` of them joined to a text."""
    text, spans, count = "", [], 0
    words: list[tuple[str, str]] = []
    for line in [*path.read_text("utf-8").splitlines(), "", ""]:
        cells = line.split()
        if len(cells) > 1 and not line.startswith("-DOCSTART-"):
            words.append((cells[0], cells[-1]))
        elif words:
            sentence = _joined(words)
            shift = len(text)
            text += sentence.text + "\n"
            spans += [(start + shift, end + shift, kind) for start, end, kind in sentence.spans]
            words, count = [], count + 1
            if count % size == 0:
                yield Example(text, tuple(spans), _NAMES)
                text, spans = "", []
    if text:
        yield Example(text, tuple(spans), _NAMES)


def _joined(words: list[tuple[str, str]]) -> Example:
    """Write words as a sentence again: no space before a comma, none after a bracket."""
    text = ""
    spans: list[tuple[int, int, str]] = []
    before = "O"
    for word, label in words:
        glued = word[0] in ".,:;!?)%" or word in ("n't", "'s", "'m", "'re", "'ll", "'ve", "'d") or text[-1:] in "(#@$"
        text += "" if glued or not text else " "
        kind = COLUMN_TYPES.get(label[2:], "")
        if kind and label[:1] == "I" and before[2:] == label[2:]:
            spans[-1] = (spans[-1][0], len(text) + len(word), kind)
        elif kind:
            spans.append((len(text), len(text) + len(word), kind))
        text += word
        before = label
    return Example(text, tuple(spans), _NAMES)


def renamed(example: Example, seed: int) -> Example:
    """The same text about other people in other places: each name replaced by one made up, the same by the same."""
    random = Random(seed)  # noqa: S311 -- texts to learn from, no secrets
    people = _new_names(example, "PERSON", lambda: random.choice([first, last, last])(random).replace(" ", ""))
    places = _new_names(example, "LOCATION", lambda: city(random))
    new = {**places, **people}
    text, spans, done = "", [], 0
    for start, end, kind in example.spans:
        text += example.text[done:start]
        begin = len(text)
        said = example.text[start:end]
        if kind in ("PERSON", "LOCATION", "ORGANISATION"):
            said = " ".join(new.get(word, word) for word in said.split(" "))
        elif kind in ("DATE", "QUANTITY", "CODE"):
            said = "".join(
                random.choice("123456789") if _may_change(said, place) else sign for place, sign in enumerate(said)
            )
        text += said
        spans.append((begin, len(text), kind))
        done = end
    return replace(example, text=text + example.text[done:], spans=tuple(spans))


def _new_names(example: Example, kind: str, draw: Callable[[], str]) -> dict[str, str]:
    said = sorted(
        {word for start, end, found in example.spans if found == kind for word in example.text[start:end].split(" ")}
    )
    return {
        word: draw() for word in said if len(word) > 2 and word[:1].isupper() and word.isalpha() and word not in _STAYS
    }


def _may_change(said: str, place: int) -> bool:
    """Whether a digit may be drawn anew: the first two of a year stay, so that it stays one."""
    if not said[place].isdigit():
        return False
    begin = place
    while begin and said[begin - 1].isdigit():
        begin -= 1
    return not (said[begin : begin + 2] in ("19", "20") and place - begin < 2)


def cut(example: Example, at: int) -> Iterator[Example]:
    """Yield an example in texts of about `at` characters, cut between lines."""
    breaks = [0]
    for place, sign in enumerate(example.text):
        if sign == "\n" and place - breaks[-1] > at and not any(s < place < e for s, e, _ in example.spans):
            breaks.append(place + 1)
    for start, end in pairwise([*breaks, len(example.text)]):
        spans = tuple((s - start, e - start, kind) for s, e, kind in example.spans if start <= s < end)
        yield replace(example, text=example.text[start:end], spans=spans)
