"""Presidio as a finder, where a user has installed it with a spaCy model; nothing is ever downloaded."""

import re
from functools import cache
from itertools import pairwise
from typing import Any

from pipelines.errors import ParameterError
from pipelines.privacy.rules import HAN
from pipelines.privacy.spans import Span

# Presidio's names for what we know by another; all others keep theirs.
_TYPES = {
    "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "CREDIT_CARD": "CARD", "IBAN_CODE": "IBAN", "IP_ADDRESS": "IP",
    "MAC_ADDRESS": "MAC", "LOCATION": "LOC", "ORGANIZATION": "ORG", "DATE_TIME": "DATETIME", "NRP": "DEM",
    "CRYPTO": "ID", "MEDICAL_LICENSE": "ID",
}  # fmt: skip
_NATIONAL = re.compile(r"(?:US|UK|ES|IT|PL|SG|AU|IN|FI|KR|TH|DE|CA|NG|TR|SE)_[A-Z_]+")
_NOT_A_TAG = re.compile("[^A-Z_]")
_ANY_HAN = re.compile(f"[{HAN}]")
# spaCy's own limit for one text is a million characters, at a gigabyte of memory.
_PIECE = 100_000


def find(text: str) -> list[Span]:
    """What Presidio finds in a text. Raises ParameterError where it, or a model for it, is not installed."""
    analyzer, languages = _analyzer()
    language = "zh" if "zh" in languages and _ANY_HAN.search(text) else languages[0]
    found = []
    for start, end in pairwise([*_cuts(text), len(text)]):
        results = analyzer.analyze(text=text[start:end], language=language)
        found += [Span(start + r.start, start + r.end, _type(r.entity_type), r.score) for r in results]
    return found


def _type(name: str) -> str:
    if _NATIONAL.fullmatch(name):
        return "ID"
    return _TYPES.get(name) or _NOT_A_TAG.sub("_", name.upper())[:30] or "OTHER"


def _cuts(text: str) -> list[int]:
    """Where pieces begin: each at a line or a word, so that no name is cut, as long as there is one to begin at."""
    starts = [0]
    while starts[-1] + _PIECE < len(text):
        window = text[starts[-1] : starts[-1] + _PIECE]
        starts.append(starts[-1] + (window.rfind("\n") + 1 or window.rfind(" ") + 1 or _PIECE))
    return starts


@cache
def _analyzer() -> tuple[Any, tuple[str, ...]]:
    """Presidio's engine over the largest installed model of each language, and the languages."""
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
        from spacy.util import get_installed_models
    except ImportError:
        raise ParameterError(
            "The finder `presidio` was asked for, and presidio-analyzer is not installed.",
            "Expected the package and a spaCy model beside Flywheel; it is not among its own dependencies.",
            "run `pip install presidio-analyzer` and install a model such as en_core_web_lg, or leave `presidio` out.",
        ) from None
    _keep_offline()
    models = _models(get_installed_models())
    configuration = [{"lang_code": language, "model_name": name} for language, name in models.items()]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": configuration})
    languages = tuple(models)
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=list(languages)), languages


def _keep_offline() -> None:
    """Let Presidio's check of e-mail domains use the list that came with its package, not fetch a newer one."""
    from tldextract import tldextract

    tldextract.TLD_EXTRACTOR.suffix_list_urls = ()


def _models(installed: list[str]) -> dict[str, str]:
    """The model to use for English and for Chinese. Raises ParameterError where none is: Presidio would fetch one."""
    sizes = ("lg", "trf", "md", "sm")
    found = {}
    for language in ("en", "zh"):
        names = [name for name in installed if name.startswith(f"{language}_")]
        if names:
            found[language] = min(names, key=lambda name: (*(not name.endswith(size) for size in sizes), name))
    if not found:
        raise ParameterError(
            "The finder `presidio` was asked for, and no spaCy model for English or Chinese is installed.",
            "Expected one, as en_core_web_lg; nothing is downloaded without being asked for.",
            "install it (`python -m spacy download en_core_web_lg`), or leave `presidio` out of `finders`.",
        )
    return found
