"""Controls 1 to 6: why these data may be processed at all, and what for."""

from pipelines.compliance.control import Control, Fact, Facts, Said, absent, fact, none_of
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.register import FILE, Register
from pipelines.record import Record

GROUP = Said("Lawfulness and purpose", "合法性与目的")
RAW, RAW_POINTER, LEDGER, RUN = "data/raw", "data/raw.dvc", "ledger", "data/splits/train.parquet"
FIELDS = {
    "owner": Said("owner", "负责人"),
    "contact": Said("contact", "联系方式"),
    "purpose": Said("purpose", "处理目的"),
    "lawful_basis": Said("lawful basis", "合法性基础"),
    "retention_days": Said("retention, days", "保存期限（天）"),
    "location": Said("location", "存放地点"),
}


def no_register() -> Fact:
    """The fact that nobody has written a register."""
    return absent("register of processing", "处理活动登记", FILE)


def registered(evidence: Evidence) -> Facts:
    """Whether every field of the register says something."""
    register = evidence.register
    if register is None:
        return [no_register()]
    facts = [
        Fact(said, FILE, Said(str(value or "-"), str(value or "-")), bool(value))
        for name, said in FIELDS.items()
        for value in [getattr(register, name)]
    ]
    recipients = ", ".join(each.name for each in register.recipients) or "-"
    return [*facts, fact("recipients", "接收方", FILE, recipients, all(each.name for each in register.recipients))]


def consented(evidence: Evidence) -> Facts | Said:
    """Whether every row that can be read is of somebody who consents, and has not withdrawn before the last run."""
    register, stored = evidence.register, evidence.stored
    if register is None:
        return [no_register()]
    if register.lawful_basis != "consent":
        return _other_basis(register, evidence.record)
    if stored is None:
        return [absent("rows of data/raw, opened in memory", "内存中打开的原始行", RAW)]
    role = evidence.record.with_role("consent")
    return [
        fact(
            "column with the role `consent`",
            "同意角色列",
            "params.yaml: record",
            role.name if role else "-",
            bool(role),
        ),
        none_of("rows without consent", "无同意的行", RAW, stored.without_consent, stored.rows),
        none_of(
            "rows of people who withdrew before the run", "运行前已撤回同意者的行", RAW, stored.withdrawn, stored.rows
        ),
    ]


def _other_basis(register: Register, record: Record) -> Facts | Said:
    """Without consent as the basis the control does not apply, unless the data ask people for consent all the same."""
    if register.lawful_basis is None:
        return [absent("lawful basis", "合法性基础", FILE)]
    role = record.with_role("consent")
    if role is not None:
        return [
            fact(
                "basis although `record` asks for consent",
                "记录含同意列但登记为其他依据",
                FILE,
                register.lawful_basis,
                False,
            )
        ]
    return Said(
        f"The lawful basis is not consent but: {register.lawful_basis}.",
        f"合法性基础不是同意，而是：{register.lawful_basis}。",
    )


def recorded(evidence: Evidence) -> Facts | Said:
    """Whether every consent says how it was given, in a chain that holds, and everybody is covered."""
    register, stored, chain = evidence.register, evidence.stored, evidence.chain
    if register is None:
        return [no_register()]
    if register.lawful_basis != "consent":
        return _other_basis(register, evidence.record)
    if chain is None or stored is None:
        return [absent("consent record", "同意记录", LEDGER)]
    incomplete = sum(not (each.notice and each.channel and each.purpose) for each in evidence.consents)
    covered = sum(each.subjects for each in evidence.consents)
    return [
        fact("entries of the consent record", "同意记录条数", LEDGER, len(evidence.consents), bool(evidence.consents)),
        none_of("entries without purpose, notice or channel", "缺目的、告知版本或渠道的条目", LEDGER, incomplete),
        fact("people covered", "已覆盖人数", LEDGER, f"{covered:,} / {stored.subjects:,}", covered >= stored.subjects),
        holding(evidence),
    ]


def holding(evidence: Evidence) -> Fact:
    """Whether the ledger's hash chain holds."""
    chain = evidence.chain
    if chain is None or not chain.entries:
        return absent("hash chain", "哈希链", LEDGER)
    broken = Said(f"broken at entry {chain.broken_at}", f"第 {chain.broken_at} 条断裂")
    whole = Said(f"{chain.entries:,} entries, unbroken", f"{chain.entries:,} 条，完整")
    return Fact(
        Said("hash chain", "哈希链"), LEDGER, whole if chain.broken_at is None else broken, chain.broken_at is None
    )


def separately_consented(evidence: Evidence) -> Facts:
    """Whether sensitive columns, and children, have a consent of their own."""
    register, stored = evidence.register, evidence.stored
    if register is None or stored is None:
        return [no_register() if register is None else absent("rows of data/raw", "原始行", RAW)]
    undeclared = ", ".join(stored.undeclared) or "0"
    facts = [
        fact(
            "sensitive by name, and not declared",
            "名称敏感但未申报的列",
            "params.yaml: record",
            undeclared,
            not stored.undeclared,
        ),
        none_of(
            "rows of people under 14 without a guardian's consent",
            "未满十四周岁且无监护人同意的行",
            RAW,
            stored.minors,
            stored.rows,
        ),
    ]
    for column, consent in register.sensitive.items():
        known = consent in evidence.record.names
        lacking = stored.sensitive_without_consent.get(column)
        figure = f"{consent}: {lacking:,}" if known and lacking is not None else f"{consent}: ?"
        facts.append(
            fact(
                f"rows of `{column}` without consent of its own",
                f"`{column}` 缺单独同意的行",
                RAW,
                figure,
                known and lacking == 0,
            )
        )
    return facts


def purposeful(evidence: Evidence) -> Facts:
    """Whether the purpose of the run is among the purposes of everything that went into it."""
    register, stored = evidence.register, evidence.stored
    if register is None or stored is None:
        return [no_register() if register is None else absent("rows of data/raw", "原始行", RAW)]
    inputs = ["source", *(["feedback"] if stored.feedback else [])]
    facts = []
    for name in inputs:
        purposes = register.inputs.get(name, ())
        facts.append(
            fact(
                f"purposes of the input `{name}`",
                f"输入 `{name}` 的目的",
                FILE,
                ", ".join(purposes) or "-",
                register.purpose in purposes,
            )
        )
    return [fact("purpose of the run", "本次运行的目的", FILE, register.purpose, bool(register.purpose)), *facts]


CONTROLS = (
    Control(
        1,
        GROUP,
        Said("The data set is in the register, complete", "数据集已登记且登记完整"),
        Said("GDPR 30; GB/T 35273 11.3", "GDPR 第30条；GB/T 35273 11.3"),
        registered,
    ),
    Control(
        2,
        GROUP,
        Said("Every row has a consent that is active", "每一行都有有效同意"),
        Said("GDPR 6/7; PIPL 13-15; GenAI Measures 7", "GDPR 第6、7条；个保法第13-15条；生成式AI办法第7条"),
        consented,
    ),
    Control(
        3,
        GROUP,
        Said("Consents are recorded whole, in a chain that holds", "同意记录完整且哈希链成立"),
        Said("GDPR 7(1); PIPL 14/17", "GDPR 第7(1)条；个保法第14、17条"),
        recorded,
    ),
    Control(
        4,
        GROUP,
        Said("Sensitive categories have a consent of their own", "敏感信息取得单独同意"),
        Said("GDPR 9; PIPL 29/31", "GDPR 第9条；个保法第29、31条"),
        separately_consented,
    ),
    Control(
        6,
        GROUP,
        Said("The purpose of the run is a purpose of all its inputs", "运行目的属于全部输入的目的"),
        Said("GDPR 5(1)(b); GB/T 35273 7.3", "GDPR 第5(1)(b)条；GB/T 35273 7.3"),
        purposeful,
    ),
)
