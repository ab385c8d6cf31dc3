"""Making the model of Chinese names: dictionaries, labelled text, generated sentences, and the learning itself."""

import dataclasses
import random
import sys

import numpy as np
import pytest

from flywheel.chinese_names import __main__ as command
from flywheel.chinese_names.corpora import aishell, joined, universal
from flywheel.chinese_names.crf import Example, _gradient, learn
from flywheel.chinese_names.dictionaries import FOREIGN, classes, contexts, folding, read, roles
from flywheel.chinese_names.generated import Generator
from pipelines.privacy.chinese import model as shipped
from pipelines.privacy.chinese.tags import FOLLOWS, ORGANISATION, PERSON, PERSON_END, PLACE, TAGS

FILES = {
    "tc/t2s.txt": "陳=陈\n曉=晓\n",
    "CoreNatureDictionary.txt": "记者\tnnt\t500\n说\tv\t900\n苹果\tn\t20\n北京\tns\t300\n高峰\tn\t50\tnr\t20\n",
    "custom/人名词典.txt": "陈晓彤 nr 4\n林坚 nr 2\n",
    "custom/现代汉语补充词库.txt": "海边\tn\t9\n山边\tn\t2\n拉多\tnrf\t1\n",
    "custom/机构名词典.txt": "甲乙公司 nt 3\n",
    "person/nr.txt": "陈 B 90\n林 B 80\n晓 C 50\n彤 D 40\n坚 E 30\n记者 K 400\n说 L 300\n、 M 9\n",
    "person/nrf.txt": "拉多尔\n卡尔德\n德拉卡\n",
}
SPEECH = "记 O\n者 O\n陈 B-PER\n晓 I-PER\n彤 I-PER\n说 O\n\n北 B-LOC\n京 I-LOC\n好 O\n"
TREE = "# text\n1\t陳曉\tB-PER\t-\t-\n2\t彤\tI-PER\t-\t-\n3\t在\tO\t-\t-\n4\t甲乙公司\tB-ORG\t-\t-\n\n"


@pytest.fixture
def sources(tmp_path):
    for name, text in FILES.items():
        (tmp_path / "hanlp" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "hanlp" / name).write_text(text, "utf-8")
    for name in ("dev", "test"):
        (tmp_path / "speech/data").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"speech/data/{name}.bio.txt").write_text(SPEECH, "utf-8")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/zh.iob2").write_text(TREE, "utf-8")
    return tmp_path


def test_a_word_has_the_class_of_its_tags_and_of_how_often_it_is_met(sources):
    found = classes(read(sources / "hanlp"))
    assert found["陈晓彤"] == 1
    assert found["拉多尔"] == (FOREIGN - 1) * 3 + 1
    assert found["高峰"] == 60
    assert "海边" in found
    assert "山边" not in found


def test_words_near_names_are_told_from_others(sources):
    found = contexts(read(sources / "hanlp"))
    assert found["记者"] // 8 > 4 > found["记者"] % 8
    assert found["说"] % 8 > 4
    assert "苹果" not in found


def test_roles_and_folding_follow_the_dictionaries(sources):
    dictionaries = read(sources / "hanlp")
    table = roles(dictionaries)
    assert table[ord("陈"), 0] > 0 >= table[ord("陈"), 4]
    assert table[ord("卡"), 4] > 0
    assert folding(dictionaries)[ord("陳")] == ord("陈")


def test_labelled_text_is_read_with_the_ends_of_its_names(sources):
    speech = aishell(sources / "speech")
    assert speech[:2] == [("记者陈晓彤说", [(2, 5, PERSON)]), ("北京好", [(0, 2, PLACE)])]
    tree = universal([sources / "tree"], read(sources / "hanlp").simplified)
    assert tree == [("陈晓彤在甲乙公司", [(0, 3, PERSON), (4, 8, ORGANISATION)])]


def test_joining_and_renaming_keep_names_where_they_are(sources):
    speech = aishell(sources / "speech") * 9
    texts = joined(speech, random.Random(1))
    assert [text[begin:end] for text, names in texts for begin, end, _ in names] == ["陈晓彤", "北京"] * 18
    renamed = Generator(read(sources / "hanlp"), 3).renamed(speech, share=1)
    assert len(renamed) == 18
    assert {text[2:end] + text[end:] for text, [(_, end, _)] in renamed} != {"陈晓彤说"}
    assert all(text.startswith("记者") and text[names[0][1] :] == "说" for text, names in renamed)


def test_generated_text_is_the_same_for_the_same_seed_and_names_everybody_in_a_slot(sources):
    dictionaries = read(sources / "hanlp")
    texts = Generator(dictionaries, 5).texts(300, without=0.3)
    assert texts == Generator(dictionaries, 5).texts(300, without=0.3)
    assert not any("{" in text for text, _ in texts)
    assert {kind for _, names in texts for *_, kind in names} == {PERSON, PLACE, ORGANISATION}


def test_the_slopes_are_those_of_the_likelihood():
    chance = np.random.default_rng(0)
    rows = [[0, PERSON, PERSON_END], [PLACE, 0], [PERSON]]
    batch = [Example(np.zeros((len(row), 1), np.int32), np.array(row, np.int8)) for row in rows]
    scores = chance.normal(size=(6, TAGS)).astype(np.float32)
    moves = np.where(FOLLOWS, chance.normal(size=(TAGS, TAGS)), -30).astype(np.float32)
    found = _gradient(batch, scores, moves)
    for place, tag in ((1, PERSON), (2, PERSON_END), (3, 0)):
        moved = scores.copy()
        moved[place, tag] += 0.01
        slope = (_gradient(batch, moved, moves).loss - found.loss) / 0.01 / len(batch)
        assert slope == pytest.approx(found.scores[place, tag], abs=2e-2)


def test_learning_finds_the_feature_that_decides():
    rows = [np.array([[1], [2], [3], [1]], np.int32)] * 40
    tags = np.array([0, PERSON, PERSON_END, 0], np.int8)
    told = []
    learned = learn(
        [Example(row, tags) for row in rows],
        epochs=8,
        rate=0.5,
        dropout=0,
        seed=0,
        tell=lambda *step: told.append(step[1]),
    )
    assert learned.weights[2].argmax() == PERSON
    assert learned.weights[3].argmax() == PERSON_END
    assert told[-1] < told[0] / 5


def test_the_command_makes_a_model_that_reads(sources, monkeypatch, capsys):
    out = sources / "names.npz"
    options = f"--hanlp {sources}/hanlp --aishell {sources}/speech --universal {sources}/tree --out {out}".split()
    monkeypatch.setattr(sys, "argv", ["chinese_names", *options, "--generated", "60", "--epochs", "4"])
    command.main()
    assert "epoch 4" in capsys.readouterr().out
    made = shipped.read(out)
    assert dataclasses.fields(made)
    assert [found[:3] for found in made.find("记者陈晓彤说")] == [(2, 5, PERSON)]
