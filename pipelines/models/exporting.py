"""A trained network as an ONNX graph: by TensorFlow's exporter, whichever backend taught it.

The exporters of the other backends fix what has to stay open, or want packages of their own. So another process, in
which Keras stands on TensorFlow, gets the network as JSON and its weights as arrays.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import TrainingError
from pipelines.models import devices
from pipelines.models.batches import Arrays

if TYPE_CHECKING:
    import keras

NETWORK, WEIGHTS, EXAMPLE, GRAPH = "network.json", "weights.npz", "example.npz", "model.onnx"


def export(network: "keras.Model", example: Arrays) -> bytes:
    """`network` as an ONNX graph with a dynamic batch."""
    import keras

    with tempfile.TemporaryDirectory(prefix="flywheel-export-") as folder:
        if keras.backend.backend() == "tensorflow":
            with devices.alone():
                _export(_copy(network) if devices.count() > 1 else network, example, Path(folder))
        else:
            _export_elsewhere(network, example, Path(folder))
        return (Path(folder) / GRAPH).read_bytes()


def _copy(network: "keras.Model") -> "keras.Model":
    """The same network on one device."""
    import keras

    copy = keras.models.model_from_json(network.to_json())
    copy.set_weights(network.get_weights())
    return copy


def _export(network: "keras.Model", example: Arrays, folder: Path) -> None:
    network(devices.feed(example), training=False)  # the exporter wants a network that was called
    with warnings.catch_warnings():
        # The exporter still probes numpy for a name that went away.
        warnings.filterwarnings("ignore", message="In the future `np.object`", category=FutureWarning)
        network.export(str(folder / GRAPH), format="onnx", verbose=False)


def _export_elsewhere(network: "keras.Model", example: Arrays, folder: Path) -> None:
    (folder / NETWORK).write_text(network.to_json(), "utf-8")
    np.savez(folder / WEIGHTS, *network.get_weights())
    given: dict[str, Any] = dict(example)
    np.savez(folder / EXAMPLE, **given)
    code = str(Path(__file__).parent.parent.parent)
    path = os.pathsep.join([code, *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": path}
    command = [sys.executable, "-m", "pipelines.models.exporting", str(folder)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise TrainingError(
            f"train: the network was taught, but TensorFlow did not export it: {last}",
            "Expected TensorFlow beside the backend of Keras that teaches: its exporter alone leaves shapes open.",
            "install tensorflow-cpu here as well, or train without KERAS_BACKEND.",
        )


def main(folder: Path) -> None:
    """Export the network that stands in `folder`."""
    import keras

    network = keras.models.model_from_json((folder / NETWORK).read_text("utf-8"))
    with np.load(folder / WEIGHTS, allow_pickle=False) as weights, np.load(folder / EXAMPLE) as example:
        network.set_weights([weights[name] for name in weights.files])
        _export(network, {name: example[name] for name in example.files}, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
