"""Controls 14, 15, 19 and 27: who looked, what was weighed beforehand, and who is told when it goes wrong."""

from datetime import timedelta

from pipelines.compliance.control import Control, Facts, Said, absent, fact, none_of
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.lawfulness import LEDGER, holding, no_register
from pipelines.compliance.register import FILE

GROUP = Said("Accountability", "问责")
# CSL 21 keeps logs for six months at least, PIPL 56 assessments for three years.
LOG_DAYS, ASSESSMENT_DAYS = 183, 3 * 365
SHORTEST_ASSESSMENT = 500
NOTICE = timedelta(hours=72)


def logged(evidence: Evidence) -> Facts:
    """Whether every access says who, what, when and why, in a chain from which nothing was cut off."""
    lacking = sum(not (each.who and each.what and each.version and each.why) for each in evidence.accesses)
    chain = evidence.chain
    since = chain.since if chain else None
    kept = Said("kept since the first entry; at least six months must be", "自首条起全部保留（须至少六个月）")
    return [
        fact("entries of the access log", "访问日志条数", LEDGER, len(evidence.accesses), bool(evidence.accesses)),
        none_of(
            "entries without who, what, version or why",
            "缺主体、对象、版本或目的的条目",
            LEDGER,
            lacking,
            len(evidence.accesses),
        ),
        holding(evidence),
        fact(kept.en, kept.zh, LEDGER, f"{since:%Y-%m-%d}", True) if since else absent(kept.en, kept.zh, LEDGER),
    ]


def matched(evidence: Evidence) -> Facts:
    """Whether every stage that a run had to open sealed rows for has an entry in the log while the run went on."""
    if not evidence.reads:
        return [absent("stages of runs that opened sealed rows", "运行中打开密封数据的步骤", LEDGER)]
    unmatched = [
        read
        for read in evidence.reads
        if not any(
            each.why == read.why and read.started <= each.at and (read.ended is None or each.at <= read.ended)
            for each in evidence.accesses
        )
    ]
    runs = len({read.run for read in evidence.reads})
    return [
        fact("runs looked at", "已检查的运行", LEDGER, runs, True),
        none_of(
            "reads without an entry in the log", "日志中无对应条目的读取", LEDGER, len(unmatched), len(evidence.reads)
        ),
    ]


def assessed(evidence: Evidence) -> Facts:
    """Whether the impact assessment is there, is of the processing as it is today, and not too old to be kept."""
    register = evidence.register
    if register is None:
        return [no_register()]
    found = register.impact_assessment
    if found is None:
        return [absent("impact assessment", "影响评估", FILE)]
    age = evidence.at.date() - found.date
    written = evidence.assessment_characters
    same = found.fingerprint == evidence.fingerprint
    now = Said(
        f"assessed {found.fingerprint}, today {evidence.fingerprint}",
        f"评估时 {found.fingerprint}，现为 {evidence.fingerprint}",
    )
    return [
        fact("the assessment, characters", "评估文件字数", found.file, f"{written:,}", written >= SHORTEST_ASSESSMENT)
        if written is not None
        else absent("the assessment", "评估文件", found.file),
        fact("date", "日期", FILE, found.date, timedelta(0) <= age <= timedelta(days=ASSESSMENT_DAYS)),
        fact("processing as it was assessed", "处理活动与评估时一致", FILE, now, same),
    ]


def ready_for_a_breach(evidence: Evidence) -> Facts:
    """Whether somebody is named to be told, that was practised lately, and incidents were notified in 72 hours."""
    register = evidence.register
    if register is None:
        return [no_register()]
    breach = register.breach
    if breach is None:
        return [absent("contact, authority and drill", "联系人、监管机构与演练", FILE)]
    age = evidence.at.date() - breach.drilled
    late = sum((each.notified or evidence.at) - each.discovered > NOTICE for each in breach.incidents)
    return [
        fact("contact", "联系人", FILE, breach.contact or "-", bool(breach.contact)),
        fact("authority", "监管机构", FILE, breach.authority or "-", bool(breach.authority)),
        fact(
            "last drill",
            "最近演练",
            FILE,
            breach.drilled,
            timedelta(0) <= age <= timedelta(days=register.limits.drill_days),
        ),
        none_of("incidents not notified within 72 hours", "未在72小时内通报的事件", FILE, late, len(breach.incidents)),
    ]


CONTROLS = (
    Control(
        14,
        GROUP,
        Said("The access log is whole", "访问日志完整"),
        Said("CSL 21; GB/T 35273 11.7", "网络安全法第21条；GB/T 35273 11.7"),
        logged,
    ),
    Control(
        15,
        GROUP,
        Said("Every read of a run stands in the access log", "运行中的每次读取均有日志"),
        Said("GDPR 5(2)", "GDPR 第5(2)条"),
        matched,
    ),
    Control(
        19,
        GROUP,
        Said("The impact assessment is of today's processing", "影响评估对应当前处理活动"),
        Said("GDPR 35; PIPL 55-56", "GDPR 第35条；个保法第55-56条"),
        assessed,
    ),
    Control(
        27,
        GROUP,
        Said("A breach would be notified in time", "泄露事件可按时通报"),
        Said("GDPR 33; PIPL 57", "GDPR 第33条；个保法第57条"),
        ready_for_a_breach,
    ),
)
