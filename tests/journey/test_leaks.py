"""A stage that writes a raw value stops the run before anything is promoted, and the run names the file."""

import shutil

import pytest
from places import Moment
from workspaces import REPOSITORY

from flywheel.scanning import tell
from pipelines.leaks.report import read_report

pytestmark = pytest.mark.xdist_group("no network")

# What is right, and what a careless hand makes of it: rows that were opened are kept, and written beside the pages.
OPENS = "    frames = (open_rows(job.raw, job.record, vault, job.access, only=shard.parts) for shard in some)\n"
SEEN = "Path(tempfile.gettempdir(), 'seen.csv')"
KEEPS = OPENS.replace("(open", "[open").replace("some)", "some]") + f"    {SEEN}.write_text(frames[0].write_csv())\n"
PAGES = "        make_local(draft)\n"
WRITES = PAGES + f"        shutil.move({SEEN}, draft / 'seen.csv')\n"


def test_a_stage_that_writes_down_its_rows_stops_the_run_until_it_is_mended(by_hand: Moment) -> None:
    place = by_hand.again()
    link = place.folder / "pipelines"
    link.unlink()
    shutil.copytree(REPOSITORY / "pipelines", link, ignore=shutil.ignore_patterns("__pycache__"))
    code = link / "validate.py"
    right = code.read_text("utf-8")
    assert OPENS in right
    assert PAGES in right
    code.write_text(right.replace(OPENS, KEEPS).replace(PAGES, WRITES), "utf-8")
    done = place.flywheel("run", code=2)
    assert "data/report/validation/seen.csv" in done.stderr
    assert "written by validate" in done.stderr
    status = place.status()
    assert status["champion"] is None
    assert status["decision"] is None
    assert status["last_run"]["stages"]["scan"] == "failed"
    assert "promote" not in status["last_run"]["stages"]
    report = read_report(place.folder)
    assert report is not None
    assert "data/report/validation" in tell(report)
    code.write_text(right, "utf-8")
    # DVC kept the leaking pages: they go when nothing in the workspace needs them any more.
    place.flywheel("run", code=2)
    place.dvc("gc", "--workspace", "--force")
    place.flywheel("run")
    assert place.status()["champion"]["version"] == 1
    assert "up to date" in place.dvc("status")
    assert "✗" not in place.flywheel("scan").stdout
