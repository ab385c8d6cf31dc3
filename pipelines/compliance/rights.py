"""Controls 20 to 23 and 26: what people may ask for, and what happens when they do."""

from datetime import timedelta

from pipelines.compliance.control import Control, Facts, Said, absent, fact, none_of
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.lawfulness import LEDGER, no_register
from pipelines.compliance.register import FILE

GROUP = Said("Rights of persons", "个人权利")
# GDPR 12(3): one month; GB/T 35273 8.7: 30 days. The shorter one.
ANSWER = timedelta(days=30)
NOBODY = Said("Nobody has been forgotten yet.", "尚无人被删除。")


def answered(evidence: Evidence) -> Facts:
    """Whether no request of a person is open, or was open, for more than 30 days."""
    if evidence.chain is None or not evidence.chain.entries:
        return [absent("ledger of requests", "请求台账", LEDGER)]
    if evidence.register is None:
        return [no_register()]
    late = sum((each.closed or evidence.at) - each.at > ANSWER for each in evidence.requests)
    waiting = sum(each.closed is None for each in evidence.requests)
    contact = evidence.register.contact
    return [
        fact("where people can ask", "请求渠道", FILE, contact or "-", bool(contact)),
        fact("requests, of which open", "请求总数（未结）", LEDGER, f"{len(evidence.requests):,} ({waiting:,})", True),
        none_of("answered late, or open for more than 30 days", "超过30天未答复", LEDGER, late, len(evidence.requests)),
    ]


def erased(evidence: Evidence) -> Facts | Said:
    """Whether the keys of forgotten people are gone, and a search of every version since found nothing of them."""
    if not evidence.erasures:
        return NOBODY
    remaining = sum(each.key_remains for each in evidence.erasures)
    facts = [none_of("keys that remain", "仍存在的密钥", "FLYWHEEL_HOME/keys", remaining, len(evidence.erasures))]
    found = evidence.verification
    if found is None:
        return [*facts, absent("search of all places", "全部存储的核验", LEDGER)]
    newest = max(each.at for each in evidence.erasures)
    people = f"{found.subjects:,} / {len(evidence.erasures):,}"
    return [
        *facts,
        fact("people looked for", "已核验人数", LEDGER, people, found.subjects >= len(evidence.erasures)),
        fact(
            "searched after the last erasure",
            "核验晚于最近一次删除",
            LEDGER,
            f"{found.at:%Y-%m-%d %H:%M}",
            found.at >= newest,
        ),
        fact("places searched", "已核验的存储", LEDGER, found.places, found.places > 0),
        none_of("rows that still open", "仍可解密的行", LEDGER, found.decryptable),
        none_of(
            "people whom the model that serves should have unlearnt by now",
            "在用模型逾期仍未遗忘的人",
            LEDGER,
            found.derived,
        ),
    ]


def passed_on(evidence: Evidence) -> Facts | Said:
    """Whether every recipient was notified of every erasure."""
    if not evidence.erasures:
        return NOBODY
    register = evidence.register
    if register is None:
        return [no_register()]
    names = {each.name for each in register.recipients}
    if not names:
        return Said("The register names no recipient.", "登记中没有接收方。")
    unnotified = sum(len(names - set(each.notified)) for each in evidence.erasures)
    owed = len(names) * len(evidence.erasures)
    return [
        fact("recipients", "接收方", FILE, ", ".join(sorted(names)), True),
        none_of("notices not given", "未发出的通知", LEDGER, unnotified, owed),
    ]


def decided(evidence: Evidence) -> Facts | Said:
    """Whether there is a decision on every model that knew somebody who has been forgotten since."""
    if not evidence.erasures:
        return NOBODY
    decisions: dict[str, str | None] = {}
    for each in evidence.erasures:
        for model, decision in (each.models or {}).items():
            decisions[model] = decisions.get(model) or decision
    unlisted = sum(each.models is None for each in evidence.erasures)
    facts = [
        none_of("erasures without a list of models", "未列出受影响模型的删除", LEDGER, unlisted, len(evidence.erasures))
    ]
    for model, decision in sorted(decisions.items()):
        facts.append(
            fact(f"decision on model {model}", f"对模型 {model} 的决定", LEDGER, decision or "-", bool(decision))
        )
    return facts


def used_with_leave(evidence: Evidence) -> Facts:
    """Whether inputs of the service lie sealed, not for long, and teach nothing without their people's consent."""
    usage, register, stored = evidence.usage, evidence.register, evidence.stored
    if register is None or usage is None or stored is None:
        return [no_register() if register is None else absent("predictions and feedback", "预测与反馈", LEDGER)]
    days = register.limits.usage_days
    young = usage.oldest is None or evidence.at - usage.oldest <= timedelta(days=days)
    oldest = Said(f"oldest prediction (within {days} days)", f"最早的预测（{days} 天内）")
    return [
        none_of("predictions that lie unsealed", "未密封的预测", LEDGER, usage.unsealed, usage.predictions),
        fact(oldest.en, oldest.zh, LEDGER, f"{usage.oldest:%Y-%m-%d}" if usage.oldest else "0", young),
        none_of("answers learnt from without consent", "未经同意用于训练的反馈", LEDGER, usage.learnt_without_consent),
        none_of(
            "feedback rows without consent",
            "无同意的反馈行",
            "data/raw",
            stored.feedback_without_consent,
            stored.feedback,
        ),
    ]


CONTROLS = (
    Control(
        20,
        GROUP,
        Said("Requests are answered within a month", "请求在一个月内答复"),
        Said("GDPR 12(3)/15-17; PIPL 44-50; GB/T 35273 8.7", "GDPR 第12(3)、15-17条；个保法第44-50条；GB/T 35273 8.7"),
        answered,
    ),
    Control(
        21,
        GROUP,
        Said("Forgotten people open nowhere", "被删除者在任何版本中均不可读"),
        Said("GDPR 17; PIPL 47", "GDPR 第17条；个保法第47条"),
        erased,
    ),
    Control(
        22,
        GROUP,
        Said("Recipients are told of erasures", "已通知接收方删除"),
        Said("GDPR 19/28; PIPL 21/23", "GDPR 第19、28条；个保法第21、23条"),
        passed_on,
    ),
    Control(
        23,
        GROUP,
        Said("Models that knew a forgotten person are decided on", "涉及被删除者的模型均有决定"),
        Said("EDPB Opinion 28/2024", "EDPB 第28/2024号意见"),
        decided,
    ),
    Control(
        26,
        GROUP,
        Said("What users enter is not kept or learnt from without leave", "用户输入不经同意不留存、不训练"),
        Said("GenAI Measures 11", "生成式AI办法第11条"),
        used_with_leave,
    ),
)
