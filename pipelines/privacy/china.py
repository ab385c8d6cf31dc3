"""Identifiers of China: mobile and landline, resident ID, credit code, plate, passport, WeChat, QQ, case number."""

import re
from collections.abc import Iterator

from pipelines.privacy.checks import is_credit_code, is_date, is_resident_id
from pipelines.privacy.rules import ALONE, ALONE_NO_DASH, END, HAN, Rule, digits_of
from pipelines.privacy.spans import Span


def _is_number(text: str) -> bool:
    """Want four digits that are not a date."""
    return len(digits_of(text)) >= 4 and not is_date(text)


def _is_account(text: str) -> bool:
    """Want a digit, "_" or "-": after 微信 a plain word ("iPhone", "Pay") is hardly ever a name."""
    return any(character.isdigit() or character in "_-" for character in text)


_RESIDENT = rf"[1-9]{ALONE_NO_DASH}(?:[ -]?[0-9]){{16}}[ -]?[0-9Xx](?![0-9A-Za-z])"
_CREDIT = "[0-9A-HJ-NPQRTUWXY]"
_JOINT = "[ :：=#]{0,3}(?:是|为|号)?[ :：=#]{0,3}"
# What a count ends with: 订单2000元 is a price, QQ10000人 a crowd.
_NO_COUNT = r"(?![0-9A-Za-z])(?!\.[0-9])(?! ?[年月日元块万亿千个人名件条次单%])"

# Need a digit somewhere, and find themselves in any text.
RULES = (
    Rule(
        "PHONE",
        re.compile(
            rf"[18]{ALONE}(?:(?<=1)|6[- ]{{0,2}}1)[3-9](?:[0-9]{{9}}|[0-9][- ]{{1,2}}[0-9]{{4}}[- ]{{1,2}}[0-9]{{4}}"
            rf"|[0-9][- ][0-9]{{3}}[- ][0-9]{{5}}|[0-9][- ][0-9]{{5}}[- ][0-9]{{3}}|[0-9][- ][0-9]{{8}}"
            rf"|[0-9]{{2}}[- ][0-9]{{4}}[- ][0-9]{{3}}|[0-9]{{2}}[- ][0-9]{{3}}[- ][0-9]{{4}}){END}"
        ),
        0.95,
    ),
    Rule(
        "PHONE",
        re.compile(
            rf"[0(（]{ALONE_NO_DASH}(?:(?<=0)|0)(?:(?:10|2[0-9])[)）]?[- ]{{0,2}}[2-9][0-9]{{3}}[- ]?[0-9]{{4}}"
            rf"|[3-9][0-9]{{2}}(?:[)）]?[- ]{{1,2}}|[)）])[2-9][0-9]{{2,3}}[- ]?[0-9]{{4}}"
            rf"|[3-9][0-9]{{2}}[2-9][0-9]{{7}})(?:(?:-| ?转 ?| ?ext\.? ?)[0-9]{{1,6}})?{END}"
        ),
        0.85,
    ),
    Rule(
        "PHONE",
        re.compile(rf"[48]{ALONE_NO_DASH}00-(?:[0-9]{{3}}-[0-9]{{4}}|[0-9]{{4}}-[0-9]{{3}}|[0-9]{{7}}){END}"),
        0.8,
    ),
    Rule("ID", re.compile(_RESIDENT), 1.0, is_resident_id),
    Rule("ID", re.compile(rf"[1-9]{ALONE}[0-9]{{14}}{END}"), 0.8, is_resident_id),
    Rule("ID", re.compile(rf"[1-9ANY]{ALONE}[1-9][0-9]{{6}}{_CREDIT}{{10}}{END}"), 1.0, is_credit_code),
    # Passport, strict form; the other documents need their word (below).
    Rule("ID", re.compile(rf"[EG](?<![0-9A-Za-z-].)(?:(?<=E)[A-HJ-NP-Z][0-9]{{7}}|[0-9]{{8}}){END}"), 0.7),
    # Hong Kong identity card: the check digit in brackets gives it away.
    Rule("ID", re.compile(r"[A-Z](?<![0-9A-Za-z].)[A-Z]?[0-9]{6}\([0-9A]\)"), 0.9),
)

# Need a Chinese character.
CHINESE_RULES = (
    Rule(
        "ID",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. -]?"
            r"(?=[A-Z]{0,6}[0-9])(?:[0-9A-HJ-NP-Z]{5,6}(?![0-9A-Za-z])|[0-9A-HJ-NP-Z]{4}[警学港澳挂])"
        ),
        0.9,
    ),
    Rule(
        "ID",
        re.compile(
            rf"[（(〔\[](?:19|20)[0-9]{{2}}[）)〕\]][{HAN}]{{1,3}}[0-9]{{0,4}}[{HAN}]{{1,6}}[0-9]{{1,6}}号(?:之[一二三四五六七八九十])?"
        ),
        0.95,
    ),
    Rule(
        "ID",
        re.compile(
            r"(?:护照|通行证|回乡证|台胞证|居住证|身份证|驾驶证|驾照|行驶证|军官证|军[字官]第|学生证|工作证|社保|医保|公积金"
            r"|学号|工号|订单|运单|快递|单号|编号|账号|账户|帐号|帐户|卡号|银行卡|信用卡|储蓄卡|会员|合同|发票|案号|工单"
            r"|病历|病案|门诊|住院|流水|车牌|房产证|不动产权|信用代码|税号|执照|序列号|票号|保单|客户|用户|取件码)"
            rf"(?:号码|编号|账号|卡号|代码|号|码|证)?{_JOINT}(?P<v>[A-Za-z]{{0,5}}[-/]?[0-9][0-9A-Za-z/-]{{2,30}}){_NO_COUNT}"
        ),
        0.8,
        _is_number,
    ),
    Rule(
        "PHONE",
        re.compile(
            r"(?:手机|电话|座机|传真|热线|致电|拨打|联系方式|打给我|联系我)(?:号码|号)?"
            rf"{_JOINT}(?P<v>\+?[0-9](?:[ -]?[0-9]){{6,11}}){_NO_COUNT}"
        ),
        0.8,
        lambda text: not is_date(text),
    ),
)

# WeChat and QQ accounts, in texts of any script.
ACCOUNT_RULES = (
    Rule("ID", re.compile(rf"w(?<![0-9A-Za-z].)xid_[0-9A-Za-z_-]{{6,30}}{END}"), 0.95),
    Rule(
        "ID",
        re.compile(
            r"[微薇威加VvWw](?<![0-9A-Za-z].)(?:(?<=[微薇威])信|(?<=加)(?:[Vv][Xx]?|微信?|[Ww][Xx])|(?<=[Vv])(?:[Xx]|信)"
            r"|(?<=[Ww])(?:[Xx]|e[Cc]hat|eixin|ECHAT))(?:账号|帐号|号|ID|id|Id)?"
            rf"[ :：=]{{0,3}}(?:是|为|is)?[ :：=]{{0,3}}(?P<v>[A-Za-z][A-Za-z0-9_-]{{5,19}}|[1-9][0-9]{{5,14}}){END}"
        ),
        0.75,
        _is_account,
    ),
    # An explicit colon makes any word an account.
    Rule(
        "ID",
        re.compile(
            r"[微Ww](?<![0-9A-Za-z].)(?:(?<=微)信|(?<=[Ww])e[Cc]hat)(?:账号|号|ID|id| ID| id)?"
            rf" ?[:：] ?(?P<v>[A-Za-z][A-Za-z0-9_-]{{5,19}}){END}"
        ),
        0.75,
    ),
    Rule(
        "ID",
        re.compile(
            r"[Qq扣](?<![0-9A-Za-z].)(?:(?<=[Qq])[Qq]|扣)(?:群|号码|号){0,2}[ :：=]{0,3}(?:是|为|is)?"
            rf"[ :：=]{{0,3}}(?P<v>[1-9][0-9]{{4,10}}){_NO_COUNT}"
        ),
        0.8,
    ),
)

_ANY_HAN = re.compile(f"[{HAN}]")
_MESSENGER = re.compile(r"[微薇威]信|wxid_|[Ww]e(?:[Cc]hat|ixin)|WECHAT|[加VvWw][Xx信Vv微]|[Qq]{2}|扣扣")


def find(text: str) -> Iterator[Span]:
    """Yield the Chinese numbers of a shadow's text that has a digit."""
    has_han = not text.isascii() and _ANY_HAN.search(text) is not None
    for rule in (*RULES, *(CHINESE_RULES if has_han else ())):
        yield from rule.find(text)


def find_accounts(text: str) -> Iterator[Span]:
    """Yield the WeChat and QQ accounts of a shadow's text, which need no digit."""
    if _MESSENGER.search(text):
        for rule in ACCOUNT_RULES:
            yield from rule.find(text)
