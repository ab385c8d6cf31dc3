"""Text and rows -> arrays; imported by train and by the service alike, so that nothing is computed twice in two ways.

Every kind of features is a small value: fitted on training rows, written to JSON in the bundle, read back by
whoever serves it. Its `arrays` feed the bundle's graph.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union

import numpy as np
from numpy.typing import NDArray

from pipelines.letters import Letters
from pipelines.pixels import Pixels
from pipelines.record import OTHER, Record
from pipelines.scale import Scale
from pipelines.wordpieces import WordPieces

if TYPE_CHECKING:
    from pipelines.coded import Coded
    from pipelines.ngrams import NGrams
    from pipelines.together import Together

Columns = Mapping[str, Sequence[Any]]
Arrays = dict[str, NDArray[Any]]

Place = TypeVar("Place", int, float)

PADDING, UNKNOWN = 0, 1
# A table tells at most so many values of a category apart, the commonest: each takes a column of floats.
MOST = 1000
# A placeholder, a Latin word with its apostrophes, a number, one Han character, or one mark that carries mood.
TOKEN = re.compile(
    r"<[A-Z_]+>|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_\u3400-\u9fff]+)*|\d+|[\u3400-\u9fff]|[!?！？…]|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
# "<PERSON_2>" is "<person>" to a model: which of several it is would only make each of them rare.
NUMBERED = re.compile(r"<([A-Z][A-Z_]{1,30}?)_[0-9]{1,9}>")
HAN = re.compile(r"[\u3400-\u9fff]")


def tokens(text: str) -> list[str]:
    """The words of `text` in lower case, its Han characters one by one, its numbers, marks and placeholders.

    >>> tokens("Don't buy! 电池很差 <EMAIL> <PERSON_2>")
    ["don't", 'buy', '!', '电', '池', '很', '差', '<email>', '<person>']
    """
    if "<" in text:
        text = NUMBERED.sub(r"<\1>", text)
    return [token.lower() for token in TOKEN.findall(text)]


def terms(text: str, words: int, characters: int) -> list[str]:
    """The n-grams of `text`: up to `words` words, and within runs of Han up to `characters` characters.

    >>> terms("good 好用", 2, 2)
    ['good', '好', '好用', '用']
    """
    found: list[str] = []
    # No Han in ASCII: then all tokens are one run, and none of them needs to be looked at.
    runs = [(tokens(text), False)] if text.isascii() else _runs(tokens(text))
    for run, is_han in runs:
        longest, glue = (characters, "") if is_han else (words, " ")
        for start, term in enumerate(run if longest else []):
            found.append(term)
            for token in run[start + 1 : start + longest]:
                term += glue + token
                found.append(term)
    return found


def _runs(found: list[str]) -> Iterable[tuple[list[str], bool]]:
    """Maximal runs of tokens that are all Han, or all not."""
    start = 0
    kinds = [HAN.match(token) is not None for token in found]
    for place in range(1, len(found) + 1):
        if place == len(found) or kinds[place] != kinds[start]:
            yield found[start:place], kinds[start]
            start = place


@dataclass(frozen=True)
class Terms:
    """TF-IDF weights of n-grams: for each text the ids of its terms and their weights, of length one in all."""

    kind: ClassVar[str] = "terms"
    column: str
    words: int
    characters: int
    vocabulary: dict[str, int]
    idf: list[float]

    @classmethod
    def fit(cls, texts: Sequence[str], column: str, words: int, characters: int, size: int) -> "Terms":
        """The commonest `size` terms of `texts` (two texts at least hold each) and their inverse frequency.

        idf = ln((1 + n) / (1 + df)) + 1: the smoothed form of scikit-learn's TfidfVectorizer.
        """
        frequency: Counter[str] = Counter()
        for text in texts:
            frequency.update(set(terms(text or "", words, characters)))
        ranked = sorted(((-count, term) for term, count in frequency.items() if count > 1))[:size]
        vocabulary = {term: place for place, (_, term) in enumerate(ranked)}
        idf = [round(math.log((1 + len(texts)) / (1 - count)) + 1, 6) for count, _ in ranked]
        return cls(column, words, characters, vocabulary, idf)

    def weigh(self, text: str) -> tuple[list[int], list[float]]:
        """The ids of `text`'s known terms and their weights: (1 + ln tf) * idf, scaled to length one."""
        known = self.vocabulary
        counts = {known[t]: n for t, n in Counter(terms(text, self.words, self.characters)).items() if t in known}
        weights = [(1 + math.log(count)) * self.idf[term] for term, count in counts.items()]
        length = math.sqrt(sum(weight * weight for weight in weights)) or 1.0
        return list(counts), [weight / length for weight in weights]

    def arrays(self, columns: Columns) -> Arrays:
        """`terms` (n, longest) int64, padded by the id past the vocabulary, and `weights` (n, longest) float32."""
        rows = [self.weigh(text or "") for text in columns[self.column]]
        longest = max([len(ids) for ids, _ in rows] + [1])
        ids = np.full((len(rows), longest), len(self.vocabulary), dtype=np.int64)
        weights = np.zeros((len(rows), longest), dtype=np.float32)
        for place, (row_ids, row_weights) in enumerate(rows):
            ids[place, : len(row_ids)] = row_ids
            weights[place, : len(row_ids)] = row_weights
        return {"terms": ids, "weights": weights}


@dataclass(frozen=True)
class Tokens:
    """The ids of a text's first `length` tokens, in order; by their hash where there are `buckets`."""

    kind: ClassVar[str] = "tokens"
    column: str
    length: int
    vocabulary: dict[str, int]
    buckets: int = 0

    @classmethod
    def fit(cls, texts: Sequence[str], column: str, length: int, size: int) -> "Tokens":
        """The commonest `size` tokens of `texts`, two occurrences at least; 0 pads and 1 is unknown.

        Texts are cut at `length`, or at the longest of `texts` where that is shorter.
        """
        counts: Counter[str] = Counter()
        longest = 1
        for text in texts:
            found = tokens(text or "")
            counts.update(found)
            longest = max(longest, len(found))
        ranked = sorted(((-count, token) for token, count in counts.items() if count > 1))[: size - 2]
        return cls(column, min(length, longest), {token: place + 2 for place, (_, token) in enumerate(ranked)})

    @property
    def rows(self) -> int:
        """How many ids there are, padding and unknown among them."""
        return 2 + (self.buckets or len(self.vocabulary))

    def number(self, token: str) -> int:
        """The id of `token`."""
        return 2 + bucket(token, self.buckets) if self.buckets else self.vocabulary.get(token, UNKNOWN)

    def arrays(self, columns: Columns) -> Arrays:
        """`tokens` (n, longest of these texts) int32, padded by 0 at the end."""
        rows = [
            [self.number(token) for token in tokens(text or "")[: self.length]] or [UNKNOWN]
            for text in columns[self.column]
        ]
        found = np.zeros((len(rows), max([len(row) for row in rows] + [1])), dtype=np.int32)
        for place, row in enumerate(rows):
            found[place, : len(row)] = row
        return {"tokens": found}


@dataclass(frozen=True)
class Table:
    """Numbers standardised and in steps, categories one-hot, and a column for "missing" or "never seen" beside each.

    A generalised cell is a list: an interval counts as its middle, a category that may be one of several as a share of
    each. So a model that learned from generalised rows reads a value as it is.
    A category whose values nobody listed beforehand is one-hot in `hashed` buckets instead.
    """

    kind: ClassVar[str] = "table"
    numbers: dict[str, Scale]
    categories: dict[str, list[str]]
    hashed: dict[str, int] = field(default_factory=dict)

    @classmethod
    def fit(cls, columns: Columns, record: Record) -> "Table":
        """The scales of the record's numeric features, and the known values of its other ones."""
        numbers, categories = {}, {}
        for column in record.features:
            values = [value for value in columns[column.name] if value is not None]
            if column.is_numeric:
                numbers[column.name] = Scale.fit(values)
            else:
                possible = Counter(str(each) for value in values for each in _possible(value) if each is not None)
                categories[column.name] = sorted(sorted(possible, key=lambda each: (-possible[each], each))[:MOST])
        return cls(numbers, categories)

    @property
    def width(self) -> int:
        """How many columns the array has."""
        scales, known = self.numbers.values(), self.categories.values()
        buckets = sum(self.hashed.values()) + len(self.hashed)
        return sum(scale.width for scale in scales) + sum(len(values) + 1 for values in known) + buckets

    def arrays(self, columns: Columns) -> Arrays:
        """`table` (n, width) float32; a missing number counts as the mean, with its flag set."""
        parts = [scale.columns(columns[name]) for name, scale in self.numbers.items()]
        parts += [_one_hot(columns[name], values) for name, values in self.categories.items()]
        for name, buckets in self.hashed.items():
            places = [buckets if value is None else bucket(str(value), buckets) for value in columns[name]]
            parts.append(np.eye(buckets + 1, dtype=np.float32)[places])
        return {"table": np.concatenate(parts, axis=1)}


def bucket(value: str, buckets: int) -> int:
    """The one of `buckets` that `value` falls into, on every machine."""
    return zlib.crc32(value.encode()) % buckets


def _one_hot(values: Sequence[Any], known: Sequence[str]) -> NDArray[np.float32]:
    places = {value: place for place, value in enumerate(known)}
    found = np.zeros((len(values), len(known) + 1), dtype=np.float32)
    cells = [_possible(value) for value in values]
    counts = np.array([len(cell) for cell in cells], dtype=np.int64)
    columns = np.array([place_of(value, places, len(known)) for cell in cells for value in cell], dtype=np.int64)
    np.add.at(found, (np.repeat(np.arange(len(values)), counts), columns), np.repeat(1 / np.maximum(counts, 1), counts))
    return found


def place_of(value: Any, places: Mapping[str, Place], unknown: Place) -> Place:
    """The place of a category's `value`: that of OTHER where it is not known and other rare values became that."""
    return unknown if value is None else places.get(str(value), places.get(OTHER, unknown))


def _possible(cell: Any) -> Sequence[Any]:
    """The values that a category may have."""
    return cell if isinstance(cell, list) else (cell,)


@dataclass(frozen=True)
class Joined:
    """Features side by side: the text's, or the picture's, and those of the table's columns."""

    kind: ClassVar[str] = "joined"
    parts: tuple["Features", ...]

    def arrays(self, columns: Columns) -> Arrays:
        """The arrays of all parts, each under its own name."""
        return {name: array for part in self.parts for name, array in part.arrays(columns).items()}


Features = Union[Terms, Tokens, Table, Joined, Pixels, Letters, WordPieces, "NGrams", "Coded", "Together"]


def beside(features: Features, columns: Columns, record: Record) -> Features:
    """`features` with a table of the record's other features, fitted on `columns`, beside them where there are some."""
    others = tuple(column for column in record.features if column.type != "image")
    if not others:
        return features
    return Joined((features, Table.fit(columns, replace(record, columns=others))))


def parts_of(features: Features) -> tuple[Features, ...]:
    """The features that stand side by side."""
    return features.parts if isinstance(features, Joined) else (features,)


def to_json(features: Features) -> dict[str, Any]:
    """`features` as a JSON value."""
    parts = getattr(features, "parts", None)
    return {"kind": features.kind, **({"parts": list(map(to_json, parts))} if parts else asdict(features))}


def from_json(value: Mapping[str, Any]) -> Features:
    """The features that `to_json` wrote."""
    from pipelines.coded import Coded
    from pipelines.ngrams import NGrams
    from pipelines.together import Together

    plain = (Terms, Tokens, Table, Pixels, Letters, WordPieces, NGrams, Coded)
    kinds: dict[str, Any] = {kind.kind: kind for kind in (*plain, Joined, Together)}
    content = {key: item for key, item in value.items() if key != "kind"}
    if value["kind"] in (Joined.kind, Together.kind):
        content["parts"] = tuple(map(from_json, content["parts"]))
    if value["kind"] == Table.kind:
        content["numbers"] = {name: Scale(**scale) for name, scale in content["numbers"].items()}
    return kinds[value["kind"]](**content)  # type: ignore[no-any-return]
