"""HanLP's dictionaries (Apache-2.0) as what the model looks up: classes of words, contexts, roles, folding."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flywheel.chinese_names.lists import words as listed
from pipelines.privacy.chinese.characters import CODES
from pipelines.privacy.chinese.lexicon import LONGEST

HAN = re.compile("[\u4e00-\u9fff]+")
PERSON, FOREIGN, PLACE, ORGANISATION, TITLE, NOUN, PROPER, VERB = range(1, 9)
_GROUPS = (  # of part-of-speech tags, by how they begin; the first that fits
    (PERSON, ("nr1", "nr2")),
    (FOREIGN, ("nrf", "nrj")),
    (PERSON, ("nr",)),
    (PLACE, ("ns",)),
    (ORGANISATION, ("nt", "ni")),
    (TITLE, ("nnt", "nnd")),
    (PROPER, ("nz", "nba", "nm", "nf", "nh", "g")),
    (NOUN, ("n",)),
    (VERB, ("v",)),
    (9, ("a", "z", "b")),
    (10, ("d",)),
    (11, ("p", "c")),
    (12, ("u", "y", "e")),
    (13, ("r",)),
    (14, ("m", "q")),
    (15, ("t", "f")),
    (16, ("i", "l")),
)
_OTHER = 17
_AMBIGUOUS = 60  # now a name, now a word: 60 mostly a word, 61 mostly a name
_ALIKE = {
    **dict(zip("，。！？：；（）【】—－", ",.!?:;()[]--", strict=True)),
    **dict.fromkeys("·•‧．・", "·"),
    **dict.fromkeys("“”‘’「」『』", '"'),
    "〈": "《",
    "〉": "》",
}


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """What was read: simplified words, each with how often it bears which group of tags."""

    simplified: dict[int, str]
    words: dict[str, Counter[int]]
    people: Counter[str]
    roles: dict[str, Counter[str]]  # role in names (HanLP's letters) -> word -> count
    foreign: list[str]


def read(folder: Path) -> Dictionaries:
    """Read `data/dictionary` of a checkout of HanLP 1.x."""
    pairs = [line for line in _lines(folder / "tc/t2s.txt") if len(line) == 3 and max(line) < chr(CODES)]
    simplified = {ord(pair[0]): pair[2] for pair in pairs}
    people: Counter[str] = Counter()
    for name, _, count in _fields(folder / "custom/人名词典.txt", 3):
        people[name.translate(simplified)] += int(count)
    roles: dict[str, Counter[str]] = {}
    for line in _lines(folder / "person/nr.txt"):
        word, *counts = line.split()
        for role, count in zip(counts[::2], counts[1::2], strict=False):
            roles.setdefault(role, Counter())[word.translate(simplified)] += int(count)
    foreign = [line.strip().translate(simplified) for line in _lines(folder / "person/nrf.txt")]
    foreign = [name for name in foreign if HAN.fullmatch(name)]
    return Dictionaries(simplified, _words(folder, simplified, people, foreign), people, roles, foreign)


def classes(dictionaries: Dictionaries) -> dict[str, int]:
    """Return the class (1 to 61) of each word: its group and how frequent it is, or that it is ambiguous."""
    found = {word: _class(counts) for word, counts in dictionaries.words.items()}
    frequent = 1
    found |= {word: _numbered(ORGANISATION, frequent) for word in listed("clubs")}
    found |= {word: _numbered(ORGANISATION, 2) for word in listed("brands") if word not in found}
    found |= {word: _numbered(NOUN, frequent) - 1 for word in listed("nouns")}
    found |= {word: _numbered(ORGANISATION, 2) for word in listed("latin_brands")}
    found |= {word: _numbered(FOREIGN, frequent) for word in (*listed("latin_first_names"), *listed("latin_surnames"))}
    found |= {word: _numbered(VERB, frequent) for word in listed("verbs") if word not in found}
    found |= {word: _numbered(TITLE, frequent) for word in listed("titles")}
    digits = str.maketrans("123456789", "0" * 9)
    return {word.translate(digits): number for word, number in found.items() if len(word) <= LONGEST}


def contexts(dictionaries: Dictionaries) -> dict[str, int]:
    """Return for words near names 8 * (how often one follows) + (how often one precedes), each 0 to 7."""
    before, after = Counter[str](), Counter[str]()
    for role, sides in (("K", (before,)), ("L", (after,)), ("M", (before, after))):
        for side in sides:
            side.update(dictionaries.roles.get(role, Counter()))
    totals = {word: sum(counts.values()) for word, counts in dictionaries.words.items()}
    found = {
        word: 8 * _share(before[word], totals.get(word, 0)) + _share(after[word], totals.get(word, 0))
        for word in sorted(before.keys() | after.keys())
        if len(word) <= 5 and all(ord(character) < CODES for character in word)
    }
    return {word: number for word, number in found.items() if number}


def roles(dictionaries: Dictionaries) -> NDArray[np.int8]:
    """Return the log-odds (half bits) of each character as surname, first, second, only and foreign: (65536, 8)."""
    counted = [Counter(dictionaries.roles[role]) for role in "BCDE"]  # surname, first, second, only
    for name, count in dictionaries.people.items():
        if len(name) in (2, 3):
            places = (0, 3) if len(name) == 2 else (0, 1, 2)
            for place, character in zip(places, name, strict=True):
                counted[place][character] += min(count, 20)
    counted.append(Counter("".join(dictionaries.foreign)))
    outside: Counter[str] = Counter()
    for word, counts in dictionaries.words.items():
        for character in word:
            outside[character] += sum(number for group, number in counts.items() if group not in (PERSON, FOREIGN))
    table = np.full((CODES, 8), -16, np.int8)
    for column, inside in enumerate(counted):
        for character, odds in _log_odds(inside, outside).items():
            table[ord(character), column] = odds
    table[ord("·"), 4] = 16
    return table


def folding(dictionaries: Dictionaries) -> NDArray[np.uint16]:
    """Return the folded code of each code: simplified, half-width, one digit, one kind of each bracket and quote."""
    table = np.arange(CODES, dtype=np.uint16)
    for code, character in dictionaries.simplified.items():
        table[code] = ord(character)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    for character, alike in _ALIKE.items():
        table[ord(character)] = ord(alike)
    table[(table >= ord("0")) & (table <= ord("9"))] = ord("0")
    table[[0x09, 0x0A, 0x0D, 0xA0, 0x3000]] = ord(" ")
    table[0xD800:0xE000] = 1
    return table


def _words(
    folder: Path, simplified: dict[int, str], people: Counter[str], foreign: list[str]
) -> dict[str, Counter[int]]:
    words: dict[str, Counter[int]] = {}
    for line in _lines(folder / "CoreNatureDictionary.txt"):
        word, *pairs = line.split("\t")
        counts: Counter[int] = Counter()
        for tag, count in zip(pairs[::2], pairs[1::2], strict=False):
            counts[_group(tag)] += int(count)
        words[word.translate(simplified)] = counts
    for word, tag, count in _fields(folder / "custom/现代汉语补充词库.txt", 3):
        if len(word) > 1 and (int(count) >= 5 or _group(tag) in (FOREIGN, PLACE, ORGANISATION)):
            words.setdefault(word.translate(simplified), Counter({_group(tag): int(count)}))
    for word, _, count in _fields(folder / "custom/机构名词典.txt", 3):
        if len(word) <= 5:
            words.setdefault(word.translate(simplified), Counter({ORGANISATION: int(count)}))
    for word in foreign:
        if len(word) > 1:
            words.setdefault(word, Counter({FOREIGN: 1}))
    for name, met in people.items():
        words.setdefault(name, Counter())[PERSON] += met
    return {word: counts for word, counts in words.items() if len(word) <= LONGEST and HAN.fullmatch(word)}


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8-sig").splitlines()


def _fields(file: Path, count: int) -> list[list[str]]:
    found = [line.split() for line in _lines(file)]
    return [fields for fields in found if len(fields) == count and HAN.fullmatch(fields[0])]


def _group(tag: str) -> int:
    return next((group for group, begins in _GROUPS if tag.startswith(begins)), _OTHER)


def _class(counts: Counter[int]) -> int:
    total = sum(counts.values())
    names = (counts[PERSON] + counts[FOREIGN]) / max(total, 1)
    if 0.05 < names < 0.9:
        return _AMBIGUOUS + (names > 0.4)
    return _numbered(counts.most_common(1)[0][0], 0 if total < 10 else 1 if total < 200 else 2)


def _numbered(group: int, frequency: int) -> int:
    return (group - 1) * 3 + frequency + 1


def _share(near: int, total: int) -> int:
    """Return how often a word stands near a name, as a logarithm in seven steps; 0 for hardly ever."""
    if near < 2:
        return 0
    return int(np.clip(round((math.log10(near / (total + 5)) + 4) * 1.75), 1, 7))


def _log_odds(counts: Counter[str], outside: Counter[str]) -> dict[str, int]:
    inside_all, outside_all = counts.total() + 300, outside.total() + 120_000
    odds: dict[str, int] = {}
    for character in counts.keys() | outside.keys():
        if len(character) == 1 and ord(character) < CODES:
            ratio = (counts[character] + 0.05) / inside_all * outside_all / (outside[character] + 20)
            odds[character] = int(np.clip(round(math.log2(ratio) * 2), -16, 16))
    return odds
