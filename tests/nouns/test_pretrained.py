"""A backbone that was trained elsewhere: its word pieces without its library, and its answers in a graph."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from workspaces import lines

from pipelines.bundle import Bundle
from pipelines.errors import ParameterError
from pipelines.features import from_json, to_json
from pipelines.models import Part, Problem, Schedule
from pipelines.models.complementary import without_erfc
from pipelines.models.options import Pretrained
from pipelines.models.pretrained import fit, pieces_of
from pipelines.record import Column, Record
from pipelines.wordpieces import WordPieces, words

HERE = importlib.util.find_spec("keras_hub") is not None
needs_hub = pytest.mark.skipif(not HERE, reason="keras-hub is not installed: pip install 'flywheel-ml[pretrained]'")
VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "quick", "bro", "##wn", "fox", "!", "a", "##b", "##ss", "s",
    "电", "池", "un", "##related", "'", "e", "é",
]  # fmt: skip
RECORD = Record("texts", (Column("text", "text", "text"), Column("mood", "category", "label")))
TEXTS = ["The quick brown fox!", "a fox", "unrelated 电池", "brown, brown!"] * 4
ASKED = Schedule(2, 4, 0.01, 9, Path("checkpoint.npz"))


class Silent:
    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Nothing."""


def pieces(**more: Any) -> WordPieces:
    settings = {"lowercase": True, **more}
    return WordPieces("text", 8, VOCABULARY, start=2, end=3, padding=0, unknown=1, **settings)


def problem() -> Problem:
    labels = np.array([0, 1, 1, 0] * 4, dtype=np.int64)
    part = Part({"text": TEXTS}, labels)
    return Problem(RECORD, ("bad", "good"), part, part, np.ones(2), 7)


def test_the_longest_known_piece_comes_first_and_a_word_with_an_unknown_part_is_unknown_as_a_whole() -> None:
    features = pieces()
    named = [[VOCABULARY[number] for number in features.read(text)] for text in ("The BROWN fox!", "abx ab", "s" * 101)]
    assert named == [["the", "bro", "##wn", "fox", "!"], ["[UNK]", "a", "##b"], ["[UNK]"]]
    assert features.read("电池") == [15, 16], "ideographs stand alone"
    assert pieces(lowercase=False).read("The") == [1]
    assert pieces(strip_accents=True).read("é") == [20]
    assert pieces().read("é") == [21]
    assert pieces().read("Straße") == pieces().read("strasse")


def test_texts_stand_between_start_and_end_are_cut_and_padded() -> None:
    found = pieces().arrays({"text": ["the quick brown fox ! ! ! !", "a", None]})["tokens"]
    assert found.tolist() == [[2, 5, 6, 7, 8, 9, 10, 3], [2, 11, 3, 0, 0, 0, 0, 0], [2, 3, 0, 0, 0, 0, 0, 0]]
    assert from_json(to_json(pieces())) == pieces()


@given(st.text(max_size=40))
def test_words_are_what_stands_between_spaces_and_nothing_is_lost(text: str) -> None:
    found = list(words(text))
    assert all(found)
    assert "".join(found) in text.replace(" ", "") or set("".join(found)) <= set(text)
    assert list(words(" ".join(found))) == found


def test_what_a_graph_may_not_have_is_put_in_words_that_it_has() -> None:
    node = helper.make_node("Erfc", ["x"], ["y"], name="tail")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy"]
    model = helper.make_model(
        helper.make_graph([node], "g", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 17)], ir_version=9
    )
    graph = without_erfc(model.SerializeToString())
    x = np.linspace(-4, 4, 9, dtype=np.float32)
    found = Bundle("any", (), pieces(), graph).run({"x": x})
    assert np.abs(found - [math.erfc(value) for value in x]).max() < 1e-6
    assert without_erfc(graph) == graph


@pytest.mark.skipif(HERE, reason="keras-hub is installed")
def test_without_its_library_the_family_says_what_to_install() -> None:
    with pytest.raises(ParameterError, match="KerasHub is not installed") as caught:
        fit(problem(), Pretrained("any"), ASKED, Silent())
    assert "flywheel-ml[pretrained]" in lines(caught.value)[2]


@pytest.fixture(scope="module")
def tokenizers() -> list[tuple[Any, WordPieces]]:
    keras_hub = pytest.importorskip("keras_hub")
    choices = [(True, False), (False, False), (True, True)]
    made = [keras_hub.models.BertTokenizer(VOCABULARY, lowercase=low, strip_accents=bare) for low, bare in choices]
    return [(tokenizer, pieces_of(tokenizer, "text", 32)) for tokenizer in made]


@needs_hub
@given(st.text(alphabet="theT quickbrown fox!,'\"ab\tsé\u0301電电池\u200b\u00a0\u2028ßİ。", max_size=40))
def test_word_pieces_are_those_of_kerashub(tokenizers: list[tuple[Any, WordPieces]], text: str) -> None:
    for tokenizer, features in tokenizers:
        assert features.read(text) == np.asarray(tokenizer(text)).tolist()


@needs_hub
@pytest.mark.parametrize("name", ["Bert", "DistilBert"])
def test_a_backbone_from_a_folder_learns_and_its_graph_answers_as_the_network_does(name: str, tmp_path: Path) -> None:
    import keras_hub

    from pipelines.models import pretrained
    from pipelines.models.neural import export, prepare

    prepare(3)
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16, "max_sequence_length": 6}
    backbone = getattr(keras_hub.models, f"{name}Backbone")(vocabulary_size=len(VOCABULARY), **sizes)
    chance = np.random.default_rng(5)
    backbone.set_weights([chance.normal(0, 0.5, weight.shape) for weight in backbone.get_weights()])
    backbone.save_to_preset(str(tmp_path / "preset"))
    getattr(keras_hub.models, f"{name}Tokenizer")(VOCABULARY, lowercase=True).save_to_preset(str(tmp_path / "preset"))
    options = Pretrained(str(tmp_path / "preset"), rank=2)
    posed = problem()
    fitted = fit(posed, options, Schedule(2, 4, 0.05, 9, tmp_path / "checkpoint.npz"), Silent())
    assert fitted.features.length == 6, "the backbone has no more places"  # type: ignore[union-attr]
    assert set(fitted.about["preset"]) == {"folder_sha256"}
    found = Bundle("pretrained", posed.labels, fitted.features, fitted.graph).probabilities({"text": TEXTS[:4]})
    assert np.ptp(found, axis=0).max() > 1e-3
    network = pretrained.build(posed, backbone, fitted.features, options)  # type: ignore[arg-type]
    learnt = {variable.path.split("/")[-1] for variable in network.trainable_variables}
    assert learnt >= {"lora_kernel_a", "lora_kernel_b"}
    assert not any("embedding" in variable.path for variable in network.trainable_variables)
    network.set_weights([chance.normal(0, 0.5, weight.shape) for weight in network.get_weights()])
    arrays = fitted.features.arrays({"text": TEXTS[:4]})
    graph = without_erfc(export(network, arrays))
    bundle = Bundle("pretrained", posed.labels, fitted.features, graph)
    for width in (6, 3):
        given_ = arrays["tokens"][:, :width]
        assert np.abs(bundle.run({"tokens": given_}) - np.asarray(network(given_))).max() < 1e-5


@needs_hub
def test_a_preset_that_is_none_is_refused_in_three_lines(tmp_path: Path) -> None:
    for preset in ("", str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(ParameterError, match="preset") as caught:
            fit(problem(), Pretrained(preset), ASKED, Silent())
        assert len(lines(caught.value)) == 3
