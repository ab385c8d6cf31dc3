"""The ways in which bytes hold a text that a plain search would miss: wide characters, escapes, base64, hexadecimal.

One layer is undone. What is encrypted, or drawn as a picture, is out of reach.
"""

import base64
import binascii
import html
import re
import urllib.parse
from collections.abc import Iterator

import numpy as np

# Six ASCII characters with zeros between them: UTF-16 or UTF-32, of either byte order.
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0{1,3}){6}")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(rb"\\u00([0-9A-Fa-f]{2})|\\x([0-9A-Fa-f]{2})|=([0-9A-F]{2})")
_ENTITY = re.compile(rb"&(?:#[0-9xX]|[a-z]{2,8};)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_LEGIBLE = re.compile(rb"[ -~]{6}")
_LEGIBLE_DIGITS = re.compile(rb"(?:[2-7][0-9A-Fa-f]){6}")
_DIGEST = re.compile(rb"[0-9a-f]+")
_HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}){12,}")
_IS_DIGIT = np.isin(np.arange(256), np.frombuffer(b"0123456789abcdefABCDEF", np.uint8))
# More letters than the longest address, number, id or canary has.
REACH = 512
# Of longer runs only the whole is decoded; a shorter one may begin anywhere in a path or behind a word.
_SHORT = 4096


def readings(content: bytes) -> Iterator[str]:
    """`content` as it is and as each disguise that it shows traces of would have it, one character per byte."""
    yield content.decode("latin-1")
    yield from undisguised(content)


def undisguised(content: bytes) -> Iterator[str]:
    """What stands in `content` under each disguise that it shows traces of, one character per byte."""
    if _may_be_wide(content) and _WIDE.search(content):
        yield content.replace(b"\0", b"").decode("latin-1")
    if b"%" in content and (near := _around(_PERCENT, content)):
        yield urllib.parse.unquote_to_bytes(near).decode("latin-1")
    if (b"\\" in content or b"=" in content) and (near := _around(_ESCAPED, content)):
        yield _ESCAPED.sub(_unescaped, near).decode("latin-1")
    if b"&" in content and b"\0" not in content[:_SHORT] and _ENTITY.search(content):
        yield html.unescape(content.decode("latin-1"))
    packed = b"\n".join([*_decoded(content), *_from_hexadecimal(content)])
    if packed:
        yield packed.decode("latin-1")


def _around(escape: re.Pattern[bytes], content: bytes) -> bytes:
    """The bytes of `content` before and behind each `escape`, as far as a text with one in it could reach.

    Noise holds an escape every 30 kB, by chance: to search all of it once more took as long as the search itself.
    """
    pieces: list[bytes] = []
    end = 0
    for match in escape.finditer(content):
        if pieces and match.start() - REACH <= end:
            start = end
        else:
            pieces.append(b"\n")
            start = max(match.start() - REACH, 0)
        end = match.end() + REACH
        pieces.append(content[start:end])
    return b"".join(pieces)


def _may_be_wide(content: bytes) -> bool:
    """Whether as many characters have a zero behind them as make a wide text, each near the next one.

    What is compressed or encrypted has none: to know that costs a tenth of searching it.
    """
    data = np.frombuffer(content, np.uint8)
    places = np.flatnonzero((data[1:] == 0) & (data[:-1] >= 0x20) & (data[:-1] <= 0x7E))
    return bool((places[5:] - places[:-5] <= 5 * 4).any())


def _may_be_hexadecimal(content: bytes) -> bool:
    """Whether eight digits stand side by side at a place that is a multiple of eight, as in any run of 24 they do."""
    digits = _IS_DIGIT[np.frombuffer(content, np.uint8)[: len(content) // 8 * 8]]
    return bool(digits.reshape(-1, 8).all(axis=1).any())


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[match.lastindex or 0], 16)])


def _decoded(content: bytes) -> Iterator[bytes]:
    for run in set(_BASE64.findall(content)):
        if _DIGEST.fullmatch(run):
            continue
        marks = b"-_" if b"-" in run or b"_" in run else b"+/"
        for start in range(4 if len(run) <= _SHORT else 1):
            whole = run[start : len(run) - ((len(run) - start) % 4 == 1)]
            try:
                plain = base64.b64decode(whole + b"=" * (-len(whole) % 4), altchars=marks)
            except binascii.Error:
                continue
            # Most runs are hashes and names: what decodes to few letters holds no text.
            if _is_texty(plain):
                yield plain


def _is_texty(plain: bytes) -> bool:
    return len(plain) > _SHORT or _LEGIBLE.search(plain) is not None


def _from_hexadecimal(content: bytes) -> Iterator[bytes]:
    for run in set(_HEXADECIMAL.findall(content)) if _may_be_hexadecimal(content) else ():
        if len(run) <= _SHORT and not _LEGIBLE_DIGITS.search(run):
            continue
        for start in (0, 1):
            plain = bytes.fromhex(run[start : start + (len(run) - start) // 2 * 2].decode("ascii"))
            if _is_texty(plain):
                yield plain
