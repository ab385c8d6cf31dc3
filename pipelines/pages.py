"""Data docs that load nothing from anywhere: opening a report must phone nobody, and work without a network."""

import html
import re
from collections.abc import Mapping
from pathlib import Path

# What Great Expectations' pages bring from five content networks, and its newsletter.
OUTSIDE = re.compile(
    r"<link\b[^>]*\bhref=[\"']https?://[^>]*>"
    r"|<script\b[^>]*\bsrc=[\"']https?://[^>]*>\s*</script>"
    r"|<a\b[^>]*>\s*<img\b[^>]*\bsrc=[\"']https?://[^>]*>\s*</a>"
    r"|<img\b[^>]*\bsrc=[\"']https?://[^>]*>",
    re.IGNORECASE,
)
NEWSLETTER = re.compile(r"<footer\b.*?</footer>", re.IGNORECASE | re.DOTALL)
# Should a later version bring something new from outside, the browser refuses it.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\' data:; '
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'\">"
)
STYLE = """
<style>
  :root { --ink: #1f2933; --soft: #6b7280; --line: #e5e7eb; --good: #2e7d4f; --bad: #b3372f; --link: #2458a6 }
  body { font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: var(--ink);
         max-width: 62rem; margin: 2rem auto; padding: 0 1rem; background: white }
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
  td.count { text-align: right; font-variant-numeric: tabular-nums; width: 5em } td.wide { width: 45% }
  .big { font-size: 1.6em; margin: .2em 0 }
  nav ul, #navigation ul { columns: 3; padding-left: 1.1em } .collapse:not(.show) { display: block }
</style>
"""


def make_local(site: Path) -> None:
    """Rewrite all pages of `site` so that they load nothing from outside, and can be read all the same."""
    for page in site.rglob("*.html"):
        text = NEWSLETTER.sub("", OUTSIDE.sub("", page.read_text("utf-8")))
        page.write_text(text.replace("</head>", f"{POLICY}{STYLE}</head>", 1), "utf-8")


def write_index(site: Path, name: str, rows: int, accepted: int, reasons: Mapping[str, int], planted: int = 0) -> None:
    """Put a first page before the pages of `site`: how many rows may pass, and why the others may not.

    The pages of single expectations count `planted` rows of nobody as well, and this one says so. Great Expectations'
    own index is empty without a library from a content network.
    """
    most = max(reasons.values(), default=1)
    lines = "".join(
        f"<tr><td>{html.escape(reason)}</td><td class=count>{count:,}</td>"
        f"<td class=wide><span class=bar style='width:{100 * count / most:.1f}%'></span></td></tr>"
        for reason, count in reasons.items()
    )
    table = f"<table><tr><th>reason</th><th>rows</th><th></th></tr>{lines}</table>" if reasons else ""
    titles = {"validations": "each expectation, and how many rows failed it", "expectations": "the suite"}
    links = "".join(
        f"<li><a href='{page.relative_to(site).as_posix()}'>{title}</a></li>"
        for folder, title in titles.items()
        for page in sorted((site / folder).rglob("*.html"))
    )
    also = f" The other pages count {planted} rows more, which are nobody's: planted to prove it." if planted else ""
    body = (
        f"<h1>What may pass: {html.escape(name)}</h1><p class=big>{accepted:,} of {rows:,} rows "
        f"({accepted / max(rows, 1):.1%})</p><p>A row can be held back for more than one reason. "
        f"No value of any row stands on these pages.{also}</p>{table}<ul>{links}</ul>"
    )
    head = f"<meta charset=utf-8><title>What may pass: {html.escape(name)}</title>{POLICY}{STYLE}"
    (site / "index.html").write_text(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", "utf-8")
