"""The tagger's training: made-up texts, corpora as lessons, and a graph that says what the network says."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from flywheel.train_tagger.corpora import columns, cut, renamed, tab
from flywheel.train_tagger.lessons import allowed, lesson
from flywheel.train_tagger.sentences import Example, made_up
from flywheel.train_tagger.writing import graph, table
from pipelines.privacy.tagger import TYPES, Tagger
from pipelines.privacy.words import ROWS, pieces

ALL = frozenset(TYPES)


def test_made_up_texts_depend_on_the_seed_alone() -> None:
    first, again, other = (list(made_up(40, ALL, seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_every_span_of_a_made_up_text_is_text() -> None:
    for example in made_up(400, ALL, 1):
        assert all(example.text[start:end].strip() for start, end, _ in example.spans)
        assert all(a[1] <= b[0] for a, b in pairwise(example.spans))
        assert "{" not in example.text.replace('{"name', "")
        assert {kind for _, _, kind in example.spans} <= ALL | {"?"}


def test_a_word_that_nobody_was_asked_about_may_be_anything_they_did_not_look_for() -> None:
    example = Example("Anna met 3 men", ((0, 4, "PERSON"),), frozenset({"PERSON"}))
    anna, met, *_ = allowed(example, pieces(example.text))
    assert anna == {"B-PERSON"}
    assert {"O", "B-DATE", "I-MISC"} <= met
    assert not {"B-PERSON", "I-PERSON"} & met


def test_columns_become_sentences_again(tmp_path: Path) -> None:
    path = tmp_path / "some.conll"
    path.write_text("Ann\tB-PER\nLee\tI-PER\n's\tO\ncat\tO\n,\tO\nin\tO\nRome\tB-LOC\n\nHi\tO\n\n", "utf-8")
    (example,) = columns(path)
    assert example.text == "Ann Lee's cat, in Rome\nHi\n"
    assert [(example.text[a:b], kind) for a, b, kind in example.spans] == [("Ann Lee", "PERSON"), ("Rome", "LOCATION")]


def test_only_the_parts_asked_for_are_read_and_the_same_person_gets_the_same_new_name(tmp_path: Path) -> None:
    text = "Mr Ferdi Grool met Grool in 1999."
    mentions = [
        {"start_offset": 0, "end_offset": 14, "entity_type": "PERSON"},
        {"start_offset": 19, "end_offset": 24, "entity_type": "PERSON"},
        {"start_offset": 28, "end_offset": 32, "entity_type": "DATETIME"},
    ]
    document = {"text": text, "annotations": {"a": {"entity_mentions": mentions}}}
    path = tmp_path / "tab.json"
    path.write_text(json.dumps([{**document, "dataset_type": part} for part in ("train", "test")]), "utf-8")
    (example,) = tab(path, frozenset({"train"}))
    new = renamed(example, 1)
    first, second, year = (new.text[start:end] for start, end, _ in new.spans)
    assert first.startswith("Mr ")
    assert first.split()[-1] == second != "Grool"
    assert year.startswith("19")
    assert [part.text for part in cut(example, 1000)] == [text]


@pytest.mark.no_cover  # long, over lines that others count
@pytest.mark.filterwarnings("ignore")
def test_equal_lessons_give_equal_bytes_and_the_graph_says_what_the_network_says() -> None:
    import keras

    from pipelines.models.tagger import Course, build, train

    taught = lesson(made_up(60, ALL, 1))
    course = Course(epochs=1, length=64, rows=4)
    first, again = (train(taught, ROWS, course, lambda *_: None) for _ in range(2))
    assert graph(first) == graph(again)
    network = build(ROWS, taught.features.shape[1], taught.allowed.shape[1])
    for weight in network.trainable_variables:
        weight.assign(first[weight.path])
    stream = taught.words[:200]
    logits = np.asarray(network(taught.features[stream][None], training=False))[0]
    wanted = np.asarray(keras.ops.softmax(logits))
    known = taught.features[stream]
    vectors = (first["table/embeddings"][known] * (known > 0)[:, :, None]).sum(axis=1)
    tagger = Tagger(graph(first), *table(first), np.full(len(TYPES), 0.5, np.float32))
    there = (stream > 0).astype(np.float32)[:, None]
    (found,) = tagger.session().run(None, {"words": vectors.astype(np.float32), "there": there})
    assert np.abs(found - wanted)[stream > 0].max() < 1e-5
