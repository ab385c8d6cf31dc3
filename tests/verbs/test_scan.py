"""All that was written -> is anybody to be seen? Whatever shows a raw value stops the promotion, and is named."""

import base64
import contextlib
import gzip
import html
import importlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import types
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
import yaml
from workspaces import REPOSITORY, Workspace, image, lines, review

from pipelines.anonymise import anonymise
from pipelines.canaries import canaries
from pipelines.errors import LeakError
from pipelines.ingest import ingest
from pipelines.leaks.report import FILE, read_report, require_clean
from pipelines.promote import promote
from pipelines.raw import planted_rows
from pipelines.scan import KEPT, scan
from pipelines.split import split
from pipelines.validate import validate
from pipelines.versions import version_of

VALIDATE = ("data/raw", "data/validated", "data/report/validation")
ANONYMISE = ("data/raw", "data/validated", "data/anonymised", "data/report/privacy.json")
DECIDED = ("data/splits", "data/model", "data/report/evaluation")
Write = Callable[[Path, str], object]


@pytest.fixture(scope="module")
def scanned(journey: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The journey in a place of its own, scanned: from now on only what changes is read."""
    made = Workspace(tmp_path_factory.mktemp("scanned") / "workspace")
    shutil.copytree(journey.path, made.path, symlinks=True)
    made.run(scan)
    return made


@pytest.fixture(scope="module", autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What other tests leave in the temporary folder meanwhile is not searched here."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def people(scanned: Workspace) -> dict[str, str]:
    """Whom to betray: a canary's address, and addresses, a number and an id of people."""
    rows = scanned.opened()
    passing = rows.join(pl.read_parquet(scanned.path / "data/validated/rows.parquet").filter("accepted"), on="row")
    person = passing.filter(pl.col("email").is_not_null() & pl.col("phone").is_not_null()).row(0, named=True)
    canary = canaries(scanned.vault, planted_rows(scanned.raw))[0]
    return {"canary": canary.email, "marker": canary.marker} | {
        key: person[key] for key in ("email", "phone", "user_id")
    }


def plain(path: Path, value: str) -> None:
    path.write_text(f"2026-01-02 03:04:05 ERROR cannot read the row of {value}\n", "utf-8")


def loud(path: Path, value: str) -> None:
    plain(path, value.upper())


def escaped(path: Path, value: str) -> None:
    path.write_text(json.dumps({"row": value}).replace("@", "\\u0040"), "utf-8")


def marked_up(path: Path, value: str) -> None:
    hidden = html.escape(value).replace("@", "&#64;")
    path.write_text(f"<html><body><td>{hidden}</td></body></html>", "utf-8")


def quoted(path: Path, value: str) -> None:
    path.write_text(f"GET /predict?user={urllib.parse.quote(value, safe='')} 200\n", "utf-8")


def wide(path: Path, value: str) -> None:
    path.write_bytes(f"who: {value}".encode("utf-16"))


def encoded(path: Path, value: str) -> None:
    path.write_bytes(b"token " + base64.b64encode(f"row: {value}".encode()) + b"\n")


def in_digits(path: Path, value: str) -> None:
    path.write_bytes(f"blob={f'row: {value}'.encode().hex()}".encode())


def packed(path: Path, value: str) -> None:
    path.write_bytes(gzip.compress(f"row {value}".encode() * 20))


def in_table(path: Path, value: str) -> None:
    pl.DataFrame({"sentence": ["fine", f"ask {value} for more"] * 40}).write_parquet(path)


def in_list(path: Path, value: str) -> None:
    pl.DataFrame({"reasons": [["no", value]] * 40}).write_parquet(path)


def in_database(path: Path, value: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE IF NOT EXISTS messages (body TEXT)")
        file.execute("INSERT INTO messages VALUES (?)", ("x" * 5000 + f" {value}",))


def removed_from_database(path: Path, value: str) -> None:
    in_database(path, value)
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA secure_delete = OFF")
        file.execute("DELETE FROM messages")


@contextlib.contextmanager
def planting(path: Path, write: Write, value: str) -> Iterator[None]:
    """The file with the value in it, for the time of the block; as it was before, afterwards."""
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(path, value)
        yield
    finally:
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()
        if before is not None:
            path.write_bytes(before)


def refused(workspace: Workspace, file: str) -> list[str]:
    """The three lines with which a scan refuses what stands in `file`; nothing was decided, and nobody promoted."""
    with pytest.raises(LeakError, match="people can be seen") as caught:
        workspace.run(scan)
    told = lines(caught.value)
    assert file in told[0]
    with pytest.raises(LeakError):
        require_clean(workspace.path, [workspace.path / path for path in DECIDED])
    if (workspace.path / "data/model").exists():
        with pytest.raises(LeakError):
            workspace.run(promote)
    assert workspace.ledger.last("decision") is None
    assert workspace.ledger.champion(workspace.record.name) is None
    return told


# Each store that a run writes to, the step that writes it, and how it could come to hold a value.
STORES = {
    "data/raw.dvc": ("ingest", plain),
    "data/raw/seen.json": ("ingest", escaped),
    "data/validated/notes.parquet": ("validate", in_list),
    "data/report/validation/index.html": ("validate", marked_up),
    "data/anonymised/rows.parquet": ("anonymise", in_table),
    "data/report/privacy.json": ("anonymise", escaped),
    "data/splits/train.parquet": ("split", in_table),
    "data/model/baseline/bundle.json": ("train", escaped),
    "data/model/baseline/vectors.npz": ("train", packed),
    "data/report/evaluation/errors.csv": ("evaluate", loud),
    "mlruns/mlflow.db": ("train or promote", in_database),
    "mlruns/artifacts/model.pkl": ("train or promote", wide),
    ".flywheel/champions/v1-0/model.onnx": ("promote", in_digits),
    ".flywheel/queue.db": ("the flow or the service", removed_from_database),
    ".flywheel/logs/service.log": ("a server", quoted),
    ".dvc/cache/files/md5/00/11": ("an earlier run, kept by DVC", encoded),
    ".dvc/tmp/rwlock": ("the graph", plain),
    "nohup.out": ("a command", quoted),
}


@pytest.mark.parametrize("who", ["canary", "email"])
@pytest.mark.parametrize("file", STORES)
def test_a_value_in_any_store_stops_the_promotion_and_names_the_file(
    scanned: Workspace, people: dict[str, str], file: str, who: str
) -> None:
    writer, write = STORES[file]
    with planting(scanned.path / file, write, people[who]):
        told = refused(scanned, file)
        report = read_report(scanned.path)
        assert report is not None
        assert [(leak.file, leak.writer) for leak in report.leaks] == [(file, writer)]
        kind = "canary" if who == "canary" else "identifier"
        assert kind in report.leaks[0].kinds
        assert f"written by {writer}" in told[0]
    assert scanned.run(scan).leaks == []


@pytest.mark.parametrize("write", [plain, loud, escaped, marked_up, quoted, wide, encoded, in_digits, packed, in_list])
@pytest.mark.parametrize("who", ["canary", "marker", "email", "user_id"])
def test_a_value_is_found_in_every_disguise(scanned: Workspace, people: dict[str, str], write: Write, who: str) -> None:
    with planting(scanned.path / "data/report/evaluation/dump", write, people[who]):
        refused(scanned, "data/report/evaluation/dump")


@pytest.mark.parametrize(
    "spelling", ["{}", "tel:{digits}", "{digits}", "00{digits}", "call {digits} 5 times", "({spaced})"]
)
def test_a_number_is_found_however_its_digits_are_grouped(
    scanned: Workspace, people: dict[str, str], spelling: str
) -> None:
    digits = "".join(each for each in people["phone"] if each.isdigit())
    spaced = ".".join(digits[place : place + 3] for place in range(0, len(digits), 3))
    value = spelling.format(people["phone"], digits=digits, spaced=spaced)
    with planting(scanned.path / "mlruns/note", plain, value):
        refused(scanned, "mlruns/note")


def test_files_outside_the_workspace_are_searched_as_well(
    scanned: Workspace, people: dict[str, str], home: Path
) -> None:
    outside = {
        home / ".prefect/prefect.db": in_database,
        scanned.environment.home / "prefect/server.log": plain,
        Path(tempfile.gettempdir()) / f"flywheel-gx-{os.getpid()}/gx/uncommitted/rows.txt": wide,
    }
    for path, write in outside.items():
        try:
            with planting(path, write, people["email"]):
                refused(scanned, str(path))
        finally:
            shutil.rmtree(Path(tempfile.gettempdir()) / f"flywheel-gx-{os.getpid()}", ignore_errors=True)


def test_a_name_that_fills_a_cell_is_found_and_one_inside_a_sentence_is_not_looked_for(scanned: Workspace) -> None:
    name = scanned.opened()["name"].drop_nulls()[0]
    path = scanned.path / "data/splits/extra.parquet"
    with planting(path, lambda path, value: pl.DataFrame({"who": [value]}).write_parquet(path), name):
        refused(scanned, "data/splits/extra.parquet")
    with planting(path, in_table, name):
        assert scanned.run(scan).leaks == []


@pytest.mark.parametrize("stranger", ["jo.stranger@example.org", "4111 1111 1111 1111", "call 212-555-0142 now"])
def test_what_looks_like_an_identifier_of_somebody_unknown_is_found_where_people_read(
    scanned: Workspace, stranger: str
) -> None:
    with planting(scanned.path / "data/report/evaluation/errors.csv", plain, stranger):
        assert refused(scanned, "errors.csv")
    scanned.run(scan)


def test_an_allowed_value_is_nobodys(scanned: Workspace) -> None:
    with planting(scanned.path / "data/report/evaluation/errors.csv", plain, "help@example.org"):
        refused(scanned, "errors.csv")
        scanned.set("scan", {"allow": ["Help@example.org"]})
        try:
            assert scanned.run(scan).leaks == []
        finally:
            scanned.set("scan", {})


def test_figures_digests_and_moments_are_nobody(scanned: Workspace) -> None:
    text = json.dumps({"digest": "9f86d081884c7d659a2feaa0c55ad015", "at": "2026-11-22T03:39:10.123456+00:00",
                       "share": 0.12345678901234567, "epoch": 1763782751000, "run": "20261122T033917.790962Z",
                       "id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "version": "2.21.0", "rows": 1234567})  # fmt: skip
    with planting(
        scanned.path / "data/report/evaluation/more.json", lambda path, _: path.write_text(text) and None, ""
    ):
        assert scanned.run(scan).leaks == []


def test_neither_report_nor_memory_holds_anybody(scanned: Workspace, people: dict[str, str]) -> None:
    with planting(scanned.path / "data/report/evaluation/errors.csv", plain, people["email"]):
        refused(scanned, "errors.csv")
        kept = [scanned.path / FILE, *(scanned.path / KEPT).iterdir()]
        assert len(kept) == 3
        rows = scanned.opened()
        everybody = [
            *people.values(),
            *(v for c in ("user_id", "email", "phone", "name") for v in rows[c].drop_nulls()),
        ]
        content = b"\0".join(path.read_bytes() for path in kept)
        assert not [value for value in everybody if value.encode() in content]


def test_what_was_clean_is_read_again_only_where_it_changed(scanned: Workspace) -> None:
    scanned.run(scan)
    before = len(scanned.ledger.all("access"))
    quiet = scanned.run(scan)
    # The ledger, what the scan itself keeps, and key stores, which change by being opened.
    assert quiet.read <= 6 + quiet.places["the vault"] < quiet.files / 2
    assert len(scanned.ledger.all("access")) == before
    path = scanned.path / "data/report/evaluation/scores.json"
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert scanned.run(scan).read <= quiet.read + 1


def test_opening_people_to_scan_for_them_leaves_an_entry_in_the_ledger(scanned: Workspace) -> None:
    entries = [entry for entry in scanned.ledger.all("access") if entry["why"] == "scan"]
    assert entries
    assert entries[0]["version"] == version_of(scanned.raw)


def test_a_forgotten_person_makes_the_kept_hashes_stale(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann-4711-x"), review(2, user="bob-4712-x")])
    reviews.run(ingest)
    first = reviews.run(scan).identifiers
    reviews.vault.forget({reviews.vault.pseudonym("ann-4711-x")})
    assert reviews.run(scan).identifiers == first - 1


def test_without_a_scan_of_these_very_models_nothing_is_promoted(travelled: Workspace) -> None:
    (travelled.path / FILE).unlink()
    with pytest.raises(LeakError, match="not searched for people") as caught:
        travelled.run(promote)
    assert "flywheel run" in lines(caught.value)[2]
    travelled.run(scan)
    part = travelled.path / "data/splits/train.parquet"
    pl.read_parquet(part).head(50).write_parquet(part)
    with pytest.raises(LeakError, match="not searched for people"):
        travelled.run(promote)
    assert travelled.ledger.last("decision") is None


def broken(stage: str, right: str, wrong: str, noun: str = "") -> Callable[..., Any]:
    """A copy of the code of `stage` in which something right has become wrong, in itself or in a `noun` it uses."""
    source = (REPOSITORY / "pipelines" / f"{stage}.py").read_text("utf-8")
    copy = types.ModuleType(f"pipelines.{stage}")
    copy.__dict__.update(importlib.import_module(f"pipelines.{stage}").__dict__)
    if noun:
        known = (REPOSITORY / "pipelines" / f"{noun}.py").read_text("utf-8")
        assert known.count(right) == 1
        used = types.ModuleType(f"pipelines.{noun}")
        used.__dict__.update(importlib.import_module(f"pipelines.{noun}").__dict__)
        sys.modules[f"broken.{noun}"] = used
        exec(compile(known.replace(right, wrong), f"broken {noun}", "exec"), used.__dict__)  # noqa: S102
        source = source.replace(f"from pipelines.{noun} import", f"from broken.{noun} import")
    else:
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    exec(compile(source, f"broken {stage}", "exec"), copy.__dict__)  # noqa: S102
    found: Callable[..., Any] = copy.__dict__[stage]
    return found


def test_an_ingestion_that_keeps_users_in_the_clear_is_found_out(reviews: Workspace) -> None:
    reviews.bring([review(number, user=f"u-77{number}ab5c") for number in range(6)])
    reviews.run(broken("ingest", "vault.pseudonyms(people.filter(named))", "people.filter(named)", "fresh"))
    refused(reviews, "data/raw/000001.parquet")


def test_data_docs_that_show_values_are_found_out(travelled: Workspace) -> None:
    right = "_publish_pages(docs, Path(project), record, counts, report)"
    opened = "Workspace(Path.cwd()).opened().write_json()"
    opened = opened.replace("Path.cwd()", repr(travelled.path).replace("PosixPath", "Path"))
    careless = broken("validate", right, f"{right}; (docs / 'rows.json').write_text(__import__('workspaces').{opened})")
    travelled.run(careless, *VALIDATE)
    assert "data/report/validation" in refused(travelled, "written by validate")[0]


def test_an_anonymiser_that_keeps_identifiers_is_found_out(travelled: Workspace) -> None:
    before = 'return column.privacy != "identifier" and column.role not in ("subject", "key", "consent")'
    travelled.run(broken("anonymise", before, "return True", "cleaning"), *ANONYMISE)
    refused(travelled, "data/anonymised/rows.parquet")


def test_an_anonymiser_that_cleans_no_text_is_stopped_by_the_canaries(travelled: Workspace) -> None:
    was = image(travelled.path / "data/anonymised")
    right = "without_people(rows[column.name], column, spans, job.text, vault.surrogate_key) for"
    careless = broken("anonymise", right, "rows[column.name] for", "cleaning")
    with pytest.raises(LeakError, match="planted rows came through") as caught:
        travelled.run(careless, *ANONYMISE)
    lines(caught.value)
    assert image(travelled.path / "data/anonymised") == was


@pytest.mark.no_cover  # long, over lines that others count
@pytest.mark.skipif("FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no folder of data sets")
def test_tweets_of_real_people_raise_no_false_alarm(tmp_path: Path, own_home: Path) -> None:
    preset = yaml.safe_load((REPOSITORY / "presets/airline.yaml").read_text("utf-8"))
    source = Path(os.environ["FLYWHEEL_DATASETS"]) / "airline_tweets" / "Tweets.csv"
    made = workspaces.make(tmp_path / "tweets", preset | {"ingest": {"source": str(source)}})
    made.run(ingest)
    made.run(validate, *VALIDATE)
    made.run(anonymise, *ANONYMISE)
    made.run(split, "data/anonymised", "data/splits")
    found = made.run(scan)
    assert found.identifiers > 20_000
    assert found.leaks == []


@pytest.mark.parametrize(("user", "leaks"), [("wonderful", False), ("wonderful kowalska", True)])
def test_a_word_that_somebody_is_called_by_may_be_learned_and_a_whole_name_may_not(
    reviews: Workspace, user: str, leaks: bool
) -> None:
    reviews.bring([review(1, user=user)])
    reviews.run(ingest)
    bundle = reviews.path / "data" / "model" / "baseline" / "bundle.json"
    bundle.parent.mkdir(parents=True)
    bundle.write_text(json.dumps({"features": {"terms": ["fine", user]}}), "utf-8")
    if not leaks:
        reviews.run(scan)
        return
    with pytest.raises(LeakError, match=r"bundle\.json \(1 name"):
        reviews.run(scan)
