"""The tags of characters, and which may follow which."""

from collections.abc import Iterable, Iterator

import numpy as np

# A person's name is B I* E (a lone B is a surname before a title), a place or an organisation B I*.
OUTSIDE, PERSON, PERSON_IN, PERSON_END, PLACE, PLACE_IN, ORGANISATION, ORGANISATION_IN = range(8)
TAGS = 8
TYPES = {PERSON: "PERSON", PLACE: "LOCATION", ORGANISATION: "ORGANISATION"}
_INNER = {PERSON: (PERSON_IN, PERSON_END), PLACE: (PLACE_IN,), ORGANISATION: (ORGANISATION_IN,)}

FORBIDDEN = np.float32(-1e4)
BEGINS = np.array([1, 1, 0, 0, 1, 0, 1, 0], bool)
ENDS = np.array([1, 1, 0, 1, 1, 1, 1, 1], bool)
FOLLOWS = np.tile(BEGINS, (TAGS, 1))
FOLLOWS[PERSON_IN] = False
for _before, _after in (
    (PERSON, PERSON_IN),
    (PERSON, PERSON_END),
    (PERSON_IN, PERSON_IN),
    (PERSON_IN, PERSON_END),
    (PLACE, PLACE_IN),
    (PLACE_IN, PLACE_IN),
    (ORGANISATION, ORGANISATION_IN),
    (ORGANISATION_IN, ORGANISATION_IN),
):
    FOLLOWS[_before, _after] = True


def spans(tags: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Yield begin, end (exclusive) and first tag of each name in a row of tags."""
    begin, kind = 0, OUTSIDE
    place = 0
    for place, tag in enumerate((*tags, OUTSIDE)):
        if kind and tag not in _INNER[kind]:
            yield begin, place, kind
            kind = OUTSIDE
        if tag in TYPES:
            begin, kind = place, tag


def tagged(length: int, names: Iterable[tuple[int, int, int]]) -> list[int]:
    """Return the row of tags that `spans` reads these names from."""
    tags = [OUTSIDE] * length
    for begin, end, kind in names:
        tags[begin:end] = [kind, *[kind + 1] * (end - begin - 1)]
        if kind == PERSON and end - begin > 1:
            tags[end - 1] = PERSON_END
    return tags
