"""When two texts count as one and the same."""

import unicodedata


def normal(text: str) -> str:
    """`text` without the differences that do not count: width, case, spacing.

    >>> normal("Ｇood  Coffee")
    'good coffee'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
