"""What the name of a column says about it, word by word."""

import re
from collections.abc import Collection, Mapping
from functools import cache

from pipelines.proposing.vocabulary import ALL, KEY, PERSON, WEIGHT

# A word of a name, or a part of one in camelCase; Chinese names are looked through for the words that we know.
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
CHINESE = sorted((word for word in ALL if not word.isascii()), key=lambda word: (-len(word), word))


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case; of a Chinese one those that we know.

    >>> words("airline_sentiment"), words("customerID"), words("用户编号")
    (('airline', 'sentiment'), ('customer', 'id'), ('用户', '编号'))
    """
    found = [word.lower() for word in WORD.findall(name)]
    rest = "" if name.isascii() else name
    for word in CHINESE:
        if word in rest:
            found.append(word)
            rest = rest.replace(word, " ")
    return tuple(found)


def score(name: str, vocabulary: Mapping[str, int]) -> int:
    """What the best word of a name counts in a vocabulary, 0 for none."""
    return max((vocabulary.get(word, 0) for word in words(name)), default=0)


def says(name: str, vocabulary: Collection[str]) -> bool:
    """Whether a word of a name, or all of it written together, stands in a vocabulary."""
    return any(word in vocabulary for word in (*words(name), "".join(words(name))))


def is_known(name: str) -> bool:
    """Whether a word of a name is one that names of columns have."""
    return says(name, ALL)


def is_weight(name: str) -> bool:
    """Whether a column says how much its row counts, as surveys do."""
    return " ".join(words(name)) in WEIGHT


def names_a_person(name: str) -> bool:
    """Whether a name says nothing but whose the row is: "user_id", "客户编号", and not "user_type"."""
    said = set(words(name))
    return not PERSON.isdisjoint(said) and said <= PERSON | KEY
