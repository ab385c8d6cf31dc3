"""Curves for TensorBoard: TensorFlow reads back what was written without it."""

from pathlib import Path

import pytest

from pipelines.events import NAME, Events, masked


def test_tensorflow_reads_the_curves_as_they_were_written(tmp_path: Path) -> None:
    events = Events(tmp_path / "run")
    events.write({"loss": 0.5, "valid_loss": 0.25}, 1)
    events.write({"loss": 0.125}, 300)
    from tensorflow.python.summary.summary_iterator import summary_iterator

    found = list(summary_iterator(str(tmp_path / "run" / NAME)))
    assert found[0].file_version == "brain.Event:2"
    curves = [(event.step, value.tag, value.simple_value) for event in found for value in event.summary.value]
    assert curves == [(1, "loss", 0.5), (1, "valid_loss", 0.25), (300, "loss", 0.125)]
    assert all(event.wall_time > 1.7e9 for event in found)


def test_the_sum_is_that_of_the_standard() -> None:
    """RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8a9136aa."""
    found = (masked(bytes(32)) - 0xA282EAD8) & 0xFFFFFFFF
    assert (found << 15 | found >> 17) & 0xFFFFFFFF == pytest.approx(0x8A9136AA, abs=0)
