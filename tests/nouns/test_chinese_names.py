"""Names in Chinese text. Every name here is invented; where one is somebody's, it is by chance."""

import subprocess
import sys
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.chinese import tags
from pipelines.privacy.chinese.characters import fold
from pipelines.privacy.chinese.decoding import names
from pipelines.privacy.chinese.features import BITS
from pipelines.privacy.chinese.lexicon import build, grams, look_up, placed
from pipelines.privacy.chinese.model import FILE, load
from pipelines.privacy.chinese_names import find_chinese_names, find_in_all


def people(text: str, *, partial: bool = True) -> list[str]:
    return [text[span.start : span.end] for span in find_chinese_names(text, partial=partial) if span.type == "PERSON"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("本报记者陈晓彤、通讯员林志坚报道", ["陈晓彤", "林志坚"]),
        ("我叫王慧敏，今年三十岁。", ["王慧敏"]),
        ("联系人：赵国梁，电话见下。", ["赵国梁"]),
        ("导演刘梦洁表示，新片将于明年上映。", ["刘梦洁"]),
        ("公司总裁周海涛在会上说", ["周海涛"]),
        ("主教练卡尔德隆认为球队配得上胜利。", ["卡尔德隆"]),
        ("演员克里斯·莫兰德出席了首映礼。", ["克里斯·莫兰德"]),
        ("被告人孙建军伙同他人实施诈骗", ["孙建军"]),
        ("記者陳曉彤報導", ["陳曉彤"]),
    ],
)
def test_a_person_is_found_by_name_and_neighbours(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "房间很干净，服务员态度也好，早餐种类不多。",
        "送餐很快，味道不错，就是米饭有点硬。",
        "高峰期送得慢可以理解，黄焖鸡很好吃。",
        "马上就要过年了，任何时候都有热水。",
        "汤太咸了，皮太厚，馅太少。",
        "谢谢老板，谢谢阿姨！",
        "checkin很慢，房间very大",
    ],
)
def test_a_review_without_people_stays_whole(text):
    assert people(text) == []


def test_a_surname_with_a_title_counts_only_where_it_is_wanted():
    text = "张先生说他不来了，记者陈晓彤记下了。"
    assert people(text)[-1] == people(text, partial=False)[-1] == "陈晓彤"
    assert len(people(text)) > len(people(text, partial=False)) == 1


def test_a_surname_before_a_title_is_taken_alone():
    assert people("王经理也帮忙了，李阿姨做的菜好吃。何总，方便的话回个电话") == ["王", "李", "何"]
    assert people("王经理也帮忙了", partial=False) == []


def test_offsets_count_characters_that_nobody_sees():
    text = "本报记者\u200b陈\u200b晓彤、通讯员林志坚报道"
    assert people(text) == ["陈\u200b晓彤", "林志坚"]


def test_many_texts_are_read_as_one_by_one():
    texts = [
        "本报记者陈晓彤报道",
        "no Chinese",
        "",
        "我叫王慧敏，今年三十岁。",
        "\ud800",
        "导演刘梦洁表示，新片很好。",
    ] * 3
    assert find_in_all(texts) == [find_chinese_names(text) for text in texts]


def test_a_name_is_found_wherever_a_long_text_is_cut():
    text = "今天天气很好。" * 3000 + "本报记者陈晓彤报道。" + "今天天气很好" * 4000 + "。本报记者陈晓彤报道"
    assert people(text) == ["陈晓彤"] * 2


def test_text_without_chinese_never_loads_the_model():
    code = (
        "import sys; from pipelines.privacy.chinese_names import find_chinese_names as find;"
        "assert find('Jane Doe met José, 12 times.') == []; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("王小明陈说记者·,。《》(Tom)7 \u200b\ud800𠀀阿克斯先生\n"), max_size=80))
def test_any_text_has_names_in_order_inside_and_apart(text):
    spans = find_chinese_names(text)
    ends = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    assert ends == sorted(ends)
    assert all(span.start < span.end and 0 <= span.score <= 1 for span in spans)


@pytest.mark.parametrize("unit", ["王", "记者陈晓彤", "克斯尔", "《", "\ud800王", "a王"])
def test_a_long_text_of_one_thing_is_read_to_its_end(unit):
    text = unit * (100_000 // len(unit))
    spans = find_chinese_names(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_the_model_is_small_and_fits_the_features():
    assert FILE.stat().st_size < 2_000_000
    assert load().weights.shape == (1 << BITS, tags.TAGS)


def test_every_word_of_a_lexicon_is_found_with_its_class_and_hardly_anything_else():
    words = {chr(0x4E00 + number) + chr(0x5E00 + number % 97): number % 61 + 1 for number in range(3000)}
    table = build(words)
    codes = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
    found = look_up(grams(codes, 2)[1], table)
    assert found[::2].tolist() == list(words.values())
    assert (found[1::2] > 0).mean() < 0.01


def test_words_that_share_both_slots_are_refused():
    with pytest.raises(OverflowError, match="3 words do not fit"):
        placed(np.zeros(3, np.uint32))


def test_folding_keeps_the_length_and_makes_alike_what_reads_alike():
    folding = load().folding
    assert fold("陳Ａ７。\ud800𠀀", folding).tolist()[:4] == [ord("陈"), ord("A"), ord("0"), ord(".")]
    assert len(fold("陳\ud800𠀀", folding)) == 3


def test_tags_give_back_the_names_they_were_made_of():
    found = [(0, 3, tags.PERSON), (3, 4, tags.PERSON), (5, 7, tags.PLACE), (7, 10, tags.ORGANISATION)]
    assert list(tags.spans(tags.tagged(11, found))) == found
    assert tags.tagged(4, [(0, 3, tags.PERSON)]) == [tags.PERSON, tags.PERSON_IN, tags.PERSON_END, tags.OUTSIDE]


@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_the_best_of_all_rows_of_tags(seed):
    chance = np.random.default_rng(seed)
    scores = chance.normal(0, 1.5, (5, tags.TAGS)).astype(np.float32)
    scores[:, 1:] += 1  # one island
    moves = chance.normal(0, 1, (tags.TAGS, tags.TAGS)).astype(np.float32)

    def worth(row):
        if not (tags.BEGINS[row[0]] and tags.ENDS[row[-1]]):
            return -np.inf
        steps = sum(moves[a, b] if tags.FOLLOWS[a, b] else -np.inf for a, b in pairwise(row))
        return steps + sum(scores[place, tag] for place, tag in enumerate(row))

    best = max(product(range(tags.TAGS), repeat=5), key=worth)
    assert [found[:3] for found in names(scores, moves)] == list(tags.spans(best))
