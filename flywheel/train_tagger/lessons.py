"""From texts and spans to the stream of words and answers that the network learns from."""

from collections.abc import Iterable

import numpy as np

from flywheel.train_tagger.sentences import Example
from pipelines.models.tagger import Lesson
from pipelines.privacy.tagger import GAP, LABELS
from pipelines.privacy.words import FEATURES, ends, features, is_taggable, pieces


def lesson(examples: Iterable[Example]) -> Lesson:
    """The stream of all words of the examples, a gap after each, as long as the network reaches in one step."""
    forms: dict[str, int] = {"": 0}
    answers: dict[frozenset[str], int] = {frozenset(LABELS): 0}
    words: list[int] = []
    said: list[int] = []
    for example in examples:
        parts = pieces(example.text)
        words += [forms.setdefault(part, len(forms)) for part in parts] + [0] * GAP
        said += [answers.setdefault(each, len(answers)) for each in allowed(example, parts)] + [0] * GAP
    known = np.array([features(form) if form else [0] * FEATURES for form in forms], np.int32)
    table = np.array([[label in answer for label in LABELS] for answer in answers], np.float32)
    stream = np.array(words, np.int32)
    return Lesson(known, stream, np.array(said, np.int32), table, (stream > 0).astype(np.float32))


def allowed(example: Example, parts: list[str]) -> list[frozenset[str]]:
    """What each piece of a text may be called: one label, or those that its annotators did not look for."""
    unasked = {label for label in LABELS if label != "O" and label[2:] not in example.types}
    outside, anything = frozenset({"O", *unasked}), frozenset(LABELS)
    found: list[frozenset[str]] = []
    spans = iter([*example.spans, (1 << 60, 1 << 60, "")])
    start, end, kind = next(spans)
    begun = False
    for part, stop in zip(parts, ends(parts), strict=True):
        begin = stop - len(part)
        while begin >= end:
            start, end, kind = next(spans)
            begun = False
        inside = begin + len(part.rstrip()) > start
        if not inside:
            found.append(outside)
        elif kind == "?" or not is_taggable(part):
            found.append(anything)
        else:
            found.append(frozenset({f"{'I' if begun else 'B'}-{kind}"}))
            begun = True
    return found
