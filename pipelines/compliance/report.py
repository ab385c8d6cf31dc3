"""What the controls came to: one page that loads nothing from anywhere, and the same as JSON, in both languages."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipelines.compliance.control import Fact, Finding, Language, Said, Verdict

SIGNS: dict[Verdict, str] = {"pass": "✓", "fail": "✗", "not applicable": "–"}
VERDICTS: dict[Verdict, Said] = {
    "pass": Said("pass", "通过"),
    "fail": Said("fail", "未通过"),
    "not applicable": Said("not applicable", "不适用"),
}
WORDS = {
    "title": Said("Compliance report", "合规报告"),
    "passed": Said("of {n} controls that apply pass", "/ {n} 项适用控制通过"),
    "failed": Said("fail", "项未通过"),
    "apart": Said("do not apply", "项不适用"),
    "made": Said("made", "生成时间"),
    "data": Said("data version", "数据版本"),
    "model": Said("model", "模型"),
    "workspace": Said("data set", "数据集"),
    "fingerprint": Said("processing", "处理活动指纹"),
    "what": Said("evidence", "证据"),
    "where": Said("where", "位置"),
    "figure": Said("found", "结果"),
    "lines": Said("lines of evidence: {n}", "{n} 行证据"),
    "open": Said("What fails", "未通过的控制"),
    "begin": Said(
        "There is no register yet, which most controls ask: flywheel comply --template > compliance.yaml writes one.",
        "尚无处理活动登记，而多数控制都要查阅它：请用 flywheel comply --template > compliance.yaml 生成。",
    ),
    "note": Said(
        "Each line was checked by a program on this workspace at the time above. A control passes where every line of "
        "its evidence holds; missing evidence fails. The articles are given for orientation; this page is no legal "
        "advice. No value of any row stands on it.",
        "每一行均由程序在上述时间对本工作区检查得出。一项控制的全部证据成立方为通过；缺少证据即为未通过。所列条款仅供参考，"
        "本页不构成法律意见。页面不含任何数据行的值。",
    ),
}
# Nothing at all is loaded, and no script is run.
POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
STYLE = """
:root { --ink: #1f2933; --soft: #6b7280; --line: #e5e7eb; --wash: #f8fafc; --pass: #2e7d4f; --fail: #b3372f;
        --apart: #8a94a3; --paper: #ffffff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e5e9f0; --soft: #9aa5b4; --line: #2c3440; --wash: #1b222c; --pass: #5fbf86; --fail: #ef8078;
          --apart: #7d8897; --paper: #12171e } }
* { box-sizing: border-box }
body { font: 15px/1.55 system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
       color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem }
.soft, dt { color: var(--soft) } a { color: inherit }
.sum { display: flex; align-items: baseline; gap: .6rem; margin: 1.5rem 0 .5rem }
.sum b { font-size: 2.6rem; line-height: 1 }
.bar { display: flex; gap: 2px; height: .55rem; margin: .75rem 0 1.5rem } .bar a { flex: 1; border-radius: 1px }
.bar .pass, .chip.pass { background: var(--pass) } .bar .fail, .chip.fail { background: var(--fail) }
.bar .apart, .chip.apart { background: var(--apart) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0 0 1rem } dd { margin: 0 }
code, dd.mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .87em; overflow-wrap: anywhere }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; background: var(--paper) }
summary { cursor: pointer; padding: .65rem .9rem; display: grid; grid-template-columns: 2rem 1fr max-content;
          gap: .25rem .75rem; align-items: baseline; list-style: none }
summary::-webkit-details-marker { display: none }
summary .basis { grid-column: 2; color: var(--soft); font-size: .87em }
summary .lines { color: var(--soft); font-size: .82em; text-align: right }
summary .lines::after { content: " \\25B8" } details[open] summary .lines::after { content: " \\25BE" }
summary:focus-visible { outline: 2px solid var(--soft); border-radius: 8px }
summary .n { color: var(--soft); text-align: right }
.chip { justify-self: end; color: var(--paper); border-radius: 999px; padding: .08rem .65rem; font-size: .8em;
        white-space: nowrap }
table { border-collapse: collapse; width: 100%; background: var(--wash); border-radius: 0 0 8px 8px;
        table-layout: fixed }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: .82em }
th, td { padding: .4rem .9rem; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
th:nth-child(1) { width: 2.6rem } th:nth-child(2) { width: 42% } th:nth-child(4) { width: 26% }
td.sign { font-weight: 700 } tr.pass .sign { color: var(--pass) } tr.fail .sign, tr.fail .found { color: var(--fail) }
.why { padding: .5rem .9rem .7rem 3.65rem; color: var(--soft); border-top: 1px solid var(--line) }
.begin { border-left: 3px solid var(--fail); padding: .1rem .8rem }
footer { margin: 2.5rem 0 1rem; font-size: .87em } ul.open { margin: 0; padding-left: 1.2rem }
@media print { body { margin: 0; max-width: none } details { break-inside: avoid } }
"""
CLASSES: dict[Verdict, str] = {"pass": "pass", "fail": "fail", "not applicable": "apart"}


@dataclass(frozen=True)
class About:
    """What a report is about: the data set, its version, the model, when, and the fingerprint of the processing."""

    name: str
    at: str
    data: str
    model: str
    fingerprint: str
    registered: bool  # whether there is a register of the processing


def counts(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """How many controls came to which verdict."""
    verdicts = [found.verdict for found in findings]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def as_json(findings: list[Finding], about: About) -> dict[str, Any]:
    """The report as JSON can hold it; every text in both languages."""
    return {
        "format": 1,
        "about": vars(about),
        "counts": counts(findings),
        "controls": [
            {
                "number": found.control.number,
                "group": vars(found.control.group),
                "title": vars(found.control.title),
                "basis": vars(found.control.basis),
                "verdict": found.verdict,
                "reason": vars(found.reason) if found.reason else None,
                "evidence": [
                    {"what": vars(each.what), "where": each.where, "found": vars(each.figure), "holds": each.holds}
                    for each in found.facts
                ],
            }
            for found in findings
        ],
    }


def as_text(findings: list[Finding], about: About, language: Language) -> str:
    """The report for a terminal: a line per control, and below one that fails the evidence that does not hold."""
    lines = []
    for found in findings:
        lines.append(f"{SIGNS[found.verdict]} {found.control.number:>2}  {found.control.title[language]}")
        if found.reason:
            lines.append(f"       {found.reason[language]}")
        broken = [each for each in found.facts if not each.holds]
        lines += [f"       ✗ {each.what[language]}: {each.figure[language]}  ({each.where})" for each in broken]
    begin = [] if about.registered else [WORDS["begin"][language]]
    return "\n".join([*lines, "", headline(findings, language), *begin])


def headline(findings: list[Finding], language: Language) -> str:
    """How many controls pass, fail and do not apply, in one line."""
    number = counts(findings)
    applying = number["pass"] + number["fail"]
    parts = [
        f"{number['pass']} {WORDS['passed'][language].format(n=applying)}",
        f"{number['fail']} {WORDS['failed'][language]}",
        f"{number['not applicable']} {WORDS['apart'][language]}",
    ]
    return ("，" if language == "zh" else ", ").join(parts)


def as_page(findings: list[Finding], about: About, language: Language, other: str) -> str:
    """The report as a page of its own; `other` is the file name of the same in the other language."""
    heading = WORDS["title"][language]
    tag = "zh-CN" if language == "zh" else "en"
    switch = "English" if language == "zh" else "中文"
    parts = [
        f"<!doctype html><html lang={tag}><head><meta charset=utf-8>{POLICY}",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{heading}: {_safe(about.name)}</title><style>{STYLE}</style></head><body>",
        f"<div class=soft style='float:right'><a href='{_safe(other)}'>{switch}</a></div><h1>{heading}</h1>",
        _summary(findings, about, language),
        *(_group(group, list(of), language) for group, of in _grouped(findings)),
        f"<footer class=soft>{WORDS['note'][language]}</footer></body></html>",
    ]
    return "\n".join(parts)


def _grouped(findings: list[Finding]) -> Iterable[tuple[Said, Iterable[Finding]]]:
    """The findings by group, groups in the order of their first control."""
    first = {found.control.group: found.control.number for found in reversed(findings)}
    ordered = sorted(findings, key=lambda found: (first[found.control.group], found.control.number))
    return groupby(ordered, key=lambda found: found.control.group)


def _summary(findings: list[Finding], about: About, language: Language) -> str:
    number = counts(findings)
    applying = number["pass"] + number["fail"]
    told: Mapping[str, str] = {
        "workspace": about.name,
        "data": about.data,
        "model": about.model,
        "made": about.at,
        "fingerprint": about.fingerprint,
    }
    rows = "".join(f"<dt>{WORDS[key][language]}</dt><dd class=mono>{_safe(value)}</dd>" for key, value in told.items())
    bar = "".join(
        f"<a class={CLASSES[found.verdict]} href='#c{found.control.number}' "
        f"title='{found.control.number} {_safe(found.control.title[language])}'></a>"
        for found in findings
    )
    failing = "".join(
        f"<li><a href='#c{found.control.number}'>{found.control.number}. "
        f"{_safe(found.control.title[language])}</a></li>"
        for found in findings
        if found.verdict == "fail"
    )
    begin = "" if about.registered else f"<p class=begin>{_safe(WORDS['begin'][language])}</p>"
    open_ones = f"<h2>{WORDS['open'][language]}</h2>{begin}<ul class=open>{failing}</ul>" if failing else ""
    rest = f"{number['fail']} {WORDS['failed'][language]} · {number['not applicable']} {WORDS['apart'][language]}"
    return (
        f"<div class=sum><b>{number['pass']}</b><span>{WORDS['passed'][language].format(n=applying)}"
        f"<br><span class=soft>{rest}</span></span></div><div class=bar>{bar}</div><dl>{rows}</dl>{open_ones}"
    )


def _group(group: Said, findings: list[Finding], language: Language) -> str:
    return f"<h2>{_safe(group[language])}</h2>" + "".join(_control(found, language) for found in findings)


def _control(found: Finding, language: Language) -> str:
    """One control; those that fail stand open."""
    control, style = found.control, CLASSES[found.verdict]
    lines = WORDS["lines"][language].format(n=len(found.facts)) if found.facts else ""
    head = (
        f"<summary><span class=n>{control.number}</span><span>{_safe(control.title[language])}</span>"
        f"<span class='chip {style}'>{VERDICTS[found.verdict][language]}</span>"
        f"<span class=basis>{_safe(control.basis[language])}</span>"
        f"<span class=lines>{lines}</span></summary>"
    )
    reason = f"<div class=why>{_safe(found.reason[language])}</div>" if found.reason else ""
    names = "".join(f"<th>{WORDS[key][language]}</th>" for key in ("what", "where", "figure"))
    rows = "".join(_line(each, language) for each in found.facts)
    table = f"<table><tr><th></th>{names}</tr>{rows}</table>" if found.facts else ""
    state = " open" if found.verdict == "fail" else ""
    return f"<details id=c{control.number}{state}>{head}{reason}{table}</details>"


def _line(each: Fact, language: Language) -> str:
    style, sign = ("pass", "✓") if each.holds else ("fail", "✗")
    return (
        f"<tr class={style}><td class=sign>{sign}</td><td>{_safe(each.what[language])}</td>"
        f"<td><code>{_safe(each.where)}</code></td><td class=found>{_safe(each.figure[language])}</td></tr>"
    )


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
