"""Names and identifiers in Chinese text: CLUENER dev, floors, speed, false alarms, and the sentence of identifiers.

    FLYWHEEL_DATASETS=DIR python benchmarks/privacy_chinese.py [--learned-on-cluener]

A name counts only with both of its ends right. CLUENER dev was neither learned from nor looked at. On CLUENER's
training sentences errors were looked at, and the model's caution and size were chosen. `--learned-on-cluener` adds what
the same method reaches when it learns from those sentences: a comparison, never shipped.
"""

import csv
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from reporting import Figure, report

from pipelines.privacy.chinese_names import find_chinese_names, find_in_all
from pipelines.privacy.text import clean

Row = tuple[str, set[tuple[int, int]]]
PUBLISHED = "BiLSTM-CRF .740, RoBERTa-wwm-large .891, human .745 (hidden test set)"
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦傅方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
# Invented, with check digits made to fit; the card number is not in the anchor's sentence.
SENTENCE = (
    "身份证号是{ID:11010519491231002X}，手机{PHONE:13812345678}，银行卡{CARD:6222021234567890128}，车牌{ID:京A12345}，"
    "护照{ID:E12345678}，统一社会信用代码{ID:91350100M000100Y43}，微信{ID:wxid_abc123}"
)


def figures(*, learned_on_cluener: bool = False) -> list[Figure]:
    """Return all figures; those of a data set that is absent are left out, and a line says so."""
    found = [_sentence()]
    folder = Path(os.environ.get("FLYWHEEL_DATASETS", "."))
    dev = folder / "zh_ner/cluener_dev.json"
    if dev.exists():
        found += [*_cluener(_rows(dev)), _speed(_rows(dev))]
        if learned_on_cluener:
            found += _same_method(_rows(folder / "zh_ner/cluener_train.json"), _rows(dev))
    else:
        print("FLYWHEEL_DATASETS has no zh_ner: names are not measured.")
    for name in ("waimai_10k/waimai_10k.csv", "chnsenticorp_htl/ChnSentiCorp_htl_all.csv"):
        if (folder / name).exists():
            found.append(_false_alarms(folder / name))
        else:
            print(f"FLYWHEEL_DATASETS has no {name}: false alarms are not counted on it.")
    return found


def _rows(file: Path) -> list[Row]:
    """Read CLUENER: text, and begin and end (exclusive) of its names."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [
        (row["text"], {(begin, end + 1) for places in row["label"].get("name", {}).values() for begin, end in places})
        for row in rows
    ]


def _cluener(rows: list[Row]) -> list[Figure]:
    texts = [text for text, _ in rows]

    def ours(partial: bool) -> list[set[tuple[int, int]]]:
        return [
            {(span.start, span.end) for span in spans if span.type == "PERSON"}
            for spans in find_in_all(texts, partial=partial)
        ]

    listed = re.compile(f"[{SURNAMES}][\u4e00-\u9fff]{{1,2}}")
    full, everything = _scores(rows, ours(False)), _scores(rows, ours(True))
    by_list = _scores(rows, [{match.span() for match in listed.finditer(text)} for text in texts])
    nothing = _scores(rows, [set() for _ in rows])
    how = "CLUENER dev, 1,343 sentences, strict spans, type name"
    return [
        Figure("CLUENER dev: person-name F1", full[2], "", "higher", PUBLISHED, 0.74, how + "; full names"),
        Figure("CLUENER dev: name precision", full[0], "", "higher", "", None, how),
        Figure("CLUENER dev: name recall", full[1], "", "higher", "an empty system: 0", None, how),
        Figure(
            "the same with 张先生, 小李: F1", everything[2], "", "higher", PUBLISHED, None, how + "; partial names too"
        ),
        Figure("floor, a list of 100 surnames: F1", by_list[2], "", "higher", "", None, how),
        Figure("floor, an empty system: F1", nothing[2], "", "higher", "", None, how),
    ]


def _scores(rows: list[Row], found: Iterable[set[tuple[int, int]]]) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    pairs = [(names, spans) for (_, names), spans in zip(rows, found, strict=True)]
    right = sum(len(names & spans) for names, spans in pairs)
    wanted, given = sum(len(names) for names, _ in pairs), sum(len(spans) for _, spans in pairs)
    return right / max(given, 1), right / max(wanted, 1), 2 * right / max(wanted + given, 1)


def _speed(rows: list[Row]) -> Figure:
    text = "".join(text for text, _ in rows) * 4
    find_chinese_names(text[:1000])
    value = statistics.median(len(text) / _seconds(lambda: find_chinese_names(text)) for _ in range(7))
    how = f"CLUENER dev four times as one text of {len(text):,} characters, one core, median of 7"
    return Figure(
        "Chinese names, chars per CPU-s", value, "chars/s", "higher", "Presidio with NER 12-17 k", 150_000, how
    )


def _seconds(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def _false_alarms(file: Path) -> Figure:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        texts = [row["review"] for row in csv.DictReader(lines)]
    count = sum(span.type == "PERSON" for spans in find_in_all(texts) for span in spans)
    length = sum(map(len, texts))
    how = f"{len(texts):,} reviews, {length:,} characters; people who are really named are counted too"
    return Figure(
        f"{file.parent.name}: PERSON spans per 10,000 chars", count / length * 10_000, "", "lower", "", None, how
    )


def _sentence() -> Figure:
    wanted, text, done = [], "", 0
    for match in re.finditer(r"\{(\w+):(\w+)\}", SENTENCE):
        text += SENTENCE[done : match.start()]
        wanted.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        done = match.end()
    found = {(span.start, span.end, span.type) for span in clean(text)[1]}
    value = float(sum(span in found for span in wanted))
    how = "the sentence of the anchors page, by pipelines.privacy.text.clean: both ends and the type right"
    return Figure("China's identifiers in one sentence", value, "of 7", "higher", "Presidio 0 of 7", 7, how)


def _same_method(train: list[Row], dev: list[Row]) -> list[Figure]:
    """Learn from CLUENER's training sentences with the shipped tables, and measure on its dev sentences."""
    import dataclasses

    import numpy as np

    from flywheel.chinese_names.__main__ import examples
    from flywheel.chinese_names.crf import learn
    from flywheel.chinese_names.packing import Tables
    from pipelines.privacy.chinese.model import load
    from pipelines.privacy.chinese.tags import PERSON

    model = load()
    tables = Tables(model.folding, model.words, model.contexts, model.roles)
    texts = [(text, [(begin, end, PERSON) for begin, end in sorted(names)]) for text, names in train]
    learned = learn(examples(texts, tables), epochs=5, rate=0.1, dropout=0.2, seed=0, tell=print)
    scale = 127 / float(np.abs(learned.weights).max())
    weights = np.round(learned.weights * scale).astype(np.int8)
    supervised = dataclasses.replace(model, weights=weights, scale=scale, transitions=learned.transitions, caution=0.0)
    found = [{span[:2] for span in supervised.find(text) if span[2] == PERSON} for text, _ in dev]
    how = "learned from CLUENER's own training sentences: not shipped, and no figure of this project"
    return [
        Figure(
            "the same method, learned on CLUENER train: F1", _scores(dev, found)[2], "", "higher", PUBLISHED, None, how
        )
    ]


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    report("privacy_chinese", figures(learned_on_cluener="--learned-on-cluener" in sys.argv))
