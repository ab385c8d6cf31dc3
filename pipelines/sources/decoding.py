"""Bytes to lines of text, streaming: decoded exactly or refused with the place, never guessed."""

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from operator import length_hint
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.opening import opened, refuse_bomb, refuse_other_kind, shown

CHUNK_BYTES = 1 << 20

# A file without line ends must not fill the memory before it is refused.
LONGEST_LINE = 32_000_000

# The longer mark first: that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)

# Codecs of Python's that spell something else than a character set, or let lone surrogates through.
# All others refuse a lone surrogate as bytes that do not decode.
NOT_CHARACTER_SETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})

LINE_END = re.compile(r"\r\n|\r|\n")


def texts(path: Path, encoding: str | None, *, whole_lines: bool = True) -> Iterator[str]:
    """Yield a text file in pieces, of whole lines unless told otherwise; line ends are kept (CR, LF or CRLF)."""
    with opened(path) as stream:
        head = stream.read(CHUNK_BYTES)
        refuse_other_kind(path, head, "a table written as text")
        mark, codec = _encoding_of(head, encoding)
        lines = LineDecoder(shown(path), codec, len(mark), whole=whole_lines)
        yield lines.take(head[len(mark) :])
        while data := stream.read(CHUNK_BYTES):
            yield lines.take(data)
            refuse_bomb(path, lines.taken)
        yield lines.take(b"", final=True)


def line_lists(path: Path, encoding: str | None) -> Iterator[list[str]]:
    """Yield the lines of a text file in lists.

    In lists, because a generator's step per line would cost more than reading the line.
    """
    return map(_lines_in, texts(path, encoding))


class Lines:
    """The lines of a text that comes in pieces, of which what was not read yet can be had as text again."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._here: Iterator[str] = iter(())
        self._all = chain.from_iterable(self._lists())

    def __iter__(self) -> Iterator[str]:
        return self._all

    @property
    def left(self) -> int:
        """How many lines of the piece that is being read are not read yet."""
        return length_hint(self._here)

    def take(self) -> str:
        """Take what is left of the piece, or the next one that is not empty; "" at the end."""
        text = "".join(self._here)
        return text or next(filter(None, self._pieces), "")

    def give_back(self, text: str) -> None:
        """Let the lines of `text` be the next ones. Nothing may be left of the piece that is being read."""
        self._pieces = chain([text], self._pieces)

    def _lists(self) -> Iterator[Iterator[str]]:
        while (text := next(self._pieces, None)) is not None:
            self._here = iter(_lines_in(text))
            yield self._here


def count_lines(text: str) -> int:
    """Count the line ends of a text."""
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


def _lines_in(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()


def refuse_text_after_blank(name: str, lines: Iterator[str], blank: int) -> None:
    """Refuse a blank line unless nothing but blank lines follow it."""
    if any(line.strip("\r\n") for line in lines):
        raise SourceError(
            f"ingest: line {blank} of {name} is blank, with more lines below it.",
            "Expected blank lines only at the end.",
            "remove the blank line, or find out what became of the record there.",
        )


class LineDecoder:
    """Turns chunks of bytes into whole lines, and knows the byte and the line at which it stands."""

    def __init__(self, name: str, codec: str, skipped: int, *, whole: bool = True) -> None:
        self._name = name
        self._whole = whole
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._taken = skipped
        self._counted = 0
        self._begun = ""

    @property
    def taken(self) -> int:
        """How many bytes were taken so far."""
        return self._taken

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Take the next bytes and give the lines that are complete with them."""
        return _lines_in(self.take(data, final=final))

    def take(self, data: bytes, *, final: bool = False) -> str:
        """Take the next bytes and give the text of the lines that are complete with them."""
        self._taken += len(data)
        text = self._begun + self._decode(data, final)
        if "\x00" in text:
            raise self._nul(self._line(text[: text.index("\x00")]))
        # Of what has no lines the last character stays, if it may be the first half of a CRLF.
        whole = _length_of_whole_lines(text) if self._whole else len(text) - text.endswith("\r")
        whole = len(text) if final else whole
        self._begun = text[whole:]
        if len(self._begun) > LONGEST_LINE:
            raise self._too_long()
        self._counted += count_lines(text[:whole])
        return text[:whole]

    def _decode(self, data: bytes, final: bool) -> str:
        """Decode the next bytes, or tell exactly which byte is not text."""
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            # The error holds the bytes kept from before and those just taken: its end is where we stand.
            offset = self._taken - len(error.object) + error.start
            line = self._line(self._begun + error.object[: error.start].decode(self._codec, "ignore"))
            raise self._undecodable(offset, line) from None

    def _line(self, text: str) -> int:
        """Give the number of the line on which `text`, begun after the last whole line, ends."""
        return self._counted + 1 + len(LINE_END.findall(text))

    def _undecodable(self, offset: int, line: int) -> SourceError:
        """Say which byte is not text in the encoding."""
        return SourceError(
            f"ingest: {self._name} is not {self._codec.upper()}: byte offset {offset}, on line {line}.",
            "Expected UTF-8, or what the byte-order mark or `ingest.encoding` says.",
            "declare `ingest.encoding`, for example latin-1 or gb18030, or write the source again as UTF-8.",
        )

    def _nul(self, line: int) -> SourceError:
        """Say on which line a NUL character stands."""
        return SourceError(
            f"ingest: {self._name} has a NUL character on line {line}.",
            "Expected text without NUL characters.",
            "remove it; if it is UTF-16 without a byte-order mark, declare `ingest.encoding: utf-16-le`.",
        )

    def _too_long(self) -> SourceError:
        """Say which line has no end within reason."""
        return SourceError(
            f"ingest: line {self._counted + 1} of {self._name} has more than {LONGEST_LINE:,} characters.",
            f"Expected lines of at most {LONGEST_LINE:,} characters.",
            "check that the file has line ends and is text at all.",
        )


def _length_of_whole_lines(text: str) -> int:
    """Give how much of `text` is whole lines; a CR at its end may be the first half of a CRLF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def _encoding_of(head: bytes, declared: str | None) -> tuple[bytes, str]:
    """Give the byte-order mark and the codec of a file: the mark decides, then `declared`, then UTF-8."""
    for mark, codec in MARKS:
        if head.startswith(mark):
            return mark, codec
    return b"", "utf-8" if declared is None else _known(declared)


def _known(declared: str) -> str:
    """Give the canonical name of a declared character set, or refuse it."""
    try:
        codec = codecs.lookup(declared).name
        # Python's codecs also hold hex, base64 and rot13: only those of text can encode a letter.
        "a".encode(codec)
    except (LookupError, ValueError):
        codec = "undefined"
    if codec not in NOT_CHARACTER_SETS:
        return codec
    raise SourceError(
        f"ingest: {declared!r} is not an encoding that we know.",
        "Expected `ingest.encoding` to name a character set.",
        "use utf-8, latin-1, cp1252, gb18030, shift_jis or another one that Python knows.",
    )
