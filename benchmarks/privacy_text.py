"""People in English text: how many are found, at what precision, how fast; peers beside it.

    FLYWHEEL_DATASETS=DIR [FLYWHEEL_TEXT_PEERS=VENV] python benchmarks/privacy_text.py

DIR holds `tab` (the Text Anonymization Benchmark) and `presidio` (presidio-research's synthetic set v2). VENV is a
virtual environment with scrubadub and presidio-analyzer: they are timed on the same core, in processes of their own.
The tagger learned from none of the documents measured here.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from masking import Offsets, Tally, protected, tokens_found
from reporting import Figure, report

from pipelines.privacy.entities import EVERYTHING, IDENTIFYING, find_people_in
from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.tagger import PUBLISHING, USUAL

ROUNDS = 5
TYPE_BARS = {"CODE": (0.90, ".08"), "ORG": (0.60, ".12"), "QUANTITY": (0.60, ".00"), "DEM": (0.60, ".47")}
# Titles ("Mr") are the one type that presidio-research's own runs leave out.
IGNORED = frozenset(["TITLE"])
# Runs inside a peer's environment: texts as JSON on stdin, seconds of the best of three rounds on stdout.
PEERS = {
    "scrubadub": """
import json, sys, time, scrubadub
texts, scrubber = json.load(sys.stdin), scrubadub.Scrubber()
run = lambda: [list(scrubber.iter_filth(text)) for text in texts]
""",
    "presidio (patterns)": """
import json, sys, time
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
import spacy
class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}
texts, engine = json.load(sys.stdin), AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
run = lambda: [engine.analyze(text=text, language="en") for text in texts]
""",
}
_TIMED = """
import os
os.sched_setaffinity(0, {int(sys.argv[1])})
run()
times = []
for _ in range(3):
    started = time.process_time(); run(); times.append(time.process_time() - started)
print(sorted(times)[1])
"""


def figures() -> list[Figure]:
    """The figures for which the data are there."""
    folder = Path(os.environ.get("FLYWHEEL_DATASETS") or "/nowhere")
    found: list[Figure] = []
    for name, measure in (("tab", _tab), ("presidio", _synthetic)):
        if (folder / name).is_dir():
            found += measure(folder / name)
        else:
            print(f"privacy_text: the rows of {name} are left out, FLYWHEEL_DATASETS holds no such folder.")
    return found


def _tab(folder: Path) -> list[Figure]:
    documents = _documents(folder)
    texts = [document["text"] for document in documents]
    ours = [_offsets(spans) for spans in find_people_in(texts, EVERYTHING, PUBLISHING)]
    peer = json.loads((folder / "pred_test127_presidio_spacylg.json").read_text("utf-8"))
    theirs = [[(start, end) for start, end, _ in peer[document["doc_id"]]] for document in documents]
    return [*_quality(folder, documents, ours, theirs), *_speed(texts)]


def _documents(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "tab_test127_spans.json").read_text("utf-8")))


def _quality(
    folder: Path, documents: list[dict[str, Any]], ours: list[list[Offsets]], theirs: list[list[Offsets]]
) -> list[Figure]:
    own, peer, empty = (_tally(documents, found) for found in (ours, theirs, [[] for _ in documents]))
    how = f"TAB, 127 test documents, {own.wanted:,} words to mask; a system that masks nothing: {empty.recall:.3f}"
    rows = [
        Figure("TAB token recall", own.recall, "", "higher", f"Presidio + spaCy {peer.recall:.3f}", 0.85, how),
        Figure("TAB token precision", own.precision, "", "higher", f"Presidio + spaCy {peer.precision:.3f}", 0.75, how),
    ]
    for kind, (bar, anchor) in TYPE_BARS.items():
        floor = f"mentions masked whole, {own.by_type[kind]['all']}; masking nothing: {empty.recall_of(kind):.3f}"
        said = f"Presidio + spaCy {peer.recall_of(kind):.2f} (published {anchor})"
        rows.append(Figure(f"TAB recall {kind}", own.recall_of(kind), "", "higher", said, bar, floor))
    for kind in sorted(set(own.by_type) - set(TYPE_BARS)):
        said = f"Presidio + spaCy {peer.recall_of(kind):.2f}"
        how = f"mentions masked whole, {own.by_type[kind]['all']}; masking nothing: {empty.recall_of(kind):.3f}"
        rows.append(Figure(f"TAB recall {kind}", own.recall_of(kind), "", "higher", said, None, how))
    return rows + _entities(folder, documents, ours, theirs)


def _tally(documents: list[dict[str, Any]], found: Iterable[Sequence[Offsets]]) -> Tally:
    tally = Tally()
    for document, spans in zip(documents, found, strict=True):
        gold = [(span["start"], span["end"], span["type"]) for span in document["spans"]]
        tally.add(document["text"], gold, spans)
    return tally


def _entities(
    folder: Path, documents: list[dict[str, Any]], ours: list[list[Offsets]], theirs: list[list[Offsets]]
) -> list[Figure]:
    """Whole entities protected, over the 31 test documents of which the identifier types are known."""
    labelled = {
        document["doc_id"]: document
        for document in json.loads((folder / "tab_144_labelled.json").read_text("utf-8"))
        if document["dataset_type"] == "test"
    }
    rows = []
    for kind, bar, anchor in (
        ("DIRECT", 0.97, "Longformer .997 on 144"),
        ("QUASI", 0.85, "Longformer .923 on 144"),
    ):
        shares = []
        for found in (ours, theirs, [[] for _ in documents]):
            kept, all_of_them = 0, 0
            for document, spans in zip(documents, found, strict=True):
                for annotations in labelled.get(document["doc_id"], {"annotations": {}})["annotations"].values():
                    counts = protected(document["text"], annotations["entity_mentions"], spans, kind)
                    kept, all_of_them = kept + counts[0], all_of_them + counts[1]
            shares.append(kept / all_of_them)
        how = f"{len(labelled)} test documents, {all_of_them} entities; masking nothing: {shares[2]:.3f}"
        said = f"Presidio + spaCy {shares[1]:.3f}; {anchor}"
        rows.append(Figure(f"TAB ER {kind.lower()}", shares[0], "", "higher", said, bar, how))
    return rows


def _synthetic(folder: Path) -> list[Figure]:
    rows = json.loads((folder / "synth_dataset_v2.json").read_text("utf-8"))
    found = find_people_in([row["full_text"] for row in rows], IDENTIFYING, USUAL)
    figures_ = []
    for ignored, said in ((IGNORED, "TITLE left out"), (frozenset[str](), "TITLE asked for too")):
        total, empty = Tally(), Tally()
        for row, spans in zip(rows, found, strict=True):
            gold = [(span["start_position"], span["end_position"], span["entity_type"]) for span in row["spans"]]
            for tally, masked in ((total, _offsets(spans)), (empty, [])):
                one = tokens_found(row["full_text"], gold, masked, ignored)
                tally.hits, tally.wanted = tally.hits + one.hits, tally.wanted + one.wanted
                tally.right, tally.masked = tally.right + one.right, tally.masked + one.masked
        how = f"{len(rows):,} sentences, {total.wanted:,} words and signs, {said}; masking nothing: {empty.recall:.3f}"
        bar = 0.85 if ignored else None
        head = f"synth v2 PII {{}} ({said})"
        figures_ += [
            Figure(head.format("recall"), total.recall, "", "higher", "Presidio .603, customised .839", bar, how),
            Figure(head.format("precision"), total.precision, "", "higher", "Presidio .685, customised .870", bar, how),
        ]
    return figures_


def _speed(texts: list[str]) -> list[Figure]:
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    size = sum(map(len, texts))
    rows = [
        Figure(
            "patterns alone, TAB-127",
            size / _seconds(lambda: [find_identifiers(text) for text in texts]) / 1e6,
            "M chars/CPU-s", "higher", "scrubadub 2.40, Presidio .32", 3,
            f"{size:,} characters, one core, CPU seconds, median of {ROUNDS}",
        ),
        Figure(
            "patterns, rules and tagger, TAB-127",
            size / _seconds(lambda: find_people_in(texts, EVERYTHING, PUBLISHING)) / 1e3,
            "k chars/CPU-s", "higher", "Presidio with NER 12–17", 150,
            f"{size:,} characters, one core, CPU seconds, median of {ROUNDS}",
        ),
    ]  # fmt: skip
    return rows + _peers(texts, core, size)


def _seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of one process, pinned: the median of some rounds after one that does not count."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return median(times)


def _peers(texts: list[str], core: int, size: int) -> list[Figure]:
    place = os.environ.get("FLYWHEEL_TEXT_PEERS")
    if not place or not Path(place).is_dir():
        print("privacy_text: the rows of the peers are left out, FLYWHEEL_TEXT_PEERS names no virtual environment.")
        return []
    rows = []
    for name, program in PEERS.items():
        done = subprocess.run(
            [str(Path(place) / "bin" / "python"), "-c", program + _TIMED, str(core)],
            input=json.dumps(texts), capture_output=True, text=True, check=True,
        )  # fmt: skip
        speed = size / float(done.stdout.splitlines()[-1]) / 1e6
        how = "the same texts, core and kind of seconds, median of 3"
        rows.append(Figure(f"peer: {name}, TAB-127", speed, "M chars/CPU-s", "higher", "", None, how))
    return rows


def _offsets(spans: Iterable[Any]) -> list[Offsets]:
    return [(span.start, span.end) for span in spans]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    report("privacy_text", figures())
