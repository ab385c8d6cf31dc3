"""Data docs that load nothing from anywhere."""

import re
from pathlib import Path

from pipelines.checks.finding import Finding
from pipelines.pages import LISTED, make_local, write_index
from pipelines.record import Column

PAGE = """<html><head>
<link rel="stylesheet" href="https://cdn.example.com/a.css"><script src="https://cdn.example.com/a.js"></script>
<script>var own = 1</script></head><body><img src="https://cdn.example.com/logo.png">
<h5>Overview</h5><footer>newsletter <a href="https://example.com/subscribe">Subscribe</a></footer></body></html>"""


def test_a_page_keeps_its_text_and_loads_nothing_from_outside(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    page = tmp_path / "deep" / "page.html"
    page.write_text(PAGE, "utf-8")
    make_local(tmp_path)
    text = page.read_text("utf-8")
    assert "Overview" in text
    assert "var own" in text
    assert "cdn.example.com" not in text
    assert "newsletter" not in text
    assert "Content-Security-Policy" in text


def test_the_first_page_tells_how_many_rows_may_pass_and_why_others_may_not(tmp_path: Path) -> None:
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "a.html").write_text("<html></html>", "utf-8")
    write_index(tmp_path, "reviews <b>", 1200, 1100, {"age is out of range": 90, "text has two labels": 10})
    text = (tmp_path / "index.html").read_text("utf-8")
    assert "1,100 of 1,200 rows (91.7%)" in text
    assert "reviews &lt;b&gt;" in text
    assert re.findall(r"width:([\d.]+)%'", text) == ["100.0", "11.1"]
    assert "href='validations/a.html'" in text


def test_a_finding_is_told_with_its_rows_by_id_and_what_to_do(tmp_path: Path) -> None:
    rows = tuple(f"id{number}" for number in range(5))
    finding = Finding("x", "texts <twice>", 5, 50, 0.1, "warn", "They repeat.", "say `unique: true`.", rows)
    write_index(tmp_path, "reviews", 50, 50, {}, findings=[finding])
    text = (tmp_path / "index.html").read_text("utf-8")
    assert "<b>5</b> of 50 texts &lt;twice&gt;" in text
    assert "rows id0, id1, id2 and 2 more" in text
    assert "<code>unique: true</code>" in text


def test_each_column_is_told_by_what_it_is_and_how_much_of_it_is_there(tmp_path: Path) -> None:
    columns = [(Column("age <b>", "integer", "feature", "quasi"), 0.9996), (Column("note", "text"), 1.0)]
    columns += [(Column(f"c{number}", "number"), 0.0) for number in range(LISTED)]
    write_index(tmp_path, "reviews", 50, 50, {}, filled=columns)
    text = (tmp_path / "index.html").read_text("utf-8")
    assert "<td>age &lt;b&gt;</td><td>integer</td><td>feature</td><td>quasi</td><td class=count>99.9%</td>" in text
    assert "<td>note</td><td>text</td><td></td><td></td><td class=count>100%</td>" in text
    assert "<td>c0</td><td>number</td><td></td><td></td><td class=count>0%</td>" in text
    assert "<p class=soft>And 2 more.</p>" in text
    assert f"<td>c{LISTED - 2}</td>" not in text


def test_an_expectation_about_a_flag_reads_as_what_it_means(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>values must belong to this set: <span class='badge'>True</span>.</p>", "utf-8")
    make_local(tmp_path)
    assert "<p>no row may be so.</p>" in page.read_text("utf-8")
