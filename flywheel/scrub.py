"""`flywheel scrub FILE|-`: a text, or JSON lines of texts, without the people in it. It stores nothing.

A text is one document: a person keeps one placeholder all through it. In JSON lines each line is a document, and
leaves as soon as it is clean, so that a file of any size takes the memory of its longest line.
"""

import difflib
import hmac
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, get_args

from flywheel.moving import Moving
from pipelines.environment import read_environment
from pipelines.errors import DataError, ParameterError, SourceError
from pipelines.privacy.spans import Span
from pipelines.privacy.text import clean
from pipelines.privacy.text_rules import FinderName, Mode, Numbered, TextRules

LARGEST = 20_000_000  # bytes of one document
_BOM = b"\xef\xbb\xbf"
_LINES = (".jsonl", ".ndjson")
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """A text, and where it stands: the line, or 0 for a file that is one document."""

    text: str
    line: int
    end: int  # bytes read so far


def scrub(file: str, mode: str, finders: Sequence[str], numbered: str, *, as_json: bool) -> int:
    """Print the clean text of `file` ("-": standard input), and with `as_json` what was found where; 0."""
    rules = rules_of(mode, finders, numbered)
    key = _key()
    moving = Moving("scrub")
    with _opened(file) as stream:
        for count, document in enumerate(_documents(stream, _name(file), _suffix(file)), 1):
            cleaned, spans = clean(document.text, rules, key)
            _write(_in_json(cleaned, spans) if as_json else _plain(cleaned, document, _name(file)))
            moving.tell(count, document.end)
    moving.close()
    return 0


def rules_of(mode: str, finders: Sequence[str], numbered: str) -> TextRules:
    """The rules that the command line asks for. Raises ParameterError for a word that is not known."""
    _known("--mode", mode, get_args(Mode))
    _known("--numbered", numbered, get_args(Numbered))
    for finder in finders:
        _known("--finders", finder, get_args(FinderName))
    return TextRules(mode, tuple(finders), numbered)  # type: ignore[arg-type]  # just checked


def _known(option: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        near = difflib.get_close_matches(word, words, n=1)
        raise ParameterError(
            f"scrub: {option} does not know '{word}'.",
            f"Expected {', '.join(words)}.",
            f"write {near[0]}." if near else "choose one of them.",
        )


def _key() -> bytes | None:
    """The key of surrogates, where this machine has a master key; else each document gets one of its own."""
    master = read_environment(os.environ, Path.cwd()).master_key
    return hmac.digest(master.encode(), b"scrub/surrogates", "sha256") if master else None


def _opened(file: str) -> "nullcontext[BinaryIO] | BinaryIO":
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise SourceError(
            f"scrub: {_name(file)} cannot be opened ({type(error).__name__}).",
            "Expected a file that exists and that we may read, or - for standard input.",
            "check its path and its permissions.",
        ) from None


def _name(file: str) -> str:
    name = "standard input" if file == "-" else Path(file).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _suffix(file: str) -> str | None:
    """What a file's name ends in; None for standard input, whose first letter has to tell what it is."""
    return None if file == "-" else Path(file).suffix.lower()


def _documents(stream: BinaryIO, name: str, suffix: str | None) -> Iterator[Document]:
    first = stream.readline(LARGEST + 1)
    is_lines = suffix in _LINES or (suffix is None and first.removeprefix(_BOM).lstrip().startswith(b"{"))
    if is_lines:
        yield from _lines(stream, first, name)
    else:
        yield _whole(stream, first, name)


def _whole(stream: BinaryIO, first: bytes, name: str) -> Document:
    content = first + stream.read(LARGEST + 1 - len(first))
    if len(content) > LARGEST:
        raise SourceError(
            f"scrub: {name} has more than {LARGEST:,} bytes.",
            "Expected a text that is one document: who is who is told within it.",
            'cut it into documents, one JSON object {"text": …} on each line of a .jsonl file.',
        )
    return Document(_decoded(content, 0, name), 0, len(content))


def _lines(stream: BinaryIO, line: bytes, name: str) -> Iterator[Document]:
    """Yield one document a line; blank lines may stand at the end."""
    offset = number = blank = 0
    while line:
        number += 1
        if len(line) > LARGEST:
            raise _bad_line(name, number, f"has more than {LARGEST:,} bytes")
        if line.strip():
            if blank:
                raise _bad_line(name, blank, "is blank, with more lines below it")
            yield Document(_text(_decoded(line, offset, name), number, name), number, offset + len(line))
        else:
            blank = blank or number
        offset += len(line)
        line = stream.readline(LARGEST + 1)


def _decoded(content: bytes, offset: int, name: str) -> str:
    mark = len(_BOM) if offset == 0 and content.startswith(_BOM) else 0
    try:
        return content[mark:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"scrub: {name} is not UTF-8: byte offset {offset + mark + error.start}.",
            "Expected text in UTF-8, not packed.",
            "write it again as UTF-8 (`iconv -f gb18030 -t utf-8`), or unpack it (`gunzip -c`).",
        ) from None


def _text(line: str, number: int, name: str) -> str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise _bad_line(name, number, "is not a JSON object with a `text`")
    return text


def _bad_line(name: str, number: int, what: str) -> DataError:
    return SourceError(
        f"scrub: line {number} of {name} {what}.",
        'Expected one object {"text": "…"} on each line; the lines before it are done.',
        "mend that line; a plain text that begins with { can be read from a file named .txt.",
    )


def _in_json(cleaned: str, spans: list[Span]) -> bytes:
    found = [{"start": s.start, "end": s.end, "type": s.type, "score": round(s.score, 4)} for s in spans]
    line = json.dumps({"text": cleaned, "spans": found}, ensure_ascii=False)
    # Half a character cannot be UTF-8, but JSON can spell it.
    return (_HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", line) + "\n").encode("utf-8")


def _plain(cleaned: str, document: Document, name: str) -> bytes:
    try:
        return (cleaned + ("\n" if document.line else "")).encode("utf-8")
    except UnicodeEncodeError:
        raise SourceError(
            f"scrub: line {document.line} of {name} holds half a character (a lone surrogate).",
            "Expected text that UTF-8 can hold.",
            "ask for --json, which can spell it, or mend the line.",
        ) from None


def _write(line: bytes) -> None:
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What waits in the buffer has no reader any more: at exit Python would complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
