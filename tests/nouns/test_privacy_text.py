"""Identifiers in English and Chinese text: found by pattern and check, taken out, and nothing else touched.

Every identifier here is invented: reserved domains and addresses, 555-01xx numbers, check digits made to fit.
"""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.placeholders import replace
from pipelines.privacy.spans import Span, resolve
from pipelines.privacy.text import clean

ENGLISH = [
    ("Write to jo.doe+list@mail.example.org.", "Write to <EMAIL>."),
    ("José is josé@example.com, ok?", "José is <EMAIL>, ok?"),
    ("Call (202) 555-0123 or 202-555-0145 x12.", "Call <PHONE> or <PHONE>."),
    ("Call +1 202.555.0123 2015 times", "Call <PHONE> 2015 times"),
    ("Ring +44 20 7946 0958 or 07700 900123", "Ring <PHONE> or <PHONE>"),
    ("Phone:\n555-0123\nbye", "Phone:\n<PHONE>\nbye"),
    ("See http://www.example.com/a?b=(c).", "See <URL>."),
    ("(see https://example.org/x) and www.example.net!", "(see <URL>) and <URL>!"),
    ("my page: example.com/~jo and t.co/AbC12", "my page: <URL> and <URL>"),
    ("thanks @jo_doe, @ann.lee.", "thanks <HANDLE>, <HANDLE>."),
    ("so says @77walker, not @10am", "so says <HANDLE>, not @10am"),
    ("from 192.0.2.17 and 2001:db8::8a2e:370:7334", "from <IP> and <IP>"),
    ("card 00:1A:2b:3c:4d:5e, 00-1A-2B-3C-4D-5F", "card <MAC>, <MAC>"),
    ("GB82 WEST 1234 5698 7654 32 is mine", "<IBAN> is mine"),
    ("pay from gb82west12345698765432", "pay from <IBAN>"),
    ("4111 1111 1111 1111 123", "<CARD> 123"),
    ("amex 3782-822463-10005 visa 4111111111111111.", "amex <CARD> visa <CARD>."),
    ("SSN 219-09-9999", "SSN <ID>"),
    ("order 123-4567890 is late", "order <ID> is late"),
    ("an application (no. 36110/97) against", "an application (no. <ID>) against"),
    ("applications nos. 36110/97, 3611/97 and 361/98", "applications nos. <ID>, <ID> and <ID>"),
    ("passport no. X1234567", "passport no. <ID>"),
    ("Driver's license: D123-4567-8901", "Driver's license: <ID>"),
    ("send to 0x" + "52908400098527886E0F" * 2, "send to <ID>"),
    ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "<ID>"),
    ("He lives at 12 Elm Tree Road, Apt 4B.", "He lives at <ADDRESS>."),
    ("350 5th Avenue, Springfield, IL 62704", "<ADDRESS>"),
    ("P.O. Box 123, SW1A 2AA", "<ADDRESS>, <ADDRESS>"),
    ("wechat: jo_doe88 thanks", "wechat: <ID> thanks"),
]

CHINESE = [
    ("邮箱zhang.san@example.com请查收", "邮箱<EMAIL>请查收"),
    ("电话13800012345，或138-0001-2345、+86 138 0001 2345", "电话<PHONE>，或<PHONE>、<PHONE>"),
    ("＋８６１３８０００１２３４５", "<PHONE>"),
    ("138\u200b0001\u200b2345，好", "<PHONE>，好"),
    ("座机010-65550123，（0755）8655 0123转8", "座机<PHONE>，<PHONE>"),
    ("客服400-123-4567", "客服<PHONE>"),
    ("看http://t.cn/AbC12（有图）", "看<URL>（有图）"),
    ("关注@小明 和＠abc_def。", "关注<HANDLE> 和<HANDLE>。"),
    ("证件11010519491231002X", "证件<ID>"),
    ("证件110105 19491231 002X，15位130503670401001", "证件<ID>，15位<ID>"),
    ("代码91350100M000100Y43有效", "代码<ID>有效"),
    ("京A12345和粤BD12345，沪A·1234警", "<ID>和<ID>，<ID>"),
    ("护照E12345678，港澳通行证C12345678", "护照<ID>，港澳通行证<ID>"),
    ("加V abc_12345，微信号：zhangsan", "加V <ID>，微信号：<ID>"),
    ("微信号：zhangsan，加V zhang_san", "微信号：<ID>，加V <ID>"),
    ("店铺位于上海市羽山路166号。", "店铺位于<ADDRESS>。"),
    ("QQ：123456789，QQ群 12345678", "QQ：<ID>，QQ群 <ID>"),
    ("案号（2023）京0105民初12345号", "案号<ID>"),
    ("订单号：2023110212345678，账号 6217000099", "订单号：<ID>，账号 <ID>"),
    ("我住在北京市朝阳区建国路88号院3号楼502室，来吧", "我住在<ADDRESS>，来吧"),
    ("寄到广东省深圳市南山区科技园科苑南路1号。", "寄到<ADDRESS>。"),
]

INNOCENT = [
    "It cost 100,000 dollars in 2015, or $1,234,567.89.",
    "On 2015-02-16 at 12:30:45 we met; on 16/02/2015 too; 20150216.",
    "My iPhone 12 plays 1080p at 60 fps; the Canon EOS 5D and Boeing 747-400 do not.",
    "We won 3-2, then 110-108, then lost 21:19.",
    "Version 10.0.19045.1 and v1.2.3.4; Python 3.11.7; section 3.2.1.4.",
    "The film ran from 1999-2004 and 1914-1918; in 1999 Wall Street fell.",
    "Pi is 3.14159265358979 and the ratio 0.13812345678.",
    "10/10, 5 @ 3.50, @ $5 each, 7 lbs @ 10 kg, 24/7, and/or, he/she.",
    "std::vector<int> and Base::Add use a::b; ASP.NET and Node.js run it.",
    "GDP grew 6.9% to 1 234 567 890 yuan; 1,000,000,000 in all.",
    "In case 2015 is late, order 12 pizzas; file 2001 was lost; Article 664 of Law no. 49/2003.",
    "ISBN 0306406152 and 978-0-306-40615-7; order of 200-300 people.",
    "Blood pressure 120/80 and screens of 1920x1080, 16:9.",
    "Rated 8.5/10 by 12345 people; top 100; 1st, 2nd, 33rd.",
    "What the f@ss, #@ing; &#61514; and &#23454; the 1888 Supreme Court; in 1947, The Road opened.",
    "Groups of 10 20 30 40 50 60 70 80 90.",
    "价格100,000元，2015年2月16日，12:30，共12345678人。",
    "订单2000元，QQ有10000人，微信支付很方便，账户100万。",
    "iPhone 12的屏幕是1080p，得分3-2，第747号文件。",
    "房间302，价格580元/晚，2018-05-01入住，离地铁站500米。",
    "我在北京市出差，住了3天，评分4.5分，路上花了88元。",
    "",
]

EXAMPLES = ENGLISH + CHINESE


@pytest.mark.parametrize(("text", "cleaned"), EXAMPLES)
def test_what_identifies_somebody_gives_way_to_its_type_and_all_else_stays(text: str, cleaned: str) -> None:
    assert clean(text)[0] == cleaned


@pytest.mark.parametrize("text", INNOCENT)
def test_prices_dates_scores_and_versions_are_nobody(text: str) -> None:
    assert clean(text) == (text, [])


@pytest.mark.parametrize("text", [text for text, _ in EXAMPLES])
def test_what_is_found_in_a_sentence_is_found_between_chinese_characters_too(text: str) -> None:
    types = [span.type for span in find_identifiers(text)]
    assert [span.type for span in find_identifiers(f"甲：{text}。乙")] == types


def test_all_seven_chinese_identifiers_of_one_sentence_are_found() -> None:
    cleaned, spans = clean(
        "身份证号是11010519491231002X，手机13812345678，银行卡6222021234567890128，车牌京A12345，"
        "护照E12345678，统一社会信用代码91350100M000100Y43，微信wxid_abc123"
    )
    assert [span.type for span in spans] == ["ID", "PHONE", "CARD", "ID", "ID", "ID", "ID"]
    assert cleaned == "身份证号是<ID>，手机<PHONE>，银行卡<CARD>，车牌<ID>，护照<ID>，统一社会信用代码<ID>，微信<ID>"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # Luhn
        "GB83WEST12345698765432",  # remainder modulo 97
        "110105194912310021",  # GB 11643
        "110105194913310020",  # the thirteenth month
        "91350100M000100Y44",  # GB 32100
        "000-12-3456",  # an area that is never issued
        "192.0.2.256",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",  # base58 check
    ],
)
def test_a_wrong_check_digit_is_no_identifier(text: str) -> None:
    assert find_identifiers(text) == []


def test_every_line_speaks_for_itself() -> None:
    assert find_identifiers("138\n0001\n2345") == []


def test_of_overlapping_spans_the_longer_wins_and_then_the_more_certain() -> None:
    long, short, sure = Span(0, 9, "A", 0.5), Span(4, 8, "B", 1.0), Span(20, 24, "C", 0.9)
    assert resolve([sure, short, Span(20, 24, "D", 0.8), long, Span(9, 9, "E", 1.0)]) == [long, sure]


def test_a_foreign_tagger_plugs_in_beside() -> None:
    text = "张三13800012345"
    assert replace(text, [*find_identifiers(text), Span(0, 2, "PERSON", 0.9)]) == "<PERSON><PHONE>"


def test_placeholders_are_never_matched_again() -> None:
    types = ["EMAIL", "PHONE", "URL", "HANDLE", "IP", "MAC", "IBAN", "CARD", "ID", "ADDRESS", "PERSON"]
    for glue in ("", " ", "@", "/", ": ", "12", "微信"):
        text = glue.join(f"<{name}>" for name in types)
        assert clean(f"order no. {text}") == (f"order no. {text}", [])


# Pieces that meet in unlucky ways: every example, cut anywhere, beside marks, digits and placeholders.
PIECES = st.one_of(
    st.sampled_from([text for text, _ in EXAMPLES]),
    st.sampled_from([text for text, _ in EXAMPLES]).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(
            lambda cut: text[min(cut) : max(cut)]
        )
    ),
    st.sampled_from(
        ["<EMAIL>", "<", ">", "@", ".", "-", "/", " ", "\n", ":", "1", "13", "\u200b", "\u202e", "号", "x"]
    ),
    st.text(st.characters(exclude_categories=()), max_size=8),  # lone surrogates included
    st.text("0123456789 -+()", max_size=24),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    cleaned, _ = clean(text)
    assert clean(cleaned) == (cleaned, [])


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_spans_lie_in_the_text_apart_and_what_is_between_them_stays(text: str) -> None:
    cleaned, spans = clean(text)
    kept, done = "", 0
    for span in spans:
        assert done <= span.start < span.end <= len(text)
        assert 0 < span.score <= 1
        kept += text[done : span.start] + f"<{span.type}>"
        done = span.end
    assert cleaned == kept + text[done:]


@pytest.mark.parametrize(
    "unit",
    [
        "1-", "1 ", "a@", "a.", "@", "0", "1", "9", "http://", "http://a", "www.", "a.com/", "@a.b", "@abc", "a@b.co ",
        ":", "::", "a:", "1:", "12:34-", "1.", "1.1.1.1.", "+1", "+", "(", "A1", "A", "E12345678", "x@y.z@",
        "order no. ", "aa 123456 ", "order 123456 ", "phone 5550123 ",
        "no. 1/2, ", "12345/98 and ", "12 Aa Aa Aa ", "1 Aa ", "微信", "加V a1", "号", "路1号", "京A",
        "广东省", "广东省市区", "广东省深圳市1号", "（2023）京", "1\u200b", "\u200b", "１", "<EMAIL>", "<A",
        "GB82 ", "GB82WEST1234", "4111 ",
        "138 0001 2345", "QQ12345", "phone 1", "\n", "1\n", "138-0001-2345\n", "\ud800", "\u202e1", "A-", "0x",
        "bc1q", "3J",
    ],
)  # fmt: skip
def test_a_hundred_thousand_hostile_characters_do_not_hang_it(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    began = time.process_time()
    find_identifiers(text)
    # A quarter of a second where nothing else runs; a pattern that blows up takes minutes.
    assert time.process_time() - began < 10


def test_a_long_line_full_of_identifiers_takes_linear_time() -> None:
    text = "13800012345 jo@example.com " * 20_000
    began = time.process_time()
    assert len(find_identifiers(text)) == 40_000
    assert time.process_time() - began < 30


def test_ten_million_characters_are_read_through() -> None:
    text = "A quiet sentence about a film, with nobody in it. " * 200_000
    assert find_identifiers(text + "jo@example.com") == [Span(len(text), len(text) + 14, "EMAIL", 1.0)]
