"""A person's name taken apart: titles, given names, surname, initials; English and Chinese, folded for comparison."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.privacy.rules import HAN
from pipelines.privacy.shadow import BLANK, cast

_MALE = frozenset({"mr", "mister", "sir", "lord"})
_FEMALE = frozenset({"mrs", "ms", "miss", "lady", "dame", "madam", "mme"})
TITLES = _MALE | _FEMALE | frozenset(
    {"mx", "dr", "doctor", "prof", "professor", "rev", "judge", "justice", "president", "hon", "capt", "captain"}
    | {"lt", "sgt", "col", "gen", "maj", "father", "sister", "brother", "uncle", "aunt", "herr", "frau", "m"}
)  # fmt: skip
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "qc", "kc"})
PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "bin", "ibn"}
    | {"al", "el", "ter", "ten", "af", "av", "zu", "y", "st"}
)
LONGEST = 200  # characters; what is longer is no name, whatever a tagger says
TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?|,")
_TITLE_BEFORE = re.compile(r"(?<![a-z])(?P<title>[a-z]{2,9})\.?[ \t]{1,3}\Z")

_SEVERAL = (
    "先生", "女士", "小姐", "太太", "夫人", "老师", "教授", "医生", "大夫", "律师", "法官", "经理", "博士", "主任",
    "院长", "校长", "局长", "部长", "书记", "主席", "总理", "同志", "师傅", "阿姨", "同学", "警官", "护士", "老板",
)  # fmt: skip
_SINGLE = "总董工哥姐叔姨嫂婶爷局处科队导"
_YOUNG, _OLD = "小", "老"
_BEFORE = (_YOUNG, _OLD, "阿", "大")
_GENDER = {
    "先生": "m",
    "女士": "f",
    "小姐": "f",
    "太太": "f",
    "夫人": "f",
    "阿姨": "f",
    "哥": "m",
    "叔": "m",
    "姐": "f",
}
_COMPOUND = frozenset({
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "长孙", "宇文", "夏侯",
    "独孤", "南宫", "端木", "百里", "呼延", "东郭", "西门",
})  # fmt: skip
_ANY_HAN = re.compile(f"[{HAN}]")
_NOT_HAN = re.compile(f"[^{HAN}]+")
_DOTS = re.compile("[·•・]")


@dataclass(frozen=True, slots=True)
class Name:
    """One mention: either `surname` with `given` names, or one name `alone` whose part is not known.

    `gender` ("m", "f") comes from a title, `age` (小, 老) from a nickname; both are "" where nothing tells.
    """

    given: tuple[str, ...] = ()
    surname: str = ""
    alone: str = ""
    titled: bool = False
    gender: str = ""
    age: str = ""
    is_chinese: bool = False


class ChineseName(NamedTuple):
    """The four pieces of which a Chinese mention is made; any but the surname may be empty."""

    before: str
    surname: str
    given: str
    after: str


class Piece(NamedTuple):
    """One word of a Western mention: where it stands, folded, and which part of the name it is."""

    start: int
    end: int
    text: str
    role: str


def parse(mention: str, before: str = "", after: str = "") -> Name:
    """The name that `mention` holds, with what stands `before` and `after` it: a title may be left outside."""
    if len(mention) > LONGEST:
        return Name(alone=mention)
    folded = cast(mention).text.replace(BLANK, " ").casefold().replace("’", "'")
    if _ANY_HAN.search(folded) and not re.search("[a-z]", folded):
        return _transliterated(folded) if _DOTS.search(folded) else _chinese(folded, after)
    return _western(folded, before)


def is_initial(word: str) -> bool:
    """Tell whether a word stands for a name by its first letter."""
    return len(word) == 1 and not _ANY_HAN.match(word)


def is_han(word: str) -> bool:
    """Tell whether a word has a Chinese character."""
    return _ANY_HAN.search(word) is not None


def split_chinese(mention: str) -> ChineseName:
    """The pieces of a Chinese mention: 小张 is 小 and 张, 张总 is 张 and 总, 欧阳修 is 欧阳 and 修."""
    rest, before, after = _NOT_HAN.sub("", mention), "", ""
    for title in _SEVERAL:
        if len(rest) > len(title) and rest.endswith(title):
            rest, after = rest[: -len(title)], title
            break
    if not after and rest[-1:] in _SINGLE and _is_surname(rest[:-1]):
        rest, after = rest[:-1], rest[-1]
    if rest[:1] in _BEFORE and _is_surname(rest[1:]):
        before, rest = rest[0], rest[1:]
    width = 2 if rest[:2] in _COMPOUND else 1
    return ChineseName(before, rest[:width], rest[width:], after)


def _is_surname(text: str) -> bool:
    return len(text) == 1 or text in _COMPOUND


def _chinese(folded: str, following: str) -> Name:
    before, surname, given, after = split_chinese(folded)
    after = after or next((title for title in _SEVERAL if following.startswith(title)), "")
    gender, age = _GENDER.get(after, ""), before if before in (_YOUNG, _OLD) else ""
    if given:
        return Name((given,), surname, "", bool(after), gender, age, is_chinese=True)
    return Name((), "", surname or folded, bool(before or after), gender, age, is_chinese=True)


def _transliterated(folded: str) -> Name:
    """A foreign name in Chinese characters: 约翰·史密斯, given name first."""
    parts = [part for part in (_NOT_HAN.sub("", part) for part in _DOTS.split(folded)) if part]
    return Name(tuple(parts[:-1]), parts[-1]) if len(parts) > 1 else Name(alone=parts[0] if parts else folded)


def _western(folded: str, before: str) -> Name:
    pieces = western_pieces(folded)
    titles = {piece.text for piece in pieces if piece.role == "title"}
    titles |= {match["title"] for match in [_TITLE_BEFORE.search(before.casefold())] if match}
    gender = "m" if _MALE & titles else "f" if _FEMALE & titles else ""
    titled = bool(TITLES & titles)
    given = tuple(piece.text for piece in pieces if piece.role == "given")
    surname = " ".join(piece.text for piece in pieces if piece.role == "surname")
    if given and surname:
        return Name(given, surname, titled=titled, gender=gender)
    alone = " ".join(piece.text for piece in pieces if piece.role in ("given", "surname", "alone"))
    return Name(alone=alone or " ".join(folded.split()), titled=titled, gender=gender)


def western_pieces(mention: str) -> list[Piece]:
    """The words of a mention in their order, each with its part: title, given, surname, alone or suffix."""
    pieces = [_piece(match) for match in TOKEN.finditer(mention)]
    first, last = 0, len(pieces)
    while first < last - 1 and pieces[first].text in TITLES:
        pieces[first] = pieces[first]._replace(role="title")
        first += 1
    while last > first + 1 and pieces[last - 1].text in {*SUFFIXES, ","}:
        last -= 1
        pieces[last] = pieces[last]._replace(role="suffix")
    for place, role in enumerate(_roles([piece.text for piece in pieces[first:last]]), first):
        pieces[place] = pieces[place]._replace(role=role)
    return [piece for piece in pieces if piece.text != ","]


def _piece(match: re.Match[str]) -> Piece:
    word = match[0]
    end = match.end() - 2 if word.endswith(("'s", "’s", "'S", "’S")) and len(word) > 2 else match.end()
    return Piece(match.start(), end, match.string[match.start() : end].casefold().replace("’", "'").rstrip("."), "")


def _roles(words: list[str]) -> list[str]:
    """The part of each word of a name without title and suffix; a lone name may be any part."""
    if "," in words[1:-1]:
        comma = words.index(",", 1)
        return ["surname"] * (comma + 1) + ["given"] * (len(words) - comma - 1)
    if not words or len(words) == 1 or words[0] in PARTICLES:
        return ["alone"] * len(words)
    first = next((place for place in range(1, len(words) - 1) if words[place] in PARTICLES), len(words) - 1)
    return ["given"] * first + ["surname"] * (len(words) - first)
