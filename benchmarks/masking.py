"""How well a text was masked: the measures of the Text Anonymization Benchmark, and of presidio-research.

A span is a pair of offsets. Words that say nothing of anybody (prepositions, articles, "Mr", "no") may stay unmasked,
as in the benchmark's own scorer; that asks a part-of-speech tagger for them, here a closed list of words stands in.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Offsets = tuple[int, int]

_WORD = re.compile(r"\w+")
_MAY_STAY = frozenset(
    _WORD.findall(
        "mr mrs ms no nr about a an the this that these those his her its their our my your some any each"
        " every all both another of in on at by for from to with within without under over between among"
        " against during before after since until till into onto upon through throughout per as like near off"
        " out up down around across along behind beyond despite via and or nor but plus not"
    )
)


@dataclass
class Tally:
    """What was masked (`hits`) of what should be (`wanted`), and of all that was masked (`masked`) what was right."""

    hits: int = 0
    wanted: int = 0
    right: int = 0
    masked: int = 0
    by_type: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """The share of the words to mask that are masked."""
        return self.hits / self.wanted

    @property
    def precision(self) -> float:
        """The share of the masked words that were to be masked."""
        return self.right / max(1, self.masked)

    def recall_of(self, kind: str) -> float:
        """The share of the mentions of a type that are masked whole."""
        return self.by_type[kind]["masked"] / self.by_type[kind]["all"]

    def add(self, text: str, gold: Iterable[tuple[int, int, str]], found: Iterable[Offsets]) -> None:
        """Count one document: the spans to mask with their types, and the spans that were masked."""
        gold = sorted(gold)
        covered = _characters(found)
        for start, end, kind in gold:
            tokens = [match.span() for match in _WORD.finditer(text, start, end)]
            self.wanted += len(tokens)
            self.hits += sum(is_masked(text, token, covered) for token in tokens)
            counts = self.by_type.setdefault(kind, Counter())
            counts["all"] += 1
            counts["masked"] += is_masked(text, (start, end), covered)
        wanted = [(start, end) for start, end, _ in gold]
        for start, end in _merged(found):
            for match in _WORD.finditer(text, start, end):
                self.masked += 1
                self.right += any(a <= match.start() and match.end() <= b for a, b in wanted)


def is_masked(text: str, span: Offsets, covered: set[int]) -> bool:
    """Whether nothing of `span` that says something is left outside `covered`."""
    return all(
        set(range(*word.span())) <= covered or word[0].lower() in _MAY_STAY for word in _WORD.finditer(text, *span)
    )


def protected(text: str, mentions: Sequence[Mapping[str, object]], found: Iterable[Offsets], kind: str) -> Offsets:
    """How many entities of an identifier type (DIRECT, QUASI) have every mention masked, and how many there are.

    An entity of which one mention is DIRECT is DIRECT; mentions that need no masking are not asked for.
    """
    covered = _characters(found)
    direct = {mention["entity_id"] for mention in mentions if mention["identifier_type"] == "DIRECT"}
    entities: dict[object, bool] = {}
    for mention in mentions:
        entity = mention["entity_id"]
        if mention["identifier_type"] != "NO_MASK" and (entity in direct) == (kind == "DIRECT"):
            span = (int(str(mention["start_offset"])), int(str(mention["end_offset"])))
            entities[entity] = entities.get(entity, True) and is_masked(text, span, covered)
    return sum(entities.values()), len(entities)


def tokens_found(
    text: str, gold: Iterable[tuple[int, int, str]], found: Iterable[Offsets], ignored: frozenset[str] = frozenset()
) -> Tally:
    """Any-type recall and precision over the words and signs of a text, those in spans of `ignored` types left out."""
    covered = _characters(found)
    wanted = _characters((start, end) for start, end, kind in gold if kind not in ignored)
    left_out = _characters((start, end) for start, end, kind in gold if kind in ignored)
    tally = Tally()
    for match in re.finditer(r"\w+|[^\w\s]", text):
        place = match.start()
        if place in left_out:
            continue
        is_wanted, is_found = place in wanted, place in covered
        tally.wanted += is_wanted
        tally.masked += is_found
        tally.hits += is_wanted and is_found
        tally.right += is_wanted and is_found
    return tally


def _characters(spans: Iterable[Offsets]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def _merged(spans: Iterable[Offsets]) -> list[Offsets]:
    merged: list[Offsets] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
