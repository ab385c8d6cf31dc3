"""Data docs that load nothing from anywhere."""

import re
from pathlib import Path

from pipelines.pages import make_local, write_index

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
