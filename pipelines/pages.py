"""Pages that load nothing from anywhere: opening a report must phone nobody, and work without a network."""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.checks.finding import Finding
from pipelines.record import Column

# What Great Expectations' pages bring from five content networks, and its newsletter.
OUTSIDE = re.compile(
    r"<link\b[^>]*\bhref=[\"']https?://[^>]*>"
    r"|<script\b[^>]*\bsrc=[\"']https?://[^>]*>\s*</script>"
    r"|<a\b[^>]*>\s*<img\b[^>]*\bsrc=[\"']https?://[^>]*>\s*</a>"
    r"|<img\b[^>]*\bsrc=[\"']https?://[^>]*>",
    re.IGNORECASE,
)
NEWSLETTER = re.compile(r"<footer\b.*?</footer>", re.IGNORECASE | re.DOTALL)
# A check of our own is an expectation that its flag is true, under a heading that says what is wrong where it is not.
FLAG = re.compile(r"values must belong to this set: <span[^>]*>\s*True\s*</span>")
NOTHING = re.compile(r" / __none__(?= / )|(?<=>)\s*Data asset:\s*None\s*(?=<)")
# Should a later version bring something new from outside, the browser refuses it.
POLICY = (
    '<meta name=viewport content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\' data:; '
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'\">"
)
STYLE = """
<style>
  :root { --ink: #1f2933; --soft: #5f6b7a; --line: #e2e6eb; --good: #2e7d4f; --bad: #b3372f; --warn: #96610b;
          --link: #2458a6; --page: #ffffff; --card: #f7f8fa; color-scheme: light dark }
  @media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #9aa5b1; --line: #333c47; --good: #6bc48d;
          --bad: #f08a80; --warn: #e0b050; --link: #8ab4f8; --page: #14181d; --card: #1c2229 } }
  body { font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: var(--ink);
         max-width: 62rem; margin: 2rem auto; padding: 0 1rem; background: var(--page); overflow-wrap: break-word }
  h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.2em 0 .4em } h6 { color: var(--soft); font-size: .9em }
  h5 { font-size: 1.15em; border-bottom: 1px solid var(--line); padding-bottom: .2em }
  a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
  ol.breadcrumb { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5em; color: var(--soft) }
  table { border-collapse: collapse; width: 100%; margin: .4em 0 1em } th { text-align: left; color: var(--soft) }
  th, td { padding: .35em .8em .35em 0; border-bottom: 1px solid var(--line); vertical-align: top }
  .fa-check-circle::before { content: "\\2713"; color: var(--good); font-weight: bold; font-style: normal }
  .fa-times::before, .fa-exclamation-triangle::before { content: "\\2717"; color: var(--bad); font-weight: bold;
         font-style: normal }
  .badge { border: 1px solid var(--line); border-radius: 4px; padding: 0 .4em; font-size: .85em }
  .btn, button, .ge-walkthrough-modal-dialog, .modal, .navbar-brand, .cooltip .top { display: none }
  .bar { background: var(--link); height: .8em; display: inline-block; border-radius: 2px; min-width: 2px }
  td.count, th.count { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
  td.wide { width: 45% }
  .big { font-size: 1.6em; margin: .2em 0 } .soft { color: var(--soft) } .scroll { overflow-x: auto }
  nav ul, #navigation ul { columns: 3; padding-left: 1.1em }
  .collapse:not(.show), p:has(> a[data-toggle=collapse]), .card:has(.btn-group) { display: none }
  .show-scrollbars { overflow-x: auto } .show-scrollbars br { display: none }
  .show-scrollbars strong { display: block; font-weight: 500; color: var(--bad) }
  .ge-section th:first-child { width: 4em } .ge-section th:last-child { width: 13em }
  .ge-section + .ge-section h5 { margin-top: 1.6em } hr { border: 0; border-top: 1px solid var(--line) }
  .finding { background: var(--card); border-left: 4px solid var(--line); border-radius: 4px; padding: .6em 1em;
         margin: .7em 0 } .finding p { margin: .25em 0 } .finding.warn { border-color: var(--warn) }
  .finding.stop { border-color: var(--bad) } .finding.warn .sign { color: var(--warn) }
  .finding.stop .sign { color: var(--bad) } .sign { color: var(--soft); font-weight: bold }
  code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .87em; overflow-wrap: anywhere }
  .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1rem;
         align-items: start } figure { margin: 0; background: white; border-radius: 4px; padding: .4rem }
  figure img { max-width: 100%; height: auto; display: block }
  td.warn { color: var(--warn); font-weight: bold } td.good { color: var(--good) }
  @media (max-width: 40rem) { body { margin: 1rem auto } nav ul, #navigation ul { columns: 1 } td.wide { width: 20% }
         .big { font-size: 1.3em } }
</style>
"""
SIGNS = {"stop": "✗ stops the run", "warn": "! look at this", "info": "· to know"}
# So many rows of a finding are named on the page; findings.json names more.
SHOWN = 3
LISTED = 200  # columns


def make_local(site: Path) -> None:
    """Rewrite all pages of `site` so that they load nothing from outside, and can be read all the same."""
    for page in site.rglob("*.html"):
        text = NEWSLETTER.sub("", OUTSIDE.sub("", page.read_text("utf-8")))
        text = NOTHING.sub("", FLAG.sub("no row may be so", text))
        page.write_text(text.replace("</head>", f"{POLICY}{STYLE}</head>", 1), "utf-8")


def page(title: str, body: str) -> str:
    """A whole page in the house's style."""
    head = f"<meta charset=utf-8><title>{html.escape(title)}</title>{POLICY}{STYLE}"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>"


def write_index(
    site: Path,
    name: str,
    rows: int,
    accepted: int,
    reasons: Mapping[str, int],
    planted: int = 0,
    findings: Sequence[Finding] = (),
    looked_at: int | None = None,
    filled: Sequence[tuple[Column, float]] = (),
) -> None:
    """Put a first page before the pages of `site`: how many rows may pass, why others may not, and what was found.

    Of each column it tells in which share of the rows it is `filled`.

    The pages of single expectations count `planted` rows of nobody as well, and this one says so. Great Expectations'
    own index is empty without a library from a content network.
    """
    most = max(reasons.values(), default=1)
    lines = "".join(
        f"<tr><td>{html.escape(reason)}</td><td class=count>{count:,}</td>"
        f"<td class=wide><span class=bar style='width:{100 * count / most:.1f}%'></span></td></tr>"
        for reason, count in reasons.items()
    )
    heads = "<tr><th>reason</th><th class=count>rows</th><th></th></tr>"
    table = f"<h2>Why rows are held back</h2><table>{heads}{lines}</table>" if reasons else ""
    titles = {"validations": "each expectation, and how many rows failed it", "expectations": "the suite"}
    links = "".join(
        f"<li><a href='{found.relative_to(site).as_posix()}'>{title}</a></li>"
        for folder, title in titles.items()
        for found in sorted((site / folder).rglob("*.html"))
    )
    also = f" The other pages count {planted} rows more, which are nobody's: planted to prove it." if planted else ""
    body = (
        f"<h1>What may pass: {html.escape(name)}</h1><p class=big>{accepted:,} of {rows:,} rows "
        f"({accepted / max(rows, 1):.1%})</p><p>A row can be held back for more than one reason. "
        f"No value of any row stands on these pages.{also}</p>{table}"
        f"{told(findings, looked_at)}{_columns(filled)}<h2>More</h2><ul>{links}</ul>"
    )
    (site / "index.html").write_text(page(f"What may pass: {name}", body), "utf-8")


def _columns(filled: Sequence[tuple[Column, float]]) -> str:
    """What each column is, and how much of it is there."""
    lines = "".join(
        f"<tr><td>{html.escape(column.name)}</td><td>{column.type}</td><td>{column.role or ''}</td>"
        f"<td>{'' if column.privacy == 'none' else column.privacy.replace('_', ' ')}</td>"
        f"<td class=count>{_share(share)}</td>"
        f"<td class=wide><span class=bar style='width:{100 * share:.1f}%'></span></td></tr>"
        for column, share in filled[:LISTED]
    )
    more = f"<p class=soft>And {len(filled) - LISTED:,} more.</p>" if len(filled) > LISTED else ""
    heads = "<tr><th>column</th><th>type</th><th>role</th><th>privacy</th><th class=count>filled</th><th></th></tr>"
    return f"<h2>The columns</h2><div class=scroll><table>{heads}{lines}</table></div>{more}" if filled else ""


def _share(share: float) -> str:
    """A share in per cent that calls nothing whole, or empty, that is not."""
    return f"{share:.0%}" if share in (0, 1) else f"{min(max(share, 0.001), 0.999):.1%}"


def told(findings: Sequence[Finding], looked_at: int | None = None) -> str:
    """The findings about the table as a section of a page; empty where there are none.

    `looked_at` is how many rows were looked at, where that were not all.
    """
    if not findings:
        return ""
    part = f"<p class=soft>Looked for in {looked_at:,} rows, spread over all.</p>" if looked_at is not None else ""
    return f"<h2>What stands out in the table</h2>{part}{''.join(_told(finding) for finding in findings)}"


def _told(finding: Finding) -> str:
    shown = ", ".join(finding.rows[:SHOWN])
    more = finding.count - len(finding.rows[:SHOWN])
    rows = f"<p><code>rows {html.escape(shown)}{f' and {more:,} more' if more > 0 else ''}</code></p>" if shown else ""
    return (
        f"<div class='finding {finding.severity}'><p><span class=sign>{SIGNS[finding.severity]}</span> "
        f"<b>{finding.count:,}</b> of {finding.of:,} {html.escape(finding.title)}</p>"
        f"<p>{_written(finding.meaning)}</p><p class=soft>To mend: {_written(finding.mend)}</p>{rows}</div>"
    )


def _written(text: str) -> str:
    """`text` as HTML; what stands in back quotes is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
