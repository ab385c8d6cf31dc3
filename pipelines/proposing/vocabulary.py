"""The words by which people call their columns, in English and Chinese, by what they mean; how sure each of them is."""


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _weighed(*sure: tuple[int, str]) -> dict[str, int]:
    return {word: weight for weight, words in sure for word in words.split()}


LABEL = _weighed(
    (10, "label labels target class classification sentiment polarity y 标签 类别 情感 情绪 分类 目标"),
    (7, "outcome churn churned default defaulted intent emotion stars diagnosis species survived spam fraud toxic"),
    (7, "toxicity subscribed approved exited attrition stance deposit 评分 星级 流失 违约 意图"),
    (5, "rating overall score grade category topic status result response quality verdict tag"),
    (3, "type income hate sarcasm gold answer loan risk purchased clicked converted 结果 等级 评级 类型 好评"),
)
GRADES = _all("rating ratings stars star score grade level severity satisfaction 评分 星级 等级 评级 打分 满意度")
WORTH = _all("price prices saleprice value cost charges premium rent 价格 房价 租金 售价 费用")
NOT_LABEL = _all(
    "confidence probability prob reason id count number index date time at name url weight text annotator version"
)
TEXT = _weighed(
    (10, "text review sentence content comment body tweet message document utterance transcript"),
    (10, "评论 内容 文本 正文 留言 点评 句子 评价"),
    (6, "question query description feedback note notes summary post abstract article news email mail sms"),
    (6, "answer response output completion 回答 答案 回复 输出"),
    (4, "title headline subject phrase reply instruction prompt input context 标题 问题 描述 摘要 备注 指令 提示 输入"),
)
# What stands above a text, or is asked by it, and belongs to it.
ABOVE = _all("title headline subject heading summary question instruction prompt 标题 题目 主题 摘要 问题 指令 提示")
TIME = _weighed(
    (5, "created timestamp datetime time date at when ts 时间 日期 发布 创建"),
    (2, "day month year hour posted published submitted updated event 年份 月份"),
)
BIRTH = _all("birth dob birthday birthdate born 生日 出生")
PERSON = _all(
    "user customer client member patient account subscriber author username login handle reviewer employee person"
    " participant respondent student sender buyer cust uid userid applicant borrower guest visitor nick passenger"
    " seller driver tenant owner worker teacher doctor cardholder policyholder"
    " 用户 客户 会员 账号 顾客 患者 员工 学生 作者 读者 买家 乘客 卖家 司机 业主 医生 教师"
)
KEY = _all(
    "id ids no num number key code hash uuid guid name email mail phone screen nickname nick the 编号 号 名 昵称"
)
ROW = _all("id index idx key uuid guid rowid pk unnamed 序号 编号")
NAMES = _all(
    "name firstname lastname surname fullname forename nickname username givenname first last 姓名 名字 昵称 用户名"
)
PAPERS = _all("ssn passport nric 身份证 护照")
MAIL = _all("email mail 邮箱")
REACH = _all(
    "email mail phone mobile tel telephone address street ssn iban passport ip whatsapp wechat qq card licence license"
    " 邮箱 电话 手机 地址 身份证 微信 护照 银行卡 车牌"
)
THINGS = _all(
    "product item brand company airline merchant store shop file model category city country school event class"
    " hotel restaurant movie book department project campaign"
)
PLACE = _all(
    "city town zip zipcode postcode postal state province region country county district location timezone lat lon"
    " latitude longitude coord lng 城市 省份 省 地区 邮编 国家 籍贯 区域 经度 纬度 所在地 位置"
)
TRAIT = _all(
    "age gender sex race ethnicity nationality religion marital marriage married education occupation job profession"
    " income salary disability dependents partner relationship senior citizen native birth dob birthday born"
    " 年龄 性别 民族 种族 宗教 国籍 婚姻 学历 教育 职业 收入 工资 生日 出生 残疾"
)
CONSENT = _all("consent consented optin gdpr permission 授权 同意")
SPLIT = _all("split fold set partition subset part 划分 数据集")
# The names of parts that `split` knows.
PARTS = _all("train valid validation dev val test")
WEIGHT = ("fnlwgt", "sample weight", "instance weight", "case weight", "survey weight", "权重")
# What a number of this name can be.
SCALES = {"age": (0, 120), "年龄": (0, 120)}

ALL = frozenset().union(LABEL, TEXT, TIME, BIRTH, PERSON, KEY, ROW, NAMES, REACH, PLACE, TRAIT, CONSENT, SPLIT)
