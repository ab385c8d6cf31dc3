"""Names, places, organisations, dates, quantities and traits in English text, by a small network that was learned.

The network sees each word as a sum of rows of a table (words.features) and `REACH` words to either side of it. Texts
are read in parts and in batches, yet what is found in a text depends on that text alone.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
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

_PART = 50_000  # characters read at once; a longer text is read in parts
_OVERLAP = 500  # characters of its neighbours that a part is read with: room for REACH words and more
_BATCH = 4096  # words that the network sees at once
_FORMS = 100_000  # forms of words remembered; past that, all are forgotten
_GRAPH, _TABLE, _CARD = (Path(__file__).with_name(f"tagger.{end}") for end in ("onnx", "npy", "json"))


def find_entities(text: str) -> list[Span]:
    """The names, places, organisations, dates, quantities, traits and codes of a text, in order and disjoint."""
    return find_entities_in([text])[0]


def find_entities_in(texts: Sequence[str]) -> list[list[Span]]:
    """The same for each of many texts, faster than one by one."""
    return shipped().find(texts)


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
    """Words: where each begins and ends, how likely it is of each type, and whether it begins something."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    chances: NDArray[np.float16]
    begins: NDArray[np.bool_]


@dataclass
class Tagger:
    """A trained network with its table, as `flywheel.train_tagger` wrote them; a word of `limits` or less is O."""

    graph: bytes
    table: NDArray[np.int8]
    scale: float
    limits: NDArray[np.float32]
    _known: "_Forms | None" = None
    _runs: Any = None

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in order and disjoint, as offsets into it."""
        shadows = [cast(text) for text in texts]
        visible = [shadow.text for shadow in shadows]
        found: list[list[Span]] = [[] for _ in texts]
        for place, parts in groupby(self._read(visible), key=lambda read: read[0].text):
            spans = _spans([words for _, words in parts], self.limits)
            # What has neither letter nor digit is nobody's name.
            named = (span for span in spans if any(map(str.isalnum, visible[place][span.start : span.end])))
            found[place] = [shadows[place].original(span) for span in named]
        return found

    def _read(self, texts: Sequence[str]) -> Iterator[tuple[_Part, _Words]]:
        """Yield the words of each part of each text; short texts go through the network together."""
        waiting: list[_Part] = []
        size = 0
        for part in (part for place, text in enumerate(texts) for part in _parts(place, text)):
            waiting.append(part)
            size += part.until - part.seen
            if size >= _PART:
                yield from self._tagged(texts, waiting)
                waiting, size = [], 0
        yield from self._tagged(texts, waiting)

    def _tagged(self, texts: Sequence[str], parts: list[_Part]) -> Iterator[tuple[_Part, _Words]]:
        if not parts:
            return
        if self._known is None or len(self._known.numbers) > _FORMS:
            self._known = _Forms(self.table, self.scale)
        known = self._known
        cut = [pieces(texts[part.text][part.seen : part.until]) for part in parts]
        numbers = [known.numbers_of(each) for each in cut]
        gap = np.zeros(GAP, np.int64)
        chances, begins = self._labels(np.concatenate([piece for each in numbers for piece in (each, gap)]), known)
        place = 0
        for part, each, ids in zip(parts, cut, numbers, strict=True):
            lengths = np.fromiter(map(len, each), np.int64, len(each))
            stops = np.cumsum(lengths) + part.seen
            starts = stops - lengths
            here = np.flatnonzero((starts >= part.start) & (starts < part.end) & known.taggable[ids])
            stops = stops - known.spaced[ids]
            there = here + place
            yield part, _Words(starts[here], stops[here], chances[there], begins[there])
            place += len(ids) + GAP

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


def _parts(place: int, text: str) -> Iterator[_Part]:
    """Yield the parts in which a text is read, cut at spaces where there are any."""
    start = 0
    while start < len(text):
        end = len(text) if start + _PART >= len(text) else _space_before(text, start + _PART)
        seen = max(0, _space_before(text, start - _OVERLAP) if start > _OVERLAP else 0)
        yield _Part(place, seen, start, end, min(len(text), end + _OVERLAP))
        start = end


def _space_before(text: str, position: int) -> int:
    """Where a word begins, at `position` or a little before it."""
    return (
        max(text.rfind(" ", position - 200, position), text.rfind("\n", position - 200, position), position - 201) + 1
    )


def _spans(read: list[_Words], limits: NDArray[np.float32]) -> list[Span]:
    """The runs of words that are of one type and not begun anew."""
    starts, ends, chances, begins = (
        np.concatenate([getattr(words, name) for words in read]) for name in ("starts", "ends", "chances", "begins")
    )
    chances = chances.astype(np.float32)
    kinds = chances.argmax(axis=1)
    sure = chances.sum(axis=1)
    kinds[sure <= limits[kinds]] = -1
    if not len(kinds) or kinds.max() < 0:
        return []
    before = np.concatenate([[-1], kinds[:-1]])
    is_first = (kinds >= 0) & (begins | (kinds != before))
    is_last = (kinds >= 0) & np.concatenate([is_first[1:] | (kinds[1:] < 0), [True]])
    firsts, lasts = np.flatnonzero(is_first), np.flatnonzero(is_last)
    scores = np.add.reduceat(sure * (kinds >= 0), firsts) / (lasts - firsts + 1)
    return [
        Span(start, end, TYPES[kind], score)
        for start, end, kind, score in zip(
            starts[firsts].tolist(), ends[lasts].tolist(), kinds[firsts].tolist(), scores.round(3).tolist(), strict=True
        )
    ]
