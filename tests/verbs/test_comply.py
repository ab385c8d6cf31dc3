"""`flywheel comply`: real evidence of a real workspace, and real damage that the controls find."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from workspaces import Workspace, image, lines

from flywheel.cli import main
from pipelines.compliance.control import Finding, check_all
from pipelines.compliance.controls import CONTROLS
from pipelines.compliance.gathering import gather
from pipelines.compliance.register import FILE, read_register
from pipelines.compliance.report import About, as_page
from pipelines.compliance.template import template
from pipelines.errors import ParameterError
from pipelines.files import digest, write_json
from pipelines.record import parse_record

PURPOSE = "learn the mood of reviews"
TODAY = datetime.now(UTC).date()
REGISTER: dict[str, Any] = {
    "owner": "Reviews team",
    "contact": "privacy@example.com",
    "purpose": PURPOSE,
    "lawful_basis": "consent",
    "retention_days": 20000,
    "location": "EU",
    "recipients": [],
    "inputs": {"source": [PURPOSE], "feedback": [PURPOSE]},
    "access": ["validate", "anonymise", "prove"],
    "storage": {},
    "consent": {"notice": "v3", "channel": "web form"},
    "sources": [{"name": "sample (synthetic)", "licence": "Apache-2.0", "inspected": 200, "illegal": 0, "date": TODAY}],
    "breach": {"contact": "security@example.com", "authority": "the authority", "drilled": TODAY},
    "limits": {"membership_auc": 1.0, "membership_tpr": 1.0},
}


def in_order(workspace: Workspace) -> Workspace:
    """`workspace` with a register, an assessment, and the ledger of one run."""
    content = {**REGISTER, "minimum": list(workspace.record.names)}
    (workspace.path / FILE).write_text(yaml.safe_dump(content), "utf-8")
    (workspace.path / "dpia.md").write_text("What is done, why it must be, what could go wrong. " * 20, "utf-8")
    assessment = {"file": "dpia.md", "date": TODAY, "fingerprint": evidence(workspace).fingerprint}
    (workspace.path / FILE).write_text(yaml.safe_dump({**content, "impact_assessment": assessment}), "utf-8")
    ledger = workspace.ledger
    ledger.start_run("run", {})
    for why in ("validate", "anonymise"):
        ledger.append("access", {"why": why, "who": "ann", "what": "data/raw", "version": "a1"})
    ledger.end_run("run", "completed", {"steps": [{"name": n, "outcome": "ran"} for n in ("validate", "anonymise")]})
    ledger.append("retention", {"rows": 0})
    return workspace


def evidence(workspace: Workspace) -> Any:
    return gather(workspace.path, workspace.environment, workspace.record, workspace.parameters.get("anonymise") or {})


def findings(workspace: Workspace) -> dict[int, Finding]:
    return {found.control.number: found for found in check_all(CONTROLS, evidence(workspace))}


def verdicts(workspace: Workspace) -> dict[int, str]:
    return {number: found.verdict for number, found in findings(workspace).items()}


@pytest.fixture
def ordered(travelled: Workspace, own_home: Path, home: Path) -> Workspace:
    """The journey with its papers in order, and a key store that a test may spoil."""
    shutil.copytree(home / ".flywheel", own_home)
    return in_order(travelled)


# What this workspace can show by itself; the others need a scan, an erasure, or a private training.
SHOWN = {1, 2, 3, 5, 6, 7, 12, 15, 19, 20, 24, 25, 26, 27}


def test_a_workspace_with_its_papers_in_order_passes_what_it_can_show(ordered: Workspace) -> None:
    found = findings(ordered)
    wrong = {n: [f for f in found[n].facts if not f.holds] for n in SHOWN if found[n].verdict != "pass"}
    assert not wrong


def test_without_a_register_what_it_must_say_fails(travelled: Workspace) -> None:
    found = verdicts(travelled)
    assert {found[number] for number in (1, 2, 4, 5, 6, 19, 24, 25, 27)} == {"fail"}


def test_looking_is_an_access_of_its_own(ordered: Workspace) -> None:
    before = len(ordered.ledger.all("access"))
    found = evidence(ordered)
    assert len(ordered.ledger.all("access")) == before + 1
    assert ordered.ledger.all("access")[0]["why"] == "prove"
    assert found.accesses[0].who


def spoil_cell(workspace: Workspace, change: Callable[[bytes], bytes]) -> None:
    (part, *_) = sorted(workspace.raw.glob("*.parquet"))
    metadata = pl.read_parquet_metadata(part)
    frame = pl.read_parquet(part)
    cells = [change(bytes(cell)) if place == 3 else bytes(cell) for place, cell in enumerate(frame["sealed"])]
    frame.with_columns(pl.Series("sealed", cells)).write_parquet(part, metadata={"columns": metadata["columns"]})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda cell: b'["in the clear"]', "malformed"),
        (lambda cell: cell[:-1] + bytes([cell[-1] ^ 1]), "unauthentic"),
        (lambda cell: cell[:3] + bytes([cell[3] ^ 1]) + cell[4:], "unauthentic"),
    ],
)
def test_one_cell_that_is_not_what_was_sealed_is_found(
    ordered: Workspace, change: Callable[[bytes], bytes], what: str
) -> None:
    assert getattr(evidence(ordered).seals, what) == 0
    spoil_cell(ordered, change)
    assert getattr(evidence(ordered).seals, what) == 1
    assert verdicts(ordered)[11] == "fail"


def test_a_person_in_a_training_text_is_found(ordered: Workspace) -> None:
    assert evidence(ordered).residue.identifiers == 0
    file = ordered.path / "data/splits/train.parquet"
    rows = pl.read_parquet(file)
    texts = [*rows["review"].to_list()[:-1], "write to jane.doe@example.com"]
    rows.with_columns(pl.Series("review", texts)).write_parquet(file)
    found = evidence(ordered)
    assert found.residue.identifiers == 1


def test_the_anonymiser_takes_planted_identifiers_out(ordered: Workspace) -> None:
    residue = evidence(ordered).residue
    assert residue.planted == 240
    assert residue.removed / residue.planted >= 0.95


def test_keys_that_others_may_read_or_that_were_copied_are_found(ordered: Workspace, own_home: Path) -> None:
    assert verdicts(ordered)[10] == "fail"  # the tests' master key comes from outside, and nobody noted its date
    ordered.ledger.append("rotation", {})
    assert verdicts(ordered)[10] == "pass"
    store = own_home / "keys" / f"{ordered.record.name}.db"
    store.chmod(0o644)
    found = evidence(ordered)  # which opens the store, and so closes it to others again
    assert found.keys.readable_by_others == (store.name,)
    assert {each.control.number: each.verdict for each in check_all(CONTROLS, found)}[10] == "fail"
    copy = ordered.path / "data" / "backup.bin"
    with closing(sqlite3.connect(store)) as keys, closing(sqlite3.connect(copy)) as backup:
        keys.backup(backup)  # the file alone may lack what still stands in SQLite's journal
    (ordered.path / "mlruns").mkdir(exist_ok=True)
    (ordered.path / "mlruns" / "notes.txt").write_text(f"key: {'5a' * 32}", "utf-8")
    assert set(evidence(ordered).keys.copies) == {"data/backup.bin", "mlruns/notes.txt"}


def test_a_remote_in_the_clear_or_of_no_known_place_is_found(ordered: Workspace) -> None:
    config = ordered.path / ".dvc" / "config"
    before = config.read_text("utf-8")
    remote = "\n['remote \"origin\"']\n    url = {}\n"
    for url, way in (("http://data.example.com/x", False), ("s3://bucket/x", True), ("/mnt/disk", True)):
        config.write_text(before + remote.format(url), "utf-8")
        (found,) = [each for each in evidence(ordered).transports if each.name == "origin"]
        assert found.private is way
        assert found.is_remote is (url != "/mnt/disk")
    config.write_text(before + remote.format("s3://bucket/x") + "    sse = aws:kms\n", "utf-8")
    found = verdicts(ordered)
    assert (found[12], found[24]) == ("pass", "fail")


def test_a_scan_counts_for_the_models_that_it_saw(ordered: Workspace) -> None:
    file = ordered.path / "data/report/leaks.json"
    parts = [digest(ordered.path / each) for each in ("data/splits", "data/model", "data/report/evaluation")]
    state = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    write_json(file, {"state": state, "at": "2026-01-01T00:00:00+00:00", "files": 9, "leaks": []})
    assert verdicts(ordered)[11] == "pass"
    write_json(file, {"state": state, "at": "2026-01-01T00:00:00+00:00", "files": 9, "leaks": [{"file": "log"}]})
    assert verdicts(ordered)[11] == "fail"
    write_json(file, {"state": "another", "at": "2026-01-01T00:00:00+00:00", "files": 9, "leaks": []})
    assert verdicts(ordered)[11] == "fail"


def test_what_a_table_claims_is_counted_again(ordered: Workspace) -> None:
    file = ordered.path / "data/report/privacy.json"
    rows = pl.read_parquet(ordered.path / "data/anonymised/rows.parquet")
    quasi = {column.name: "interval" for column in ordered.record.columns if column.privacy == "quasi"}
    smallest = rows.group_by(list(quasi)).agg(pl.col("subject").n_unique())["subject"].min()
    told = {"quasi": quasi, "reached": {"k": 10, "distinct_l": 2, "t": 0.4}, "suppressed": 0}
    write_json(file, {"tables": told})
    assert smallest < 10
    found = findings(ordered)[9]
    assert [each.what.en for each in found.facts if not each.holds] == ["k, counted again from the rows"]
    one = rows.with_columns(pl.lit("x").alias(name) for name in quasi)
    one.write_parquet(ordered.path / "data/anonymised/rows.parquet")
    assert verdicts(ordered)[9] == "pass"


def test_an_altered_ledger_is_found(ordered: Workspace) -> None:
    assert verdicts(ordered)[3] == "pass"
    with sqlite3.connect(ordered.environment.ledger.removeprefix("sqlite:///")) as file:
        file.execute("UPDATE entries SET body = body || ' ' WHERE number = 4")
    found = verdicts(ordered)
    assert (found[3], found[14]) == ("fail", "fail")


def test_a_withdrawal_before_the_run_whose_rows_are_still_read_is_found(ordered: Workspace) -> None:
    subject = ordered.opened()["subject"][0]
    ordered.ledger.append("consent", {"subject": subject, "given": False})
    assert verdicts(ordered)[2] == "pass"  # it takes effect at the next run
    ordered.ledger.start_run("next", {})
    ordered.ledger.end_run("next", "completed", {"steps": []})
    assert evidence(ordered).stored.withdrawn >= 1
    assert verdicts(ordered)[2] == "fail"


def test_old_rows_are_counted_by_the_column_that_says_when(ordered: Workspace) -> None:
    content = yaml.safe_load((ordered.path / FILE).read_text("utf-8"))
    (ordered.path / FILE).write_text(yaml.safe_dump({**content, "retention_days": 1}), "utf-8")
    found = evidence(ordered).stored
    assert 0 < found.expired <= found.rows
    assert verdicts(ordered)[7] == "fail"


def test_a_forgotten_persons_key_that_remains_is_found(ordered: Workspace) -> None:
    subject = ordered.opened()["subject"][0]
    ordered.ledger.append("erasure", {"subject": subject})
    found = verdicts(ordered)
    assert (found[21], found[23]) == ("fail", "fail")
    assert evidence(ordered).erasures[0].key_remains
    assert evidence(ordered).requests[0].closed is None
    assert ordered.vault.forget({subject})
    line = {"store": "key store", "removed": 1, "left": 0, "how": "looked up"}
    receipt = {"subject": subject, "lines": [line], "models": [1], "retrain_by": f"{TODAY}"}
    ordered.ledger.append("receipt", receipt)
    looked = evidence(ordered)
    assert not looked.erasures[0].key_remains
    assert looked.erasures[0].models == {"1": f"retrain by {TODAY}"}
    assert looked.seals.forgotten >= 1
    found = verdicts(ordered)
    assert (found[20], found[21], found[23]) == ("pass", "pass", "pass")
    ordered.ledger.append("receipt", {**receipt, "retrain_by": "2020-01-01"})  # overdue
    assert verdicts(ordered)[23] == "fail"
    ordered.ledger.append("receipt", {**receipt, "lines": [{**line, "left": 2}]})
    assert verdicts(ordered)[21] == "fail"


def test_requests_are_closed_by_the_answer_that_names_them(ordered: Workspace) -> None:
    ordered.ledger.append("request", {"id": "r1", "what": "access"})
    ordered.ledger.append("request", {"id": "r2", "what": "erasure"})
    ordered.ledger.append("answer", {"request": "r1"})
    assert [each.closed is None for each in evidence(ordered).requests] == [True, False]


def test_a_claim_of_privacy_is_computed_again(ordered: Workspace) -> None:
    pytest.importorskip("dp_accounting")
    told = {"model": "mlp", "data": "d", "delta": 1e-5, "sigma": 1.1, "rate": 0.01, "steps": 1000}
    ordered.ledger.append("privacy", {**told, "epsilon": 1.0, "sampling": "poisson"})
    spend = evidence(ordered).spends[0]
    assert 1.2 < spend.recomputed < 3
    assert verdicts(ordered)[17] == "fail"
    ordered.ledger.append("privacy", {**told, "epsilon": spend.recomputed, "sampling": "poisson"})
    assert evidence(ordered).spends[0].recomputed == pytest.approx(spend.recomputed)


def test_a_changed_record_asks_for_another_assessment(ordered: Workspace) -> None:
    assert verdicts(ordered)[19] == "pass"
    record = ordered.parameters["record"]
    record["columns"]["shoe_size"] = {"type": "integer", "required": False}
    ordered.set("record", record)
    assert verdicts(ordered)[19] == "fail"


def test_a_column_whose_name_is_sensitive_has_to_be_declared(ordered: Workspace) -> None:
    record = ordered.parameters["record"]
    record["columns"]["income"] = {"type": "integer", "required": False}
    ordered.set("record", record)
    assert evidence(ordered).stored.undeclared == ("income",)


def command(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *arguments: str, name: str = "comply") -> int:
    monkeypatch.chdir(workspace.path)
    with pytest.raises(SystemExit) as ended:
        main([name, *arguments])
    return int(ended.value.code or 0)


def test_the_command_writes_both_pages_and_json_and_fails_where_a_control_does(
    ordered: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = image(ordered.path / "data")
    assert command(ordered, monkeypatch, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    folder = ordered.path / ".flywheel/compliance"
    assert json.loads((folder / "report.json").read_text("utf-8")) == told
    assert sum(told["counts"].values()) == len(told["controls"]) == 27
    assert {each["verdict"] for each in told["controls"] if each["number"] in SHOWN} == {"pass"}
    assert image(ordered.path / "data") == data  # no stage has to run again
    english, chinese = ((folder / name).read_text("utf-8") for name in ("index.html", "index.zh-CN.html"))
    assert "controls that apply pass" in english
    assert "项适用控制通过" in chinese
    for page in (english, chinese):
        assert page.count("<details") == 27
        assert "default-src 'none'" in page
        assert "http://" not in page
        assert "https://" not in page
        assert "<script" not in page


def test_no_value_of_a_row_stands_in_the_report(ordered: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ordered.opened()
    command(ordered, monkeypatch)
    written = "".join(p.read_text("utf-8") for p in (ordered.path / ".flywheel/compliance").iterdir())
    values = {v for name in ("user_id", "name", "email", "phone", "review") for v in rows[name].drop_nulls()}
    assert len(values) > 500
    assert not [value for value in values if len(value) > 4 and value in written]


def test_the_template_is_a_register_once_its_gaps_are_filled(
    travelled: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(travelled, monkeypatch, "--template") == 0
    (travelled.path / FILE).write_text(capsys.readouterr().out, "utf-8")
    found = read_register(travelled.path)
    assert found is not None
    assert found.minimum == travelled.record.names
    assert found.retention_days is None  # until somebody has said for how long, nobody's key is destroyed
    assert command(travelled, monkeypatch, "--lang", "zh") == 1
    assert "项适用控制通过" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("owner: [", "not valid YAML at line 1"),
        ("- a", "is not a section"),
        ("ovner: me", "unknown key 'ovner'"),
        ("owner: me", "`contact` is missing"),
    ],
)
def test_a_register_that_is_none_is_told_in_three_lines(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(ParameterError, match=match) as caught:
        read_register(tmp_path)
    lines(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("lawful_basis", "because", "`lawful_basis` is not"),
        ("retention_days", "a year", "`retention_days` is not"),
        ("retention_days", True, "`retention_days` is not"),
        ("retention_days", 0, "`retention_days` is 0: every row would be too old"),
        ("recipients", [{"name": "Cloud"}], "recipients\\[0\\].location` is missing"),
        ("limits", {"kk": 3}, "unknown key 'kk' in `limits`"),
        ("breach", {"contact": "a", "authority": "b", "drilled": "yesterday"}, "breach.drilled` is not"),
    ],
)
def test_a_wrong_value_in_the_register_is_named(tmp_path: Path, key: str, value: object, match: str) -> None:
    (tmp_path / FILE).write_text(yaml.safe_dump({**REGISTER, "minimum": ["a"], key: value}), "utf-8")
    with pytest.raises(ParameterError, match=match) as caught:
        read_register(tmp_path)
    lines(caught.value)


def test_a_twin_with_canaries_is_evidence_for_the_model_that_it_is_a_twin_of(
    ordered: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evidence(ordered).proof.exposure is None
    assert command(ordered, monkeypatch, "--canaries", "60", name="prove") == 0
    assert "epsilon is at least" in capsys.readouterr().out
    found = evidence(ordered).proof
    assert found.exposure > 1
    assert found.audited >= 0
    assert ordered.ledger.last("proof")["audit"]["canaries"] == 60
    card = ordered.path / "data/model/baseline/bundle.json"
    card.write_text(card.read_text("utf-8") + " ", "utf-8")
    assert evidence(ordered).proof.exposure is None


def test_before_the_first_run_nothing_is_there_and_nothing_breaks(
    reviews: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(reviews, monkeypatch) == 1
    # All addresses are local: that is seen without data, too.
    assert "1 of 22 controls that apply pass" in capsys.readouterr().out
    reviews.set("train", {"family": "linear"})
    assert command(reviews, monkeypatch, name="prove") == 2
    assert "there is no model yet" in capsys.readouterr().err


def test_text_that_is_markup_stays_text() -> None:
    page = as_page([], About("<script>alert(1)</script>", "now", "v", "m", "f", registered=True), "en", "other.html")
    assert "<script>" not in page


def test_what_still_says_todo_has_not_been_said(ordered: Workspace) -> None:
    assert verdicts(ordered)[1] == "pass"
    told = template(ordered.path, ordered.record, {})
    assert "TODO" in told
    (ordered.path / "compliance.yaml").write_text(told, "utf-8")
    found = verdicts(ordered)
    assert {found[number] for number in (1, 3, 6, 24)} == {"fail"}


def test_a_register_just_begun_expires_nobody_and_says_what_is_missing(tmp_path: Path) -> None:
    record = parse_record({"columns": {"text": {"type": "text", "role": "text"}}})
    (tmp_path / FILE).write_text(template(tmp_path, record, {}), "utf-8")
    found = read_register(tmp_path)
    assert found is not None
    assert (found.lawful_basis, found.retention_days) == (None, None)


def test_attacks_on_a_model_that_does_not_serve_are_no_evidence(ordered: Workspace) -> None:
    assert evidence(ordered).proof is not None  # none serves yet: it is the next one's
    name, mine = ordered.record.name, {"digest": digest(ordered.path / "data/model/baseline")}
    assert ordered.ledger.crown(name, 0, 1, {"digest": "0" * 64}, {"promote": True, "version": 1})
    assert evidence(ordered).proof is None
    assert verdicts(ordered)[18] == "fail"
    assert ordered.ledger.crown(name, 1, 2, mine, {"promote": True, "version": 2})
    assert evidence(ordered).proof.model.endswith("(baseline)")
