"""Names, places, organisations, dates, quantities and traits in English text, by a small network that was learned.

The network sees each word as a sum of rows of a table (words.features) and `REACH` words to either side of it. Texts
are read in parts and in batches, yet what is found in a text depends on that text alone.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.shadow import cast
from pipelines.privacy.spans import Span
from pipelines.privacy.words import features, is_taggable, pieces

TYPES = ("PERSON", "LOCATION", "ORGANISATION", "DATE", "QUANTITY", "DEMOGRAPHIC", "CODE", "MISC")
LABELS = ("O", *(f"{place}-{kind}" for kind in TYPES for place in "BI"))
GAP = 4  # words between two texts: as far as one layer of the network reaches
REACH = 8  # as far as all its layers reach together
# How likely a word must be anything at least. USUAL is best for what people write each day (F2 on WNUT 2017's test
# posts); where a text is published, the lower limits of each type hold, and more is taken out that could have stayed.
USUAL, PUBLISHING = 0.3, 0.0

_OVERLAP = 500  # characters of its neighbours that a part is read with: room for REACH words and more
_BATCH = 4096  # words that the network sees at once
_GRAPH, _TABLE, _CARD = (Path(__file__).with_name(f"tagger.{end}") for end in ("onnx", "npy", "json"))


def find_entities(text: str, least: float = USUAL) -> list[Span]:
    """The names, places, organisations, dates, quantities, traits and codes of a text, in order and disjoint."""
    return find_entities_in([text], least)[0]


def find_entities_in(texts: Sequence[str], least: float = USUAL) -> list[list[Span]]:
    """The same for each of many texts, faster than one by one."""
    return shipped().find(texts, least)


@cache
def shipped() -> "Tagger":
    """The tagger that comes with the package."""
    card = json.loads(_CARD.read_text("utf-8"))
    limits = np.array([card["limits"][kind] for kind in TYPES], np.float32)
    return Tagger(_GRAPH.read_bytes(), np.load(_TABLE, allow_pickle=False), card["scale"], limits)


@dataclass(frozen=True, slots=True)
class _Part:
    """Characters `start` to `end` of the text number `text`, seen from `seen` to `until`."""

    text: int
    seen: int
    start: int
    end: int
    until: int


@dataclass(frozen=True, slots=True)
class _Words:
    """Words: of which text, where each begins and ends, how likely of each type, and whether it begins something."""

    texts: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    chances: NDArray[np.float16]
    begins: NDArray[np.bool_]


@dataclass
class Tagger:
    """A trained network with its table, as `flywheel.train_tagger` wrote them; a word of `limits` or less is O.

    `part` characters are read at once, a longer text in parts; past `forms` forms of words, all are forgotten.
    """

    graph: bytes
    table: NDArray[np.int8]
    scale: float
    limits: NDArray[np.float32]
    part: int = 50_000
    forms: int = 100_000
    _known: "_Forms | None" = None
    _runs: Any = None

    def find(self, texts: Sequence[str], least: float = USUAL) -> list[list[Span]]:
        """The spans of each text, in order and disjoint, as offsets into it."""
        limits = np.maximum(self.limits, np.float32(least))
        shadows = [cast(text) for text in texts]
        visible = [shadow.text for shadow in shadows]
        found: list[list[Span]] = [[] for _ in texts]
        read: list[_Words] = []
        for parts in _together(visible, self.part):
            read.append(self._words(visible, parts))
            if parts[-1].end < len(visible[parts[-1].text]):
                continue  # what crosses the border of two parts is one
            for place, span in _spans(read, limits):
                # What has neither letter nor digit is nobody's name.
                if any(map(str.isalnum, visible[place][span.start : span.end])):
                    found[place].append(shadows[place].original(span))
            read = []
        return found

    def _words(self, texts: Sequence[str], parts: list[_Part]) -> _Words:
        """The words of some parts, without those that were only looked at for what stands beside them."""
        if self._known is None or len(self._known.numbers) > self.forms:
            self._known = _Forms(self.table, self.scale)
        cut = [pieces(texts[part.text][part.seen : part.until]) + [""] * GAP for part in parts]
        stream = [piece for each in cut for piece in each]
        numbers = self._known.numbers_of(stream)
        lengths = np.fromiter(map(len, stream), np.int64, len(stream))
        counts = [len(each) for each in cut]
        stops = np.cumsum(lengths)
        # Each part's words are counted from where the part was seen from.
        before = np.concatenate([[0], stops[np.cumsum(counts)[:-1] - 1]])
        stops += np.repeat([part.seen for part in parts] - before, counts)
        starts = stops - lengths
        inside = (starts >= np.repeat([part.start for part in parts], counts)) & self._known.taggable[numbers]
        here = np.flatnonzero(inside & (starts < np.repeat([part.end for part in parts], counts)))
        chances, begins = self._labels(numbers, self._known)
        texts_of = np.repeat([part.text for part in parts], counts)
        stops -= self._known.spaced[numbers]
        return _Words(texts_of[here], starts[here], stops[here], chances[here], begins[here])

    def _labels(self, stream: NDArray[np.int64], known: "_Forms") -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        """How likely each word of a stream is of each type, and whether it begins something."""
        found = []
        for start in range(0, len(stream), _BATCH):
            first, last = max(0, start - REACH), min(len(stream), start + _BATCH + REACH)
            there = stream[first:last]
            (labels,) = self.session().run(
                None, {"words": known.vectors[there], "there": (there > 0).astype(np.float32)[:, None]}
            )
            found.append(labels[start - first : start - first + _BATCH])
        labels = np.concatenate(found)
        chances = labels[:, 1::2] + labels[:, 2::2]
        rows, kinds = np.arange(len(labels)), chances.argmax(axis=1)
        return chances.astype(np.float16), labels[rows, 1 + 2 * kinds] > labels[rows, 2 + 2 * kinds]

    def session(self) -> Any:
        """The runtime that holds the graph; one thread, for the caller has its own."""
        if self._runs is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            self._runs = onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])
        return self._runs


class _Forms:
    """Every form of a word met so far, by number: its vector, and whether it can be part of a name."""

    def __init__(self, table: NDArray[np.int8], scale: float) -> None:
        self.table, self.scale = table, scale
        self.numbers: dict[str, int] = {"": 0}
        self.vectors = np.zeros((1, table.shape[1]), np.float32)
        self.taggable = np.zeros(1, np.bool_)
        self.spaced = np.zeros(1, np.int64)

    def numbers_of(self, parts: list[str]) -> NDArray[np.int64]:
        """The number of each piece; new ones are learned."""
        numbers = self.numbers
        new = [part for part in dict.fromkeys(parts) if part not in numbers]
        if new:
            numbers.update(zip(new, range(len(numbers), len(numbers) + len(new)), strict=True))
            rows = np.array([features(part) for part in new], np.int64)
            sums = self.table[rows].sum(axis=1, dtype=np.int32, where=(rows > 0)[:, :, None])
            self.vectors = np.concatenate([self.vectors, sums.astype(np.float32) * np.float32(self.scale)])
            self.taggable = np.concatenate([self.taggable, [is_taggable(part) for part in new]])
            self.spaced = np.concatenate([self.spaced, [part[-1] == " " for part in new]])
        return np.fromiter(map(numbers.__getitem__, parts), np.int64, len(parts))


def _together(texts: Sequence[str], at_once: int) -> Iterator[list[_Part]]:
    """Yield the parts of all texts in order, as many at once as the network reads at once."""
    waiting: list[_Part] = []
    size = 0
    for part in (part for place, text in enumerate(texts) for part in _parts(place, text, at_once)):
        waiting.append(part)
        size += part.until - part.seen
        if size >= at_once:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _parts(place: int, text: str, size: int) -> Iterator[_Part]:
    """Yield the parts in which a text is read, cut at spaces where there are any."""
    start = 0
    while start < len(text):
        end = len(text) if start + size >= len(text) else _space_before(text, start + size)
        seen = max(0, _space_before(text, start - _OVERLAP) if start > _OVERLAP else 0)
        yield _Part(place, seen, start, end, min(len(text), end + _OVERLAP))
        start = end


def _space_before(text: str, position: int) -> int:
    """Where a word begins, at `position` or a little before it."""
    return (
        max(text.rfind(" ", position - 200, position), text.rfind("\n", position - 200, position), position - 201) + 1
    )


def _spans(read: list[_Words], limits: NDArray[np.float32]) -> Iterator[tuple[int, Span]]:
    """Yield the runs of words that are of one text and type and not begun anew, each with its text."""
    texts, starts, ends, begins = (
        np.concatenate([getattr(words, name) for words in read]) for name in ("texts", "starts", "ends", "begins")
    )
    chances = np.concatenate([words.chances for words in read]).astype(np.float32)
    kinds = chances.argmax(axis=1)
    sure = chances.sum(axis=1)
    kinds[sure <= limits[kinds]] = -1
    is_one = kinds >= 0
    goes_on = np.zeros(len(kinds), np.bool_)
    goes_on[1:] = is_one[1:] & ~begins[1:] & (kinds[1:] == kinds[:-1]) & (texts[1:] == texts[:-1])
    firsts = np.flatnonzero(is_one & ~goes_on)
    lasts = np.flatnonzero(is_one & ~np.append(goes_on[1:], False))
    sums = np.concatenate([[0], np.cumsum(sure, dtype=np.float64)])
    scores = ((sums[lasts + 1] - sums[firsts]) / (lasts - firsts + 1)).clip(0, 1).round(3)
    columns = (texts[firsts], starts[firsts], ends[lasts], kinds[firsts], scores)
    for text, start, end, kind, score in zip(*(column.tolist() for column in columns), strict=True):
        yield text, Span(start, end, TYPES[kind], score)
