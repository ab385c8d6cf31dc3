"""The compliance report: all that was found, in both languages, and nothing that a page could load."""

import html
import json
from dataclasses import replace

import pytest
from evidences import IN_ORDER, changed

from pipelines.compliance.control import Language, check_all
from pipelines.compliance.controls import CONTROLS
from pipelines.compliance.report import About, as_json, as_page, as_text, counts, headline

ABOUT = About("reviews", "2026-06-01 12:00 UTC", "a1b2", "lstm, version 3", "0123456789ab", registered=True)
FOUND = check_all(CONTROLS, changed("seals", malformed=2))


def test_the_headline_counts_what_passes_fails_and_does_not_apply() -> None:
    assert counts(FOUND) == {"pass": 26, "fail": 1, "not applicable": 0}
    assert headline(FOUND, "en") == "26 of 27 controls that apply pass, 1 fail, 0 do not apply"
    assert headline(FOUND, "zh") == "26 / 27 项适用控制通过，1 项未通过，0 项不适用"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_shows_every_control_and_every_line_of_evidence(language: Language) -> None:
    page = as_page(FOUND, ABOUT, language, "other.html")
    assert page.count("<details") == 27
    assert page.count("<tr class=") == sum(len(found.facts) for found in FOUND)
    assert page.count("<tr class=fail>") == 1
    assert page.count(" open>") == 1  # what fails stands open
    for part in (value for value in vars(ABOUT).values() if isinstance(value, str)):
        assert part in page


def test_the_pages_name_each_other_and_their_language() -> None:
    english, chinese = as_page(FOUND, ABOUT, "en", "zh.html"), as_page(FOUND, ABOUT, "zh", "en.html")
    assert ("<html lang=en>" in english, "href='zh.html'" in english) == (True, True)
    assert ("<html lang=zh-CN>" in chinese, "href='en.html'" in chinese) == (True, True)


def test_json_holds_every_verdict_with_its_evidence() -> None:
    told = json.loads(json.dumps(as_json(FOUND, ABOUT)))
    assert [each["number"] for each in told["controls"]] == list(range(1, 28))
    (failed,) = [each for each in told["controls"] if each["verdict"] == "fail"]
    assert failed["number"] == 11
    assert [each["found"]["en"] for each in failed["evidence"] if not each["holds"]] == ["2 / 100"]


def test_the_terminal_shows_the_evidence_of_what_fails_alone() -> None:
    text = as_text(FOUND, ABOUT, "en")
    assert text.count("✗") == 2  # the control, and its line
    assert "cells that are no ciphertext of ours: 2 / 100  (data/raw)" in text
    assert "✗" not in as_text(check_all(CONTROLS, IN_ORDER), ABOUT, "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_where_there_is_no_register_the_command_that_writes_one_is_named(language: Language) -> None:
    first = "flywheel comply --template &gt; compliance.yaml"
    bare = replace(ABOUT, registered=False)
    assert html.unescape(first) in as_text(FOUND, bare, language)
    assert first in as_page(FOUND, bare, language, "other.html")
    assert "--template" not in as_text(FOUND, ABOUT, language) + as_page(FOUND, ABOUT, language, "other.html")
