"""Generated text: sentences written for this, with invented names, clubs, places and companies in their slots."""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import accumulate, pairwise

from flywheel.chinese_names.corpora import Labelled, chain
from flywheel.chinese_names.dictionaries import FOREIGN, HAN, NOUN, ORGANISATION, PLACE, Dictionaries, classes
from flywheel.chinese_names.lists import lines, words
from pipelines.privacy.chinese.tags import ORGANISATION as ORGANISATION_TAG
from pipelines.privacy.chinese.tags import PERSON as PERSON_TAG
from pipelines.privacy.chinese.tags import PLACE as PLACE_TAG

_SLOT = re.compile(r"\{([A-Z])\}")
_TAGS = {**dict.fromkeys("PFEM", PERSON_TAG), "L": PLACE_TAG, **dict.fromkeys("CO", ORGANISATION_TAG)}
_Maker = Callable[[], str]
_INITIALS = "ABCDEFGHJKLMPRSTW"


class Generator:
    """Sentences with invented names, the same ones for the same seed."""

    def __init__(self, dictionaries: Dictionaries, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (nothing secret)
        roles = dictionaries.roles
        single = {role: {w: n for w, n in roles[role].items() if len(w) == 1 and HAN.match(w)} for role in "CDE"}
        surnames = {w: n for w, n in roles["B"].items() if len(w) < 3 and HAN.match(w)}
        self.surname = _Drawn(surnames, 0.85)
        self.first, self.second, self.only = (_Drawn(single[role], 0.9) for role in "CDE")
        self.full = _Drawn({name: n for name, n in dictionaries.people.items() if 1 < len(name) < 5}, 0.5)
        self.foreign = [name for name in dictionaries.foreign if 1 < len(name) < 7]
        self.next: dict[str, list[str]] = defaultdict(list)
        for name in self.foreign:
            for left, right in pairwise(f"^{name}$"):
                self.next[left].append(right)
        self._read_words(classes(dictionaries))

    def _read_words(self, found: dict[str, int]) -> None:
        def of(group: int, frequencies: range) -> list[str]:
            wanted = {(group - 1) * 3 + frequency + 1 for frequency in frequencies}
            return [word for word, number in found.items() if number in wanted and HAN.fullmatch(word)]

        self.known = [word for word in of(FOREIGN, range(3)) if 1 < len(word) < 6]
        self.places = of(PLACE, range(1, 3)) + of(PLACE, range(1))[:4000]
        self.organisations = [word for word in of(ORGANISATION, range(3)) if len(word) > 2]
        self.nouns = [word for word in of(NOUN, range(3)) if len(word) == 2]

    def texts(self, count: int, without: float) -> list[Labelled]:
        """Return `count` texts of one to three sentences, a share `without` of which is written without names."""
        named, plain = lines("sentences_with_names"), lines("sentences_without_names")
        texts = []
        for _ in range(count):
            many = self.chance.choice((1, 1, 1, 2, 2, 3))
            pools = self.chance.choices((plain, named), (without, 1 - without), k=many)
            texts.append(chain([self.sentence(self.chance.choice(pool)) for pool in pools], "，。 。", self.chance))
        return texts

    def renamed(self, texts: list[Labelled], share: float) -> list[Labelled]:
        """Return the texts that name people again, a `share` of the people under invented names."""
        return [self._renamed(*text, share) for text in texts if any(kind == PERSON_TAG for *_, kind in text[1])]

    def sentence(self, template: str) -> Labelled:
        """Return a template with its slots filled, and the names in it."""
        text, names, done = "", [], 0
        for match in _SLOT.finditer(template):
            text += template[done : match.start()]
            filled = self.fill(match[1])
            if match[1] in _TAGS:
                names.append((len(text), len(text) + len(filled), _TAGS[match[1]]))
            text += filled
            done = match.end()
        return text + template[done:], names

    def fill(self, slot: str) -> str:
        """Return something for a slot: person (P, F, E, M), place, club, organisation, title, verb, number …"""
        pick, number = self.chance.choice, self.chance.randint
        simple = {"R": words("reporters"), "K": words("speakers"), "V": words("verbs")}
        if slot in simple:
            return pick(simple[slot])
        if slot == "T":
            return pick(words("titles")) if self.chance.random() < 0.85 else ""
        if slot == "N":
            return str(pick((number(0, 9), number(1, 99), number(100, 20_000))))
        if slot == "D":
            return pick(
                (f"{number(1, 12)}月{number(1, 28)}日", f"{number(1950, 2020)}年{number(1, 12)}月", *words("days"))
            )
        if slot == "Z":
            english = pick(lines("english_phrases")).title().replace(" ", "")
            return pick(words("latin_brands")) if self.chance.random() < 0.7 else english
        makers: dict[str, _Maker] = {
            "P": self.person,
            "F": self.stranger,
            "E": self.latin,
            "M": self.nickname,
            "L": self.place,
            "C": self.club,
            "O": self.organisation,
            "W": self.title,
            "B": lambda: f"《{self.title()}》",
        }
        return makers[slot]()

    def person(self) -> str:
        """Return anybody's name: mostly Chinese."""
        return self._either((0.86, self.chinese), (0.11, self.stranger), (0.03, self.latin))

    def chinese(self) -> str:
        """Return a Chinese name, a third of them from the dictionary."""
        return self._either(
            (0.35, lambda: self.full.draw(self.chance)),
            (0.43, lambda: self._drawn(self.surname, self.first, self.second)),
            (0.205, lambda: self._drawn(self.surname, self.only)),
            (0.015, lambda: self._drawn(self.first, self.second)),
        )

    def foreign_part(self) -> str:
        """Return one part of a transliterated name, nearly half of them invented."""
        return self._either(
            (0.35, lambda: self.chance.choice(self.foreign)),
            (0.2, lambda: self.chance.choice(self.known)),
            (0.45, self._invented),
        )

    def stranger(self) -> str:
        """Return a transliterated name."""
        part = self.foreign_part
        return self._either(
            (0.68, part),
            (0.24, lambda: part() + self.chance.choice("····-•.") + part()),
            (0.04, lambda: part() + part()),
            (0.02, lambda: f"{part()}·{part()}·{part()}"),
            (0.02, lambda: self.chance.choice(_INITIALS) + self.chance.choice("·.") + part()),
        )

    def latin(self) -> str:
        """Return a name in Latin letters, at times without its space or its capitals."""
        first, last = self.chance.choice(words("latin_first_names")), self.chance.choice(words("latin_surnames"))
        name = self.chance.choice((first, first, first, first, last, first + last, first + last, f"{first} {last}"))
        return name.lower() if self.chance.random() < 0.15 else name

    def nickname(self) -> str:
        """Return what friends and guests call somebody."""
        surname, only = self.surname.draw(self.chance)[0], self.only.draw(self.chance)
        forms = (f"小{surname}", f"老{surname}", f"小{only}", f"阿{only}", f"{surname}姐", f"{surname}哥", only * 2)
        return self.chance.choice((*forms, self.chinese()))

    def place(self) -> str:
        """Return a place, a quarter of them named after somebody or something foreign."""
        return self._either(
            (0.75, lambda: self.chance.choice(self.places)),
            (0.1, lambda: self.foreign_part() + self.chance.choice(("", *words("lands")))),
            (0.15, lambda: self.chinese() + self.chance.choice(words("spots"))),
        )

    def club(self) -> str:
        """Return a club, some of them shortened or invented, so that the neighbours tell it from a person."""
        known = self.chance.choice(words("clubs"))
        return self._either(
            (0.72, lambda: known), (0.08, lambda: known[:-1] if len(known) > 3 else known), (0.2, self.foreign_part)
        )

    def organisation(self) -> str:
        """Return a company, a brand or an institution."""
        return self._either(
            (0.3, lambda: self.chance.choice(words("brands"))),
            (0.4, lambda: self.chance.choice(self.organisations)),
            (0.1, lambda: self.chance.choice(words("latin_brands"))),
            (0.12, lambda: self.foreign_part() + self.chance.choice(words("houses"))),
            (0.08, lambda: self.chinese() + self.chance.choice(words("houses"))),
        )

    def title(self) -> str:
        """Return the title of a book or film; a quarter of them hold a name, which is nobody's."""
        return self._either(
            (0.12, lambda: self.chinese() + self.chance.choice(("传", "全传", f"与{self.chinese()}", "外传", ""))),
            (0.13, lambda: self.foreign_part() + self.chance.choice(("", "传奇", "的秘密", "奇遇记"))),
            (0.75, lambda: "".join(self.chance.choices(self.nouns, k=self.chance.randint(1, 3)))),
        )

    def _renamed(self, text: str, names: list[tuple[int, int, int]], share: float) -> Labelled:
        new, found, done = "", [], 0
        for begin, end, kind in names:
            new += text[done:begin]
            name, done = text[begin:end], end
            if kind == PERSON_TAG and len(name) > 1 and self.chance.random() < share:
                native = len(name) < 4 and self.chance.random() < 0.8
                name = self.chinese() if native else self.stranger()
            found.append((len(new), len(new) + len(name), kind))
            new += name
        return new + text[done:], found

    def _invented(self) -> str:
        while True:
            name = "^"
            while not name.endswith("$") and len(name) < 8:
                name += self.chance.choice(self.next[name[-1]])
            if name.endswith("$") and len(name) > 3:
                return name[1:-1]

    def _drawn(self, *parts: "_Drawn") -> str:
        return "".join(part.draw(self.chance) for part in parts)

    def _either(self, *ways: tuple[float, _Maker]) -> str:
        return self.chance.choices([make for _, make in ways], [share for share, _ in ways])[0]()


class _Drawn:
    """Words drawn by a power of their counts: below 1, rare ones come more often than they should."""

    def __init__(self, counts: dict[str, int], power: float) -> None:
        self.words = list(counts)
        self.sums = list(accumulate(count**power for count in counts.values()))

    def draw(self, chance: random.Random) -> str:
        return chance.choices(self.words, cum_weights=self.sums)[0]
