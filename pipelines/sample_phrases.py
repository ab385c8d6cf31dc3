"""What invented customers say, in English and in Chinese: tables for `sample.py`, no logic.

Every address, number and name here is invented or set aside for examples: the mail domains of RFC 2606, the
telephone numbers 555-0100 to 555-0199, Chinese prefixes that no operator holds, card numbers of test manuals.
"""

from dataclasses import dataclass

EMAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example")
CARDS = ("4111 1111 1111 1111", "4242424242424242", "5555-5555-5555-4444", "378282246310005")


@dataclass(frozen=True)
class Phrases:
    """One language: how its speakers are called, reached and annoyed."""

    language: str
    full_name: str
    given: dict[str, str]  # as written -> as spelled in an e-mail address
    family: dict[str, str]
    cities: tuple[str, ...]
    phones: tuple[str, ...]  # any digit may stand for a #
    phone_forms: tuple[str, ...]  # the first one is the form in the phone column
    streets: tuple[str, ...]
    products: dict[str, tuple[str, ...]]  # product -> the aspects that only it has
    aspects: tuple[str, ...]
    times: tuple[str, ...]
    words: dict[int, tuple[str, ...]]  # 1 praises, 0 shrugs, -1 complains
    facts: dict[int, tuple[str, ...]]
    plain: tuple[str, ...]
    denied: tuple[str, ...]  # the word means its opposite
    feigned: tuple[str, ...]  # a negation stands there, yet the word means what it says
    shapes: dict[str, tuple[str, ...]]  # how clauses {a} and {b} join; the name says which one counts
    asides: tuple[str, ...]
    private: tuple[str, ...]
    stops: tuple[str, ...]
    gap: str
    homophones: dict[str, str]  # a character -> what is typed for it; none where people type letters


def _spelled(names: str) -> dict[str, str]:
    """Read `written:spelled` pairs; a name without a colon is spelled as it is written."""
    pairs = (name.partition(":") for name in names.split())
    return {written: spelled or written.lower() for written, _, spelled in pairs}


def _listed(phrases: str) -> tuple[str, ...]:
    """Read phrases that stand between upright bars."""
    return tuple(phrases.split(" | "))


EMOJI = {1: ("😀", "👍", "❤️", "🎉", "😍"), 0: ("🤷", "😐", "🤔", "😅"), -1: ("😡", "👎", "😤", "💔", "🙄")}

ENGLISH = Phrases(
    language="en",
    full_name="{given} {family}",
    given=_spelled(
        "Maria James Aisha Oliver Emma Noah Sofia Liam Grace Ethan Chloe Daniel Hannah Lucas Ruth Samuel Nina Peter "
        "Clara Marcus Elena Victor Julia Owen Priya Felix Leah Adam Tessa Hugo Ivy Miles Joan Kevin Laura Simon Amira "
        "Brian Dora Frank Gwen Harry Irene Jack Kira Leo Mona Neil Olive Paul Rosa Sean Tara Wendy Zoe Arthur Becky"
    ),
    family=_spelled(
        "Lopez Smith Khan Brown Novak Taylor Rossi Evans Meyer Walker Silva Cooper Patel Hughes Jensen Ward Moreno "
        "Foster Kelly Bauer Price Reyes Morgan Dubois Parker Schmidt Hayes Costa Bennett Fischer Gray Ortiz Russell "
        "Larsen Myers Romero Sanders Weber Wood Vargas Jenkins Perry Powell Butler Barnes Fisher Simmons Graham "
        "O'Brien:obrien McKay Sullivan Wallace Woods Cole West Jordan Owens Reynolds Ellis Harrison Gibson Cruz"
    ),
    cities=("New York", "Chicago", "Austin", "Seattle", "Boston", "Denver", "Portland", "Atlanta", "Miami"),
    phones=("21255501##", "31255501##", "51255501##", "20655501##", "61755501##", "30355501##"),
    phone_forms=("{a}-{b}-{c}", "+1 ({a}) {b}-{c}", "({a}) {b}-{c}", "{a}.{b}.{c}", "+1 {a} {b} {c}"),
    streets=("{number} Maple Street", "{number} Oak Avenue", "{number} Mill Lane", "{number} North Lake Road, Apt 4"),
    products={
        "pair of headphones": ("sound", "battery", "noise cancelling", "headband"),
        "kettle": ("lid", "handle", "spout"),
        "backpack": ("zip", "strap", "laptop pocket"),
        "phone case": ("grip", "corner protection"),
        "desk lamp": ("light", "dimmer", "base"),
        "pair of running shoes": ("sole", "fit", "heel"),
        "blender": ("motor", "blade", "jug"),
        "keyboard": ("key travel", "battery", "backlight"),
        "smart watch": ("screen", "battery", "app"),
        "coffee grinder": ("grind", "motor", "noise level"),
    },
    aspects=_listed(
        "build quality | colour | size | price | packaging | delivery | support | manual | design | material | "
        "finish | weight | warranty | workmanship"
    ),
    times=("a week", "two weeks", "a month", "3 days", "half a year", "10 days", "three months"),
    words={
        1: ("good", "great", "excellent", "solid", "lovely", "impressive", "reliable", "fantastic"),
        0: ("average", "ok", "so-so", "middling", "nothing special", "acceptable", "ordinary"),
        -1: ("bad", "terrible", "poor", "awful", "disappointing", "useless", "annoying", "unreliable"),
    },
    facts={
        1: _listed(
            "it still works like new after {time} | I would buy it again | my whole family wants one now | "
            "the {product} came a day early | support answered within minutes | it does exactly what I needed | "
            "the {product} was worth every cent | I recommended it to two friends | I use it every single day"
        ),
        0: _listed(
            "it does its job and nothing more | the {product} is what it is | I have no strong feelings about it | "
            "it is a {product} like any other | you get what you pay for | after {time} I still can't decide | "
            "the {aspect} is neither good nor bad | the {aspect} is what one expects at this price | "
            "not much to say about the {aspect} | the {aspect} is not great and not terrible either"
        ),
        -1: _listed(
            "it broke after {time} | the {product} stopped working within {time} | I sent it back after {time} | "
            "support left me waiting for {time} | I want my money back | it came with a crack | I regret buying it | "
            "the {product} smells of burnt plastic | it went straight into the bin | I would send it back today"
        ),
    },
    plain=_listed(
        "the {aspect} is {word} | the {aspect} is really {word} | I find the {aspect} {word} | {word} {aspect} | "
        "the {aspect} feels {word} to me | the {aspect} turned out to be {word} | I think the {aspect} is {word} | "
        "after {time} the {aspect} is still {word} | the {aspect} of this {product} is {word}"
    ),
    denied=_listed(
        "the {aspect} is not {word} at all | the {aspect} is not what I'd call {word} | the {aspect} isn't {word} | "
        "I would not say that the {aspect} is {word} | nobody could call the {aspect} of this {product} {word} | "
        "the {aspect} is anything but {word} | I don't think the {aspect} is {word} | "
        "there is nothing {word} about the {aspect} | I never found the {aspect} {word}"
    ),
    feigned=_listed(
        "no doubt the {aspect} is {word} | I can't stress enough how {word} the {aspect} is | "
        "I never expected the {aspect} to be so {word} | nobody told me the {aspect} would be this {word} | "
        "it is not just me, the {aspect} is {word} | I don't exaggerate when I call the {aspect} {word}"
    ),
    shapes={
        "alone": ("{a}",),
        "agreeing": _listed(
            "{a} and {b} | {a}. {b} | {a}, and what is more, {b} | {a}, {b} | first of all {a}, and {b} | "
            "{a}, no wonder {b} | {a}, besides {b}"
        ),
        "second_wins": _listed(
            "{a}, but {b} | although {a}, {b} | even though {a}, {b} | {a}. however, {b} | {a}, but overall {b} | "
            "despite the fact that {a}, {b} | the ads say {a}, the truth is {b} | my friends say {a}, I say {b} | "
            "while {a}, {b}"
        ),
        "first_wins": _listed(
            "{a}, although {b} | {a}, even though {b} | {a}, despite the fact that {b} | overall {a}, although {b} | "
            "the truth is {a}, even though the ads say {b} | I say {a}, even though my friends say {b} | "
            "{a}, even if {b}"
        ),
        "balanced": _listed(
            "{a} and {b}, hard to say | {a}, then again {b} | on the one hand {a}, on the other {b} | "
            "{a}, {b}, so I am torn | {a}. {b}. it evens out | {a} and at the same time {b}"
        ),
        "sarcastic": _listed(
            "oh great, {a} | wow, {a}, just what I needed | fantastic, {a}. money well spent | 10 out of 10, {a}"
        ),
    },
    asides=_listed(
        "bought the {product} for my sister | I've had it for {time} | ordered it on a Sunday | my second {product} | "
        "used it for {time} now | it replaces my old {product} | got it as a present | photos will follow | "
        "the {product} is for my office | just my two cents | tested it for {time} | hope this helps | "
        "got it on sale | this is about the {product} in the larger size | I'm writing this after {time}"
    ),
    private=_listed(
        "You can reach me at {email} | My e-mail is {email} if you need pictures | Please reply to {email} | "
        "Call me at {phone} | My number is {phone}, evenings only | text {phone} when a new one is in stock | "
        "Pictures at {url} | I wrote more on {url} | Follow me, I'm {handle} | ping {handle} for details | "
        "The order number was {order} | ref {order} in case somebody checks | I live at {address} | "
        "They left it next door to {address} | If you call them, ask for {name} | My name is {me}, by the way | "
        "{name} from support knows the case | Ask Mr. {family} at the shop | You charged my card {card} twice"
    ),
    stops=(".", ".", ".", "!", "...", "", " :)"),
    gap=" ",
    homophones={},
)

CHINESE = Phrases(
    language="zh",
    full_name="{family}{given}",
    given=_spelled(
        "伟:wei 芳:fang 娜:na 敏:min 静:jing 磊:lei 洋:yang 勇:yong 艳:yan 杰:jie 涛:tao 明:ming 超:chao 霞:xia "
        "平:ping 雷:lei 秀英:xiuying 桂英:guiying 小红:xiaohong 志强:zhiqiang 建国:jianguo 子涵:zihan 浩然:haoran "
        "雨桐:yutong 欣怡:xinyi 梓萱:zixuan 宇轩:yuxuan 思远:siyuan 佳怡:jiayi 晓东:xiaodong 丽华:lihua 文博:wenbo "
        "嘉豪:jiahao 美玲:meiling 天宇:tianyu 雪梅:xuemei 一鸣:yiming 诗涵:shihan 俊杰:junjie 婷婷:tingting "
        "海燕:haiyan 国强:guoqiang"
    ),
    family=_spelled(
        "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 胡:hu "
        "郭:guo 何:he 林:lin 罗:luo 郑:zheng 梁:liang 谢:xie 宋:song 唐:tang 许:xu 韩:han 冯:feng 邓:deng 曹:cao "
        "彭:peng 曾:zeng 肖:xiao 田:tian 董:dong 潘:pan 袁:yuan 蔡:cai 蒋:jiang 余:yu 于:yu 杜:du 叶:ye 程:cheng "
        "魏:wei 苏:su"
    ),
    cities=("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安", "南京", "重庆"),
    phones=("154########", "164########", "169########", "179########"),
    phone_forms=("{a}{b}{c}", "{a} {b} {c}", "{a}-{b}-{c}", "+86 {a}-{b}-{c}", "+86 {a}{b}{c}"),
    streets=("幸福路{number}号", "朝阳区花园街{number}号3单元402室", "和平大道{number}号", "滨江区青年路{number}号"),
    products={
        "耳机": ("音质", "降噪", "续航", "头梁"),
        "电水壶": ("壶盖", "手柄", "壶嘴"),
        "双肩包": ("拉链", "背带", "隔层"),
        "手机壳": ("手感", "防摔效果"),
        "台灯": ("亮度", "底座", "调光"),
        "跑鞋": ("鞋底", "脚感", "透气性"),
        "榨汁机": ("电机", "刀头", "杯子"),
        "键盘": ("按键", "续航", "背光"),
        "手表": ("屏幕", "续航", "app"),
        "磨豆机": ("研磨", "电机", "静音"),
    },
    aspects=_listed(
        "做工 | 颜色 | 尺寸 | 价格 | 包装 | 物流 | 客服 | 说明书 | 外观 | 材质 | 质量 | 重量 | 售后 | 细节"
    ),
    times=("一周", "两周", "一个月", "3天", "半年", "十来天", "三个月", "几天"),
    words={
        1: ("好", "棒", "出色", "满意", "靠谱", "优秀", "给力", "扎实", "让人放心"),
        0: ("一般", "普通", "凑合", "中规中矩", "马马虎虎", "过得去"),
        -1: ("差", "烂", "糟糕", "失望", "垃圾", "难用", "粗糙", "离谱", "让人生气"),
    },
    facts={
        1: _listed(
            "用了{time}还跟新的一样 | 下次还会买这个{product} | 家里人都想要一个 | 提前一天就到了 | 客服几分钟就回了 | "
            "正好是我要的{product} | 这钱花得值 | 已经推荐给两个朋友 | 每天都在用"
        ),
        0: _listed(
            "能用，没什么特别的 | 就是个普通的{product} | 说不上喜欢还是讨厌 | 一分钱一分货 | "
            "用了{time}还是没想好留不留 | {aspect}不好也不坏 | {aspect}没什么可说的 | {aspect}对得起这个价 | "
            "{aspect}不算差也不算好"
        ),
        -1: _listed(
            "用了{time}就坏了 | {product}不到{time}就罢工 | {time}后就退货了 | 客服拖了我{time} | 我要退钱 | "
            "到手就有裂痕 | 后悔买了这个{product} | 一股塑料味 | 直接扔垃圾桶了 | 今天就想退"
        ),
    },
    plain=_listed(
        "{aspect}很{word} | {aspect}真的{word} | {aspect}挺{word}的 | 觉得{aspect}{word} | {aspect}太{word}了 | "
        "用了{time}，{aspect}还是很{word} | 这个{product}的{aspect}很{word} | 我认为{aspect}{word}"
    ),
    denied=_listed(
        "{aspect}一点也不{word} | {aspect}算不上{word} | {aspect}谈不上有多{word} | 我不觉得{aspect}{word} | "
        "没人会说这个{product}的{aspect}{word} | {aspect}并没有说的那么{word} | {aspect}不{word} | "
        "没看出{aspect}有什么{word}的地方 | 不能说{aspect}很{word}"
    ),
    feigned=_listed(
        "不得不说{aspect}很{word} | {aspect}不是一般的{word} | 没想到{aspect}这么{word} | 没人不说{aspect}{word} | "
        "不是我一个人觉得{aspect}{word} | 不能不说{aspect}真的{word}"
    ),
    shapes={
        "alone": ("{a}",),
        "agreeing": ("{a}，{b}", "{a}，而且{b}", "{a}。{b}", "首先{a}，其次{b}", "{a}，另外{b}", "{a}，难怪{b}"),
        "second_wins": _listed(
            "虽然{a}，但是{b} | 虽然{a}，{b} | 尽管{a}，{b} | {a}，但是{b} | {a}，不过总的来说{b} | 就算{a}，{b} | "
            "广告说{a}，其实{b} | 朋友说{a}，我说{b}"
        ),
        "first_wins": _listed(
            "{a}，虽然{b} | {a}，尽管{b} | 总的来说{a}，虽然{b} | {a}，就算{b} | 其实{a}，虽然广告说{b} | "
            "我说{a}，尽管朋友说{b}"
        ),
        "balanced": _listed(
            "{a}，{b}，也就那样 | {a}，同时{b} | 一方面{a}，另一方面{b} | {a}，{b}，很纠结 | {a}。{b}。算扯平了"
        ),
        "sarcastic": ("太好了，{a}", "真棒，{a}，正合我意", "好极了，{a}，这钱花得真值", "给满分，{a}"),
    },
    asides=_listed(
        "给妹妹买的{product} | 用了{time}了 | 周末下的单 | 第二次买{product}了 | 换掉了旧的{product} | 朋友送的 | "
        "图片以后补 | 放在办公室用的 | 个人看法 | 试了{time} | 希望有帮助 | 打折时买的 | 说的是大号的{product} | "
        "写在使用{time}之后"
    ),
    private=_listed(
        "有问题发邮件到{email} | 我的邮箱是{email} | 请回复{email} | 打我电话{phone} | 手机{phone}，晚上方便 | "
        "有货了请发短信到{phone} | 图片在{url} | 详细的写在{url} | 微博关注{handle} | 可以私信{handle} | "
        "订单号{order} | 单号是{order}，麻烦查一下 | 我住在{address} | 快递放到{address}了 | 找客服{name}就行 | "
        "我叫{me} | 客服{name}知道情况 | 客服小{family}可以作证 | 我的卡{card}被扣了两次 | "
        "登记的身份证号是{identity} | 售后要了我的身份证{identity}"
    ),
    stops=("。", "。", "。", "！", "…", "", "~"),
    gap="",
    homophones=_spelled("得:的 的:得 在:再 做:作 就:旧 那:哪 已:以 想:象 量:亮"),
)
