"""Clean one text: the one function that the pipeline and the service call."""

from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.placeholders import replace
from pipelines.privacy.spans import Span


def clean(text: str) -> tuple[str, list[Span]]:
    """Return the text with placeholders for its identifiers, and the spans (offsets into the original).

    Cleaning a cleaned text changes nothing.
    """
    spans = find_identifiers(text)
    return (replace(text, spans) if spans else text), spans
