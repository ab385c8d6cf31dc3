"""Who looks for people in a text, by the names that `anonymise.text.finders` in params.yaml gives them."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from pipelines.privacy import presidio
from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.placeholders import PLACEHOLDER, put
from pipelines.privacy.spans import Span, resolve
from pipelines.privacy.text_rules import FinderName

# The spans of each of many texts, as offsets into it, in any order; they may overlap.
Finder = Callable[[Sequence[str]], list[list[Span]]]


def _names(texts: Sequence[str]) -> list[list[Span]]:
    from pipelines.privacy.entities import find_names_in

    return find_names_in(texts)


# One line for each, here and in `FinderName`. Whatever loads a model loads it at its first call, not at import.
FINDERS: dict[FinderName, Finder] = {
    "patterns": lambda texts: [find_identifiers(text) for text in texts],
    "names": _names,
    "presidio": lambda texts: [presidio.find(text) for text in texts],
}

# What is taken out changes what a learned finder reads: it reads once more, until it finds nothing new.
_ROUNDS = 4
_POSSESSIVES = ("'s", "’s", "'S", "’S")


def find(text: str, names: Sequence[FinderName]) -> list[Span]:
    """Return what the named finders find in a text, in order and disjoint, and nothing of what is a placeholder."""
    return find_in([text], names)[0]


def find_in(texts: Sequence[str], names: Sequence[FinderName]) -> list[list[Span]]:
    """The same for each of many texts: learned finders read many at once several times as fast.

    A text from which all this was taken out is read again with the placeholders in it, so that cleaning a cleaned
    text changes nothing. The patterns alone see to that themselves, in one reading.
    """
    if tuple(names) == ("patterns",):
        return FINDERS["patterns"](texts)
    walls = [[Span(m.start(), m.end(), m["type"], 1.0) for m in PLACEHOLDER.finditer(text)] for text in texts]
    found: list[list[Span]] = [[] for _ in texts]
    places = list(range(len(texts)))
    for _ in range(_ROUNDS):
        views = [_View(texts[place], walls[place]) for place in places]
        fresh = _read(views, names)
        for place, new in zip(places, fresh, strict=True):
            found[place] += new
            walls[place] = sorted([*walls[place], *new], key=lambda span: span.start)
        places = [place for place, new in zip(places, fresh, strict=True) if new]
        if not places:
            break
    return [sorted(spans, key=lambda span: span.start) for spans in found]


def _read(views: "Sequence[_View]", names: Sequence[FinderName]) -> list[list[Span]]:
    """What the finders find in each view, as offsets into its original; what patterns are sure of is never cut."""
    from pipelines.privacy.entities import merged

    read = {name: FINDERS[name]([view.text for view in views]) for name in names}
    fresh = []
    for place, view in enumerate(views):
        sure = resolve(read["patterns"][place]) if "patterns" in read else []
        others = resolve(span for name in names if name != "patterns" for span in read[name][place])
        fresh.append(resolve(piece for span in merged(view.text, sure, others) for piece in view.pieces(span)))
    return fresh


class _View:
    """A text as finders read it, with "<TYPE>" for what was found; and the way back to the original."""

    def __init__(self, text: str, walls: Sequence[Span]) -> None:
        tags = [f"<{wall.type}>" for wall in walls]
        self.text = put(text, walls, tags)
        self._original = text
        # Free pieces: where each begins in the view and in the original, and where it ends there.
        self._starts, self._origins, self._ends = [0], [0], []
        position = 0
        for wall, tag in zip(walls, tags, strict=True):
            self._ends.append(wall.start)
            position += wall.start - self._origins[-1] + len(tag)
            self._starts.append(position)
            self._origins.append(wall.end)
        self._ends.append(len(text))

    def pieces(self, span: Span) -> Iterator[Span]:
        """Yield what of a span is no placeholder, as offsets into the original, without the blanks around it."""
        piece = max(0, bisect_right(self._starts, span.start) - 1)
        while piece < len(self._starts) and self._starts[piece] < span.end:
            shift = self._origins[piece] - self._starts[piece]
            start, end = max(span.start + shift, self._origins[piece]), min(span.end + shift, self._ends[piece])
            yield from _trimmed(self._original, start, end, span)
            piece += 1


def _trimmed(text: str, start: int, end: int, span: Span) -> Iterator[Span]:
    """The span without blanks around it; a name without its possessive; nothing where no letter or digit is left."""
    found = text[start:end]
    start += len(found) - len(found.lstrip())
    found = found.strip()
    if span.type == "PERSON" and found.endswith(_POSSESSIVES):
        found = found[:-2]
    if any(map(str.isalnum, found)):
        yield Span(start, start + len(found), span.type, span.score)
