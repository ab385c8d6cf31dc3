"""Texts with people in them for tests: names in brackets, so that no tagger is needed to know where they are."""

import re

from pipelines.privacy.spans import Span

_MARKED = re.compile(r"\[([^\]|]*)(?:\|([A-Z]+))?\]")


def marked(text: str) -> tuple[str, list[Span]]:
    """The text without its brackets, and a span for each: "[Ann] wrote [jo@x.org|EMAIL]"; PERSON if nothing is said."""
    plain, spans, done = "", [], 0
    for match in _MARKED.finditer(text):
        plain += text[done : match.start()]
        spans.append(Span(len(plain), len(plain) + len(match[1]), match[2] or "PERSON", 0.9))
        plain += match[1]
        done = match.end()
    return plain + text[done:], spans
