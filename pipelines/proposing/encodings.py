"""The character set of a text that nobody has described, by its first bytes."""

import codecs
import re
from pathlib import Path

from pipelines.sources.decoding import MARKS
from pipelines.sources.opening import opened

HEAD_BYTES = 1 << 20
# The pickiest first: latin-1 refuses nothing, and comes last.
ENCODINGS = ("shift_jis", "euc_kr", "gb18030", "big5", "cp1252", "latin-1")
HAN = r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]"
SCRIPTS = {
    "gb18030": HAN,
    "big5": HAN,
    "shift_jis": r"[\u3040-\u30ff\u4e00-\u9fff\u3000-\u303f]",
    "euc_kr": r"[\uac00-\ud7af]",
    "cp1252": r"[À-ÿ€‘-„•–—™œŒ]",
}
# What texts in these scripts cannot do without; wrongly decoded bytes give rare characters instead.
COMMON = {
    "gb18030": "的一是不了在人有我他这那个大来上到说们很好也还就都没点吃房服务",
    "big5": "的一是不了在人有我他這那個大來上到說們很好也還就都沒點吃房服務",
    "shift_jis": "のにはをたがでてとしれさいすまなる",
}
LEAST_COMMON = 0.04


def encoding_of(path: Path) -> str | None:
    """The encoding of a text by its first bytes; None for UTF-8, for one that its own mark tells, and for no text."""
    with opened(path) as stream:
        head = stream.read(HEAD_BYTES)
    encoding, _ = encoding_in(head, len(head) < HEAD_BYTES)
    return None if encoding in ("utf-8", "mark") else encoding


def encoding_in(head: bytes, whole: bool) -> tuple[str | None, tuple[str, ...]]:
    """The encoding of a text by its first bytes: "mark" where it says so itself, None where it is no text."""
    if any(head.startswith(mark) for mark, _ in MARKS):
        return "mark", ()
    if b"\x00" in head:
        for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if (
                zeros.count(0) > len(zeros) / 10
                and _decodes(head, codec, whole)
                and "\x00" not in head.decode(codec, "ignore")
            ):
                return codec, ("the encoding has no mark: it was told by its zero bytes",)
        return None, ()
    if _decodes(head, "utf-8", whole):
        return "utf-8", ()
    for codec in ENCODINGS:
        if _decodes(head, codec, whole) and _is_script(head.decode(codec, "ignore"), codec):
            return codec, (f"the encoding is not UTF-8: {codec} reads as text, others may too; read some rows",)
    return None, ()


def _decodes(head: bytes, codec: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(head, whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_script(text: str, codec: str) -> bool:
    """Whether what is not ASCII is nearly all of the script that the codec was made for."""
    others = "".join(letter for letter in text if letter > "\x7f")
    if codec == "latin-1":
        return not re.search(r"[\x80-\x9f]", others)
    if len(re.findall(SCRIPTS[codec], others)) < 0.9 * len(others):
        return False
    return codec not in COMMON or sum(map(others.count, COMMON[codec])) >= LEAST_COMMON * len(others)


def decoded(head: bytes, encoding: str, whole: bool) -> str:
    """The first bytes of a text as text; half a character at their end is dropped."""
    if encoding == "mark":
        mark, encoding = next((mark, codec) for mark, codec in MARKS if head.startswith(mark))
        head = head[len(mark) :]
    return codecs.getincrementaldecoder(encoding)("ignore").decode(head, whole)
