"""What a training used: measured where the machine tells, estimated where it does not, and said which."""

from pathlib import Path

import pytest

from pipelines.metering import Rates, metering


def counter(folder: Path, name: str, count: int) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "energy_uj").write_text(f"{count}\n", "ascii")
    (folder / name / "max_energy_range_uj").write_text("1000000000\n", "ascii")


def work() -> float:
    return sum(number**0.5 for number in range(300_000))


def test_where_nothing_is_counted_energy_is_estimated_from_cpu_seconds(tmp_path: Path) -> None:
    with metering(Rates(watts=36.0, price=3600.0), tmp_path) as used:
        work()
    assert used["cpu_seconds"] > 0
    assert used["energy_wh"] == pytest.approx(used["cpu_seconds"] / 100, abs=6e-5)
    assert used["energy_by"].startswith("estimate")
    assert used["cost"] == pytest.approx(used["seconds"], abs=0.006)
    assert used["peak_memory_mb"] > 10


def test_processors_that_count_their_energy_are_believed_even_where_a_counter_begins_anew(tmp_path: Path) -> None:
    counter(tmp_path, "intel-rapl:0", 999_000_000)
    counter(tmp_path, "intel-rapl:1", 0)
    counter(tmp_path, "intel-rapl:0:0", 0)
    with metering(Rates(), tmp_path) as used:
        counter(tmp_path, "intel-rapl:0", 3_000_000)
        counter(tmp_path, "intel-rapl:1", 32_000_000)
        counter(tmp_path, "intel-rapl:0:0", 900_000_000)
    assert used["energy_by"].startswith("rapl")
    assert used["energy_wh"] == pytest.approx(36 / 3600)
    assert "cost" not in used


def test_an_accelerator_is_asked_for_its_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 3600000.0\necho 3600000.0\n", "ascii")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with metering(Rates(watts=0.0), tmp_path) as used:
        work()
    assert used["energy_by"] == "estimate + nvidia-smi"
    assert used["energy_wh"] == pytest.approx(2000 * used["seconds"], rel=0.5)
