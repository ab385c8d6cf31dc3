"""Clean one text: the one function that the pipeline, the service and `flywheel scrub` call."""

import os
from collections.abc import Sequence

from pipelines.privacy.coreference import link_spans
from pipelines.privacy.finders import find_in
from pipelines.privacy.placeholders import MASK, numbered, put
from pipelines.privacy.spans import Span
from pipelines.privacy.text_rules import TextRules

DEFAULT = TextRules()


def clean(text: str, rules: TextRules = DEFAULT, key: bytes | None = None) -> tuple[str, list[Span]]:
    """Return the text without the people in it, and the spans (offsets into the original, in order, disjoint).

    A text is one document: the same person gets the same placeholder or surrogate all through it, and with a `key`
    the same surrogate in all documents. With placeholders or masks, cleaning a cleaned text changes nothing.
    """
    return clean_all([text], rules, key)[0]


def clean_all(
    texts: Sequence[str], rules: TextRules = DEFAULT, key: bytes | None = None
) -> list[tuple[str, list[Span]]]:
    """The same for each of many texts, each a document of its own."""
    return [
        ((put(text, spans, instead(text, spans, rules, key)) if spans else text), spans)
        for text, spans in zip(texts, find_in(texts, rules.finders), strict=True)
    ]


def instead(text: str, spans: list[Span], rules: TextRules, key: bytes | None = None) -> list[str]:
    """What takes the place of each span (in order, disjoint) of a document."""
    if rules.mode == "mask":
        return [MASK] * len(spans)
    types = {span.type for span in spans}
    named = {"people": types & {"PERSON"}, "all": types, "none": set[str]()}[rules.numbered]
    if not named and rules.mode == "placeholder":
        return [f"<{span.type}>" for span in spans]
    linked = link_spans(text, spans)
    placeholders = numbered(text, spans, linked.identities, named)
    if rules.mode == "placeholder":
        return placeholders
    from pipelines.privacy.surrogates import surrogates

    stand_ins = surrogates(text, spans, linked, key or os.urandom(32))
    return [placeholder if one is None else one for one, placeholder in zip(stand_ins, placeholders, strict=True)]
