"""Finders beside the patterns: how their spans are read, and Presidio where a user has it."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from workspaces import REPOSITORY

from pipelines.errors import ParameterError
from pipelines.privacy.finders import FINDERS, _View, find
from pipelines.privacy.placeholders import MASK
from pipelines.privacy.spans import Span
from pipelines.privacy.text import clean
from pipelines.privacy.text_rules import FinderName, TextRules, rules_from_json

PRESIDIO = find_spec("presidio_analyzer") is not None
# The documented face of presidio-analyzer and spaCy, as far as we use it: it finds "Zed", and "Zed Zed" as one.
FAKE = {
    "presidio_analyzer/__init__.py": (
        "import re\n"
        "class Result:\n"
        "    def __init__(self, entity_type, start, end, score):\n"
        "        self.entity_type, self.start, self.end, self.score = entity_type, start, end, score\n"
        "class AnalyzerEngine:\n"
        "    def __init__(self, nlp_engine, supported_languages):\n"
        "        assert nlp_engine == {'nlp_engine_name': 'spacy', 'models': [MODEL]}, nlp_engine\n"
        "        assert supported_languages == ['en']\n"
        "    def analyze(self, text, language):\n"
        "        assert language == 'en' and len(text) <= 1_000_000\n"
        "        names = [Result('PERSON', m.start(), m.end(), 0.85) for m in re.finditer(r'Zed(?: Zed)*', text)]\n"
        "        names += [Result('PERSON', m.start(), m.end(), 0.6) for m in re.finditer('Ned(?= <)', text)]\n"
        "        return names + [Result('US_PASSPORT', m.start(), m.end(), 0.4) for m in re.finditer('P{8}', text)]\n"
        "MODEL = {'lang_code': 'en', 'model_name': 'en_core_web_lg'}\n"
    ),
    "presidio_analyzer/nlp_engine.py": (
        "class NlpEngineProvider:\n"
        "    def __init__(self, nlp_configuration):\n"
        "        self.configuration = nlp_configuration\n"
        "    def create_engine(self):\n"
        "        return self.configuration\n"
    ),
    "spacy/__init__.py": "",
    "spacy/util.py": "def get_installed_models():\n    return MODELS\nMODELS = ['en_core_web_sm', 'en_core_web_lg']\n",
    "tldextract/__init__.py": "",
    "tldextract/tldextract.py": "class TLD_EXTRACTOR:\n    suffix_list_urls = ('https://example.org/list',)\n",
}


def scrubbed(text: str, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """What `flywheel scrub --finders patterns,presidio` says, with `folder` before all installed packages."""
    return subprocess.run(
        [sys.executable, "-m", "flywheel.cli", "scrub", "-", "--finders", "patterns,presidio", *more],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{REPOSITORY}", "PATH": "", "HOME": str(folder)},
    )


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with packages that speak as Presidio and spaCy are documented to."""
    for name, content in FAKE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_every_finder_that_may_be_named_is_there() -> None:
    assert set(FINDERS) == set(get_args(FinderName))


def test_presidio_plugs_in_beside_the_patterns(foreign: Path) -> None:
    done = scrubbed("Zed Zed's card is 4111 1111 1111 1111, passport PPPPPPPP; <PERSON> said Zed.", foreign)
    assert done.stdout == "<PERSON_1>'s card is <CARD>, passport <ID>; <PERSON> said <PERSON_1>.", done.stderr


def test_what_only_a_placeholder_gives_away_is_found_in_another_reading(foreign: Path) -> None:
    done = scrubbed("Ned Zed came", foreign)
    assert done.stdout == "<PERSON_1> <PERSON_2> came", done.stderr


def test_no_name_is_cut_where_a_text_is_cut(foreign: Path) -> None:
    done = scrubbed("word " * 19_999 + "Zed Zed", foreign)
    assert "ed" not in done.stdout.replace("word ", ""), done.stderr


def test_a_text_longer_than_spacy_takes_is_cut_at_a_word(foreign: Path) -> None:
    done = scrubbed("no one here at all. " * 60_000 + "Zed Zed", foreign)
    assert done.stdout.endswith("at all. <PERSON>"), done.stderr
    assert "Zed" not in done.stdout


def test_presidio_without_a_model_is_refused_before_it_fetches_one(foreign: Path) -> None:
    (foreign / "spacy/util.py").write_text("def get_installed_models():\n    return ['de_core_news_sm']\n")
    done = scrubbed("Zed", foreign)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no spaCy model" in done.stderr
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.skipif(PRESIDIO, reason="presidio-analyzer is installed here")
def test_presidio_that_is_not_installed_is_refused_in_three_lines() -> None:
    with pytest.raises(ParameterError, match="presidio-analyzer is not installed") as caught:
        clean("anything", TextRules(finders=("patterns", "presidio")))
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.skipif(not PRESIDIO, reason="presidio-analyzer with a spaCy model is not installed")
def test_presidio_itself_finds_a_licence_that_no_pattern_of_ours_knows() -> None:
    rules = TextRules(finders=("patterns", "presidio"))
    cleaned, _ = clean("my driver license is AC432223, said jo@example.com", rules)
    assert cleaned == "my driver license is <ID>, said <EMAIL>"
    assert clean(cleaned, rules) == (cleaned, [])


def test_no_finder_at_all_is_refused() -> None:
    with pytest.raises(ParameterError, match="nobody would be found"):
        TextRules(finders=())


@pytest.mark.parametrize("wrong", [{"mode": "blur"}, {"finders": ["oracle"]}, {"finders": []}, {"numbered": "some"}])
def test_rules_that_this_version_does_not_know_are_not_read(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        rules_from_json(TextRules().to_json() | wrong)


def test_rules_read_back_are_the_rules_that_were_written() -> None:
    rules = TextRules("surrogate", ("patterns", "presidio"), "all")
    assert rules_from_json(rules.to_json()) == rules


def test_of_a_span_over_a_placeholder_the_rest_is_taken() -> None:
    text = "So Mr <PERSON> Smith's met"
    view = _View(text, [Span(6, 14, "PERSON", 1.0)])
    assert view.text == text
    assert [text[s.start : s.end] for s in view.pieces(Span(3, 22, "PERSON", 0.8))] == ["Mr", "Smith"]


TAGS = some.lists(some.sampled_from(["<ID>", "x", " ", "<EMAIL_2>", "a b", "\n", MASK]), max_size=12).map("".join)


@settings(deadline=None)
@given(TAGS, some.data())
def test_a_view_leads_back_to_the_same_characters(text: str, data: some.DataObject) -> None:
    cuts = sorted(data.draw(some.lists(some.integers(0, len(text)), max_size=6)))
    walls = [Span(a, b, "ORG", 1.0) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    view = _View(text, walls)
    start, end = sorted((data.draw(some.integers(0, len(view.text))), data.draw(some.integers(0, len(view.text)))))
    for piece in view.pieces(Span(start, end, "ID", 0.5)):
        assert not any(wall.start < piece.end and piece.start < wall.end for wall in walls)
        assert text[piece.start : piece.end] in view.text[start:end]


def test_the_patterns_alone_are_read_as_they_always_were() -> None:
    assert find("jo@example.com", ["patterns"]) == [Span(0, 14, "EMAIL", 1.0)]
