"""`flywheel comply`: 27 controls on the current workspace, as a table, two pages and JSON."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pipelines.compliance.control import Language, check_all
from pipelines.compliance.controls import CONTROLS
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.gathering import gather
from pipelines.compliance.report import About, as_json, as_page, as_text
from pipelines.compliance.template import template
from pipelines.environment import read_environment
from pipelines.files import replacing, write_json
from pipelines.ledger import Ledger, open_ledger
from pipelines.parameters import convert, read_parameters
from pipelines.record import Record
from pipelines.workspace import OWN, require

FOLDER = OWN / "compliance"
PAGES: dict[Language, str] = {"en": "index.html", "zh": "index.zh-CN.html"}
# As a test's exit code: a continuous integration that calls this stops where a control fails.
FAILED = 1


def comply(*, as_json_text: bool, language: Language, show_template: bool) -> int:
    """Check the current workspace, print and write what came of it; 1 where a control fails, else 0."""
    workspace = Path.cwd()
    require(workspace)
    parameters = read_parameters(workspace)
    record = convert("record", parameters.get("record"), Record)
    environment = read_environment(os.environ, workspace)
    if show_template:
        print(template(workspace, record, parameters.get("anonymise") or {}))
        return 0
    evidence = gather(workspace, environment, record, parameters.get("anonymise") or {}, _people_named)
    findings = check_all(CONTROLS, evidence)
    about = _about(evidence, open_ledger(environment))
    report = as_json(findings, about)
    write_json(workspace / FOLDER / "report.json", report)
    for spoken, page in PAGES.items():
        other = PAGES["zh" if spoken == "en" else "en"]
        with replacing(workspace / FOLDER / page) as draft:
            draft.write_text(as_page(findings, about, spoken, other), "utf-8")
    if as_json_text:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print(f"{as_text(findings, about, language)}\n{FOLDER / PAGES[language]}")
    return FAILED if any(found.verdict == "fail" for found in findings) else 0


def _about(evidence: Evidence, ledger: Ledger) -> About:
    champion = ledger.champion(evidence.record.name)
    model = f"{champion.body['family']}, version {champion.version}" if champion else "-"
    return About(
        name=evidence.record.name,
        at=f"{evidence.at:%Y-%m-%d %H:%M} UTC",
        data=evidence.version.name if evidence.version else "-",
        model=evidence.proof.model if champion is None and evidence.proof else model,
        fingerprint=evidence.fingerprint,
        registered=evidence.register is not None,
    )


def _people_named(texts: Sequence[str]) -> int:
    """How many names of people are left in `texts`, as far as our own finders see."""
    from pipelines.privacy.finders import find_in

    return sum(span.type == "PERSON" for spans in find_in(texts, ["names"]) for span in spans)
