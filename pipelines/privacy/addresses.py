"""Street addresses whose shape is sure: "12 Elm Street", "SW1A 1AA", 建国路88号, 广东省深圳市南山区…."""

import re
from collections.abc import Iterator

from pipelines.privacy.rules import ALONE, HAN, Rule
from pipelines.privacy.spans import Span

_STREET = (
    r"(?:Street|Str\.|St\.?|Avenue|Ave\.?|Road|Rd\.?|Boulevard|Blvd\.?|Lane|Ln\.?|Drive|Dr\.?|Court|Ct\.?|Square|Sq\.?|Place|Pl\.?"
    r"|Terrace|Highway|Hwy\.?|Parkway|Pkwy\.?|Crescent|Close|Gardens|Grove|Mews|Circle|Cir\.?|Trail|Way|Quay|Alley|Row)"
)
_UNIT = r"(?:Apartment|Apt\.?|Suite|Ste\.?|Unit|Flat|Floor|Room|Rm\.?|#) ?#?[0-9]{1,5}[A-Za-z]?"
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY])"
)
_ZIP = r"[0-9]{5}(?:-[0-9]{4})?(?![0-9A-Za-z])"
_TOWN = rf"(?:,? ?{_UNIT})?(?:, ?(?:[A-Z][a-z]{{1,20}} ?){{1,3}})?(?:,? {_STATE},? {_ZIP})?"
# "In 1999 Wall Street fell": a year, not a house.
_YEAR = re.compile(r"(?:1[6-9]|20)[0-9]{2},? ")

_ENGLISH = re.compile(
    rf"[1-9]{ALONE}[0-9]{{0,4}}[A-Za-z]?,? (?:(?:[NSEW]|North|South|East|West)\.? )?"
    rf"(?:(?:[A-Z][A-Za-z'.]{{1,20}}|[0-9]{{1,3}}(?:st|nd|rd|th))[ -]){{1,3}}{_STREET}(?![A-Za-z]){_TOWN}"
)
RULES = (
    Rule("ADDRESS", _ENGLISH, 0.75, lambda text: _YEAR.match(text) is None),
    Rule("ADDRESS", re.compile(r"A(?<![0-9A-Za-z].)(?:pt\.?|partment) ?#?[0-9]{1,5}[A-Za-z]?(?![0-9A-Za-z])"), 0.7),
    Rule("ADDRESS", re.compile(r"P(?<![0-9A-Za-z].)\.? ?O\.? ?[Bb]ox:? [0-9]{1,6}(?![0-9A-Za-z])"), 0.9),
    Rule("ADDRESS", re.compile(rf",(?<![0-9].) (?P<v>{_STATE},? {_ZIP})"), 0.8),
    # A British postcode.
    Rule(
        "ADDRESS",
        re.compile(r"[A-Z](?<![0-9A-Za-z-].)[A-Z]?[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}(?![0-9A-Za-z])"),
        0.75,
    ),
)

_FLOORS = r"(?:[0-9A-Za-z]{1,5}(?:号楼|号|栋|幢|座|单元|楼|层|室|弄|院|户)){0,6}"
_HOUSE = re.compile(
    rf"(?:路|街|大道|胡同|巷|弄|里|道)[东南西北中]?[段]?(?P<number>[0-9]{{1,5}}(?:[-之][0-9]{{1,4}})?[号弄#]){_FLOORS}"
    rf"(?:[{HAN}]{{2,12}}(?P<floors>[0-9A-Za-z]{{1,5}}(?:号楼|栋|幢|座|单元|楼|层|室)){_FLOORS})?"
)
_PROVINCE = re.compile(
    r"(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾"
    r"|内蒙古|广西|西藏|宁夏|新疆|北京|天津|上海|重庆)(?:省|市|(?:壮族|回族|维吾尔)?自治区)"
    rf"[{HAN}]{{1,8}}?[市区县州盟](?:[{HAN}]{{1,6}}?[区县市旗镇乡])?(?P<tail>[{HAN}0-9A-Za-z-]{{0,40}})"
)
_RUN = re.compile(rf"[{HAN}]{{0,30}}\Z")
# The last of these before a road ends what is not address: 我住在|北京市…
_STOPS = ("位于", *"有处旁面在到是为了的址你我他她您寄送去住")
_TAIL_END = re.compile(r".{0,40}[号室栋幢座楼层村镇乡路街道弄院]")
_TAIL_STOP = re.compile(r"[是的了在有我他她你您和与及]")


def find(text: str) -> Iterator[Span]:
    """Yield the addresses of a shadow's text that has a digit."""
    for rule in RULES:
        yield from rule.find(text)
    if not text.isascii():
        yield from _chinese(text)


def _chinese(text: str) -> Iterator[Span]:
    for match in _HOUSE.finditer(text):
        run = _RUN.search(text, max(0, match.start() - 30), match.start())
        before = run[0] if run else ""
        cut = max((before.rfind(stop) + len(stop) for stop in _STOPS if stop in before), default=0)
        if len(before) > cut:
            yield Span(match.start() - len(before) + cut, match.end(), "ADDRESS", 0.8)
    for match in _PROVINCE.finditer(text):
        tail = _TAIL_END.match(_TAIL_STOP.split(match["tail"], maxsplit=1)[0])
        yield Span(match.start(), match.start("tail") + (tail.end() if tail else 0), "ADDRESS", 0.75)
