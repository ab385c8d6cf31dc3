"""People, places and organisations in Chinese text, by a small learned model that ships with the package."""

import re
from collections.abc import Iterable, Iterator, Sequence
from math import exp

from pipelines.privacy.shadow import cast
from pipelines.privacy.spans import Span, resolve

_HAN = re.compile("[\u3400-\u9fff]")
_BLOCK = 16_384  # characters that are read at once: the numbers of a block stay in the processor's cache
_BREAK = re.compile(r"[\n。！？!?；;]")
# Stands before, between and behind the texts of a block: it closes what they left open, and is wide enough for no
# feature to see two of them, so that a text is read alike in any company.
_BETWEEN = "    》)    "
# "小王", "李姐", "王某", "张先生": a surname with something to it, which points at nobody outside of the text.
_PARTIAL = re.compile(r"[老小阿大][\u4e00-\u9fff]|[\u4e00-\u9fff](?:某某|[某总哥姐叔氏导帅嫂]|[xX×]+|先生|女士|小姐)?")
_TITLE = re.compile(
    r"先生|女士|小姐|太太|夫人|老师|教授|经理|总监|主任|医生|大夫|护士|律师|师傅|同学|同志|阿姨|大爷|大妈|大哥|大姐|老板|警官|导游|教练|某"
)
# The same by pattern, for surnames that are hardly ever the end of a word.
_TITLED = re.compile(
    r"(?<!谢)[王李张刘陈杨黄赵吴周徐孙朱胡郭何罗郑梁谢宋韩邓冯曹彭曾肖董潘袁蔡蒋余杜魏吕沈姚卢姜崔谭陆汪廖贾邹邱侯尹薛闫贺郝龚邵覃钱戴]"
    r"(?=先生|女士|小姐|太太|夫人|老师|教授|经理|主任|医生|大夫|护士|律师|师傅|阿姨|大爷|大哥|大姐|老板|警官|教练"
    r"|总[，。,.！!：:；;、 您好说])"
)
_LOWER = re.compile("[a-z -]+")
_FRAME = " \t\n\r“”\"'‘’【】[]《》<>：:，,。、"


def find_chinese_names(text: str, *, partial: bool = True) -> list[Span]:
    """Return the names in a text, in order: types PERSON, LOCATION and ORGANISATION, offsets in characters.

    `partial` also takes a surname with a title or a nickname ("张先生", "小李") for a PERSON.
    """
    return find_in_all([text], partial=partial)[0]


def find_in_all(texts: Sequence[str], *, partial: bool = True) -> list[list[Span]]:
    """Return the names of each text: many short texts are read far faster together than one by one."""
    found: list[list[Span]] = [[] for _ in texts]
    shadows = {number: cast(text) for number, text in enumerate(texts) if not text.isascii() and _HAN.search(text)}
    for block in _blocks((number, *piece) for number, shadow in shadows.items() for piece in _cut(shadow.text)):
        for number, span in _read(block, partial):
            found[number].append(span)
    for number, shadow in shadows.items():
        spans = [*found[number], *(_titled(shadow.text) if partial else ())]
        found[number] = [shadow.original(span) for span in resolve(spans)]
    return found


def _titled(text: str) -> Iterator[Span]:
    for match in _TITLED.finditer(text):
        yield Span(match.start(), match.end(), "PERSON", 0.6)


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Yield pieces of at most `_BLOCK` characters and where they begin, cut behind a sentence where there is one."""
    begin = 0
    while len(text) - begin > _BLOCK:
        end = begin + _BLOCK
        end = max((match.end() for match in _BREAK.finditer(text, end - 1024, end)), default=end)
        yield begin, text[begin:end]
        begin = end
    yield begin, text[begin:]


def _blocks(pieces: Iterable[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
    block: list[tuple[int, int, str]] = []
    size = 0
    for piece in pieces:
        if block and size + len(piece[2]) > _BLOCK:
            yield block
            block, size = [], 0
        block.append(piece)
        size += len(piece[2]) + len(_BETWEEN)
    if block:
        yield block


def _read(block: list[tuple[int, int, str]], partial: bool) -> Iterator[tuple[int, Span]]:
    """Yield the names of a block's pieces, each with the number of its text."""
    from pipelines.privacy.chinese.model import load
    from pipelines.privacy.chinese.tags import TYPES

    joined = _BETWEEN.join(("", *(text for _, _, text in block), ""))
    names = load().find(joined)
    done, position = 0, len(_BETWEEN)
    for number, begin, text in block:
        while done < len(names) and names[done][0] < position + len(text):
            first, last, kind, lead = names[done]
            done += 1
            span = _span(joined, max(first, position), min(last, position + len(text)), TYPES[kind], lead, partial)
            if span:
                yield number, Span(span.start - position + begin, span.end - position + begin, span.type, span.score)
        position += len(text) + len(_BETWEEN)


def _span(text: str, start: int, end: int, kind: str, lead: float, partial: bool) -> Span | None:
    """Return a name without what frames it; None where nothing is left, or where it is partial and not wanted."""
    while start < end and text[start] in _FRAME:
        start += 1
    while start < end and text[end - 1] in _FRAME:
        end -= 1
    short = end - start < 2
    score = round(1 / (1 + exp(-lead)), 3)
    if kind != "PERSON":
        return None if short else Span(start, end, kind, score)
    if _PARTIAL.fullmatch(text, start, end) is None:
        # "checkin", "very": Latin words in Chinese text are mostly no names, unless a capital says so.
        return None if short or _LOWER.fullmatch(text, start, end) else Span(start, end, kind, score)
    wanted = partial and (not short or _TITLE.match(text, end))
    return Span(start, end, kind, min(score, 0.6)) if wanted else None
