"""One file held against what is wanted."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.leaks import patterns
from pipelines.leaks.contents import Readable, blocks, cells, pages, pictures, unpacked
from pipelines.leaks.disguises import readings, undisguised
from pipelines.leaks.memory import Memory
from pipelines.leaks.tables import bytes_beside, columns, joined, read_table
from pipelines.leaks.tokens import tokens
from pipelines.leaks.wanted import Wanted

CANARY, IDENTIFIER, NAME = "canary", "identifier", "name"
VOCABULARY = "bundle.json"


def search(path: Path, wanted: Wanted, memory: Memory, *, looks: bool, allowed: Sequence[str] = ()) -> Counter[str]:
    """How many of what is wanted stand in the file, by kind; with `looks`, also what looks like an identifier."""
    with path.open("rb") as file:
        head = file.read(32)
    table = read_table(path, head)
    found = _in_file(path, head, wanted, memory) if table is None else _in_bytes(bytes_beside(path), wanted)
    for block in unpacked(path, head):
        found |= _in_bytes(block, wanted)
    seen: Counter[str] = Counter()
    for column in cells(path, head) if table is None else columns(table):
        texts, shown = pictures(column)
        found |= _in_texts(texts, wanted) | _canaries_in(shown, wanted)
        found |= _more(NAME, wanted.count_names(_called(texts, path)))
        # What else holds cells holds them in the clear, where its bytes were searched already.
        found |= Counter() if table is None else _in_disguise(texts, wanted)
        seen += patterns.count_kinds(texts, allowed) if looks and path.suffix not in patterns.READ else Counter()
    if looks and path.suffix in patterns.READ:
        seen = patterns.count_kinds(patterns.prose(path.read_bytes(), path.suffix), allowed)
    return found | seen


def _in_file(path: Path, head: bytes, wanted: Wanted, memory: Memory) -> Counter[str]:
    if paged := pages(path, head):
        return _in_pages(paged, wanted, memory)
    with path.open("rb") as file:
        return _in_blocks(file, wanted)


def _in_blocks(file: Readable, wanted: Wanted) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in blocks(file):
        found |= _in_bytes(block, wanted)
    return found


def _in_pages(paged: list[bytes], wanted: Wanted, memory: Memory) -> Counter[str]:
    """What the pages hold that were not clean before, those that a database no longer uses included."""
    unknown = memory.unknown_pages(paged)
    found = _in_bytes(b"\n".join(unknown.values()), wanted)
    if not found:
        memory.note_pages(unknown)
    return found


def _called(texts: pl.Series, path: Path) -> pl.Series:
    """The texts that could be somebody's name: of a model's vocabulary not its single words, which anybody may use.

    A user who calls himself "wonderful" would otherwise be found in each model that has learned the word.
    """
    return texts.filter(texts.str.contains(r"\s")) if path.name == VOCABULARY else texts


def _in_bytes(block: bytes, wanted: Wanted) -> Counter[str]:
    return _in_texts(pl.Series(list(readings(block)), dtype=pl.String), wanted)


def _in_disguise(texts: pl.Series, wanted: Wanted) -> Counter[str]:
    """What the cells of one column hold under a disguise."""
    found: Counter[str] = Counter()
    for piece in joined(texts):
        found |= _in_texts(pl.Series(list(undisguised(piece)), dtype=pl.String), wanted)
    return found


def _in_texts(texts: pl.Series, wanted: Wanted) -> Counter[str]:
    """Canaries by one search for all of them at once (Aho-Corasick), people's identifiers by their hashes."""
    return _more(IDENTIFIER, wanted.count_tokens(tokens(texts, wanted.strangers))) | _canaries_in(texts, wanted)


def _canaries_in(texts: pl.Series, wanted: Wanted) -> Counter[str]:
    needles = list(wanted.canaries)
    if not needles or not texts.str.contains_any(needles, ascii_case_insensitive=True).any():
        return Counter()
    hits = texts.str.extract_many(needles, ascii_case_insensitive=True, overlapping=True)
    return _more(CANARY, hits.explode().drop_nulls().str.to_lowercase().n_unique())


def _more(kind: str, number: int) -> Counter[str]:
    return Counter({kind: number}) if number else Counter()


def digest_of(path: Path) -> str:
    """What tells the content of a file apart: DVC keeps the same one in several places."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
