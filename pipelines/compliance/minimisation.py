"""Controls 5 and 7 to 9: no more data, for no longer, and no person in what is left."""

from datetime import timedelta

from pipelines.compliance.control import Control, Facts, Said, absent, fact, none_of
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.lawfulness import LEDGER, RAW, no_register
from pipelines.compliance.register import FILE

GROUP = Said("Minimisation", "最小必要")
TRAIN, PRIVACY = "data/splits/train.parquet", "data/report/privacy.json"
# Whether something has expired has to be looked at this often.
EXPIRY_DAYS = 31


def minimal(evidence: Evidence) -> Facts:
    """Whether what is stored was declared as the least that is needed, and the rest never arrived."""
    register, stored, record = evidence.register, evidence.stored, evidence.record
    if register is None or stored is None:
        return [no_register() if register is None else absent("columns of data/raw", "原始数据的列", RAW)]
    unrecorded = sorted(set(stored.columns) - set(record.names))
    undeclared = sorted(set(stored.columns) - set(register.minimum))
    named = [column.name for column in record.columns if column.privacy == "identifier"]
    released = sorted(set(stored.released) & set(named))
    return [
        fact(
            "columns stored and not in `record`",
            "已存储但不在 record 中的列",
            RAW,
            ", ".join(unrecorded) or "0",
            not unrecorded,
        ),
        fact(
            "columns stored and not in the declared minimum",
            "已存储但超出申报最小集的列",
            FILE,
            ", ".join(undeclared) or "0",
            not undeclared,
        ),
        fact(
            "identifying columns behind the anonymiser",
            "匿名化之后仍存在的标识列",
            TRAIN,
            ", ".join(released) or "0",
            not released,
        ),
        fact("columns stored", "已存储列数", RAW, len(stored.columns), bool(stored.columns)),
    ]


def kept_in_time(evidence: Evidence) -> Facts:
    """Whether no row is older than its retention, and somebody looked lately."""
    register, stored, version = evidence.register, evidence.stored, evidence.version
    if register is None or stored is None:
        return [no_register() if register is None else absent("rows of data/raw", "原始行", RAW)]
    if register.retention_days is None:
        return [absent("retention, days", "保存期限（天）", FILE)]
    arrived = stored.oldest or (version.ingested if version else None)
    if arrived is None:
        return [absent("time of the oldest row", "最早一行的时间", RAW)]
    young = evidence.at - arrived <= timedelta(days=register.retention_days)
    looked = evidence.expiry_checked
    lately = looked is not None and evidence.at - looked <= timedelta(days=EXPIRY_DAYS)
    return [
        none_of(
            f"rows older than {register.retention_days:,} days",
            f"超过 {register.retention_days:,} 天的行",
            RAW,
            stored.expired,
            stored.rows,
        ),
        fact(
            "oldest row",
            "最早一行",
            RAW,
            f"{arrived:%Y-%m-%d}",
            young or (stored.oldest is not None and not stored.expired),
        ),
        fact("expiry last looked at", "最近一次到期检查", LEDGER, f"{looked:%Y-%m-%d}", lately)
        if looked
        else absent("expiry last looked at", "最近一次到期检查", LEDGER),
    ]


def clean(evidence: Evidence) -> Facts | Said:
    """Whether no identifier is left in the training texts, few names, and planted identifiers are taken out."""
    residue = evidence.residue
    if evidence.record.text is None and not any(column.type == "text" for column in evidence.record.columns):
        return Said("The record has no text.", "记录中没有文本列。")
    if residue is None:
        return [absent("scan of the training texts", "训练文本扫描", TRAIN)]
    limits = evidence.register.limits if evidence.register else None
    if limits is None:
        return [no_register()]
    share = None if residue.names is None else residue.names / max(residue.texts, 1)
    recall = residue.removed / max(residue.planted, 1)
    return [
        none_of("identifiers with a valid check left in texts", "文本中残留的有效标识", TRAIN, residue.identifiers),
        fact("texts looked at", "已检查文本", TRAIN, f"{residue.texts:,}", residue.texts > 0),
        fact(
            "names left, per text",
            "每条文本残留姓名",
            TRAIN,
            f"{share:.2%} (≤ {limits.residual_names:.0%})",
            share <= limits.residual_names,
        )
        if share is not None
        else absent("names left in texts: nobody looked for names", "文本残留姓名：未检测", TRAIN),
        fact(
            "planted identifiers taken out",
            "植入标识的去除率",
            "pipelines/privacy",
            f"{recall:.1%} (≥ {limits.canary_recall:.0%}, {residue.planted:,})",
            residue.planted > 0 and recall >= limits.canary_recall,
        ),
    ]


def in_company(evidence: Evidence) -> Facts | Said:
    """Whether everybody in the released table shares their quasi-identifiers with enough others."""
    table = evidence.anonymity
    quasi = [column.name for column in evidence.record.columns if column.privacy == "quasi"]
    if not quasi:
        return Said("The record has no quasi-identifier.", "记录中没有准标识列。")
    if evidence.register is None:
        return [no_register()]
    if table is None:
        return [absent("k, l and t of the released table", "发布表的 k、l、t", PRIVACY)]
    limits = evidence.register.limits
    facts = [
        fact("quasi-identifiers", "准标识列", "params.yaml: record", ", ".join(quasi), set(quasi) <= set(table.quasi))
    ]
    for name, value, target, enough in (
        ("k", table.k, limits.k, table.k is not None and table.k >= limits.k),
        ("l", table.l, limits.l, table.l is not None and table.l >= limits.l),
        ("t", table.t, limits.t, table.t is not None and table.t <= limits.t),
    ):
        sign = "≤" if name == "t" else "≥"
        figure = "-" if value is None else f"{value:g} ({sign} {target:g})"
        facts.append(fact(name, name, table.where, figure, enough))
    counted = table.counted is not None and table.k is not None and table.counted >= table.k
    facts.append(fact("k, counted again from the rows", "由数据行重新计得的 k", TRAIN, table.counted, counted))
    told = table.suppressed is not None
    suppressed = f"{table.suppressed:.1%}" if table.suppressed is not None else "-"
    return [*facts, fact("suppressed rows are reported", "已报告隐匿比例", table.where, suppressed, told)]


CONTROLS = (
    Control(
        5,
        GROUP,
        Said("Only the declared minimum is stored", "只存储已申报的最小集"),
        Said("GDPR 5(1)(c)/25; PIPL 6; GB/T 35273 5.2", "GDPR 第5(1)(c)、25条；个保法第6条；GB/T 35273 5.2"),
        minimal,
    ),
    Control(
        7,
        GROUP,
        Said("No row is older than its retention", "没有超期保存的行"),
        Said("GDPR 5(1)(e); PIPL 19/47", "GDPR 第5(1)(e)条；个保法第19、47条"),
        kept_in_time,
    ),
    Control(
        8,
        GROUP,
        Said("No identifier is left in training texts", "训练文本无残留标识"),
        Said("GDPR 25; GB/T 35273 6.2", "GDPR 第25条；GB/T 35273 6.2"),
        clean,
    ),
    Control(
        9,
        GROUP,
        Said("Released tables reach k, l and t", "发布表满足 k、l、t"),
        Said("GDPR recital 26; PIPL 73", "GDPR 序言第26段；个保法第73条"),
        in_company,
    ),
)
