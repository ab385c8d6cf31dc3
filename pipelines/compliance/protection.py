"""Controls 10 to 13 and 24: keys apart, ciphertext on every disk, encrypted ways, few who may look, and where."""

from datetime import timedelta
from typing import get_args

from pipelines.access import Purpose
from pipelines.compliance.control import Control, Facts, Said, absent, fact, none_of
from pipelines.compliance.evidence import Evidence
from pipelines.compliance.lawfulness import LEDGER, RAW, no_register
from pipelines.compliance.register import FILE

GROUP = Said("Security", "安全保护")
# What our code opens sealed rows for; a grant for anything else is an orphan.
PURPOSES = frozenset(get_args(Purpose))


def keys_apart(evidence: Evidence) -> Facts:
    """Whether the keys stand outside of what is versioned, readable by one user, never copied, and young."""
    keys, register = evidence.keys, evidence.register
    if keys is None:
        return [absent("key store", "密钥库", "FLYWHEEL_HOME/keys")]
    if register is None:
        return [no_register()]
    days = register.limits.key_days
    young = keys.rotated is not None and evidence.at - keys.rotated <= timedelta(days=days)
    limit = Said(f"key made or rotated (within {days} days)", f"密钥生成或轮换（{days} 天内）")
    rotated = f"{keys.rotated:%Y-%m-%d}" if keys.rotated else "-"
    return [
        fact("key store outside the workspace", "密钥库位于工作区之外", keys.where, keys.where, not keys.inside),
        fact(
            "files that others may read",
            "他人可读的文件",
            keys.where,
            ", ".join(keys.readable_by_others) or "0",
            not keys.readable_by_others,
        ),
        fact(
            "copies in Git, DVC or MLflow",
            "Git、DVC、MLflow 中的副本",
            ".",
            ", ".join(keys.copies) or "0",
            not keys.copies,
        ),
        fact(limit.en, limit.zh, LEDGER, rotated, young),
    ]


def sealed(evidence: Evidence) -> Facts:
    """Whether every stored row is ciphertext that is authentic, and a scan found no plaintext anywhere else."""
    seals, leaks = evidence.seals, evidence.leaks
    if seals is None:
        return [absent("sealed parts", "密封分块", RAW)]
    facts = [
        fact("rows looked at, parts", "已检查的行（分块）", RAW, f"{seals.rows:,} ({seals.parts:,})", seals.rows > 0),
        none_of("cells that are no ciphertext of ours", "非本系统密文的单元", RAW, seals.malformed, seals.rows),
        none_of("cells whose authentication tag fails", "认证标签失败的单元", RAW, seals.unauthentic, seals.rows),
    ]
    if leaks is None:
        return [
            *facts,
            absent("leak scan of outputs, logs and temporary files", "产物、日志与临时文件的泄漏扫描", "data/report"),
        ]
    return [
        *facts,
        fact(
            "hits of the leak scan",
            "泄漏扫描命中",
            leaks.where,
            f"{leaks.hits:,} / {leaks.files:,}",
            leaks.hits == 0 and leaks.files > 0,
        ),
        fact("scan of the models as they are", "扫描对应当前模型", leaks.where, f"{leaks.at:%Y-%m-%d}", leaks.current),
    ]


def encrypted_ways(evidence: Evidence) -> Facts:
    """Whether every address that data travel to is local or encrypted, and remotes keep them encrypted."""
    if not evidence.transports:
        return [absent("addresses of stores", "存储地址", ".dvc/config")]
    facts = []
    for each in evidence.transports:
        facts.append(fact(f"way to {each.name}", f"到 {each.name} 的通道", each.name, each.scheme, each.private))
        if each.is_remote:
            rests = Said("encrypted", "已加密") if each.rests_encrypted else Said("not set", "未设置")
            facts.append(
                fact(f"at rest in {each.name}", f"{each.name} 静态加密", ".dvc/config", rests, each.rests_encrypted)
            )
    return facts


def few_may_look(evidence: Evidence) -> Facts:
    """Whether sealed rows were opened for granted purposes alone, and no grant is for something that nobody does."""
    register = evidence.register
    if register is None:
        return [no_register()]
    granted, seen = set(register.access), {each.why for each in evidence.accesses}
    beyond, orphans = sorted(seen - granted), sorted(granted - PURPOSES)
    unnamed = sum(not each.who for each in evidence.accesses)
    return [
        fact(
            "granted purposes; all others are denied",
            "已授权目的（默认拒绝其余）",
            FILE,
            ", ".join(register.access) or "-",
            bool(granted),
        ),
        fact(
            "purposes in the log beyond the grants", "超出授权的访问目的", LEDGER, ", ".join(beyond) or "0", not beyond
        ),
        fact("grants for what nothing does", "孤立授权", FILE, ", ".join(orphans) or "0", not orphans),
        none_of("entries without a name", "未署名的访问", LEDGER, unnamed, len(evidence.accesses)),
    ]


def located(evidence: Evidence) -> Facts:
    """Whether it is known where data lie, what lets them cross a border, and that sensitive ones stay."""
    register = evidence.register
    if register is None:
        return [no_register()]
    home = register.location
    facts = [fact("location of the data", "数据存放地", FILE, home or "-", bool(home))]
    for remote in (each for each in evidence.transports if each.is_remote):
        place = register.storage.get(remote.name)
        facts.append(
            fact(
                f"location of the remote `{remote.name}`",
                f"远端 `{remote.name}` 所在地",
                FILE,
                place or "-",
                place == home,
            )
        )
    for each in register.recipients:
        abroad = each.location != home
        allowed = not abroad or (each.mechanism is not None and not register.sensitive)
        figure = f"{each.location} ({each.mechanism or '-'})" if abroad else each.location
        facts.append(fact(f"recipient {each.name}", f"接收方 {each.name}", FILE, figure, allowed))
    return facts


CONTROLS = (
    Control(
        10,
        GROUP,
        Said("The keys stand apart from the data", "密钥与数据分离"),
        Said("GDPR 4(5)/32; PIPL 51(3); GB/T 35273 6.2", "GDPR 第4(5)、32条；个保法第51(3)条；GB/T 35273 6.2"),
        keys_apart,
    ),
    Control(
        11,
        GROUP,
        Said("All that is stored is authentic ciphertext", "存储内容均为可认证密文"),
        Said("GDPR 32; PIPL 51(3); GB/T 35273 6.3", "GDPR 第32条；个保法第51(3)条；GB/T 35273 6.3"),
        sealed,
    ),
    Control(
        12,
        GROUP,
        Said("Data travel encrypted, and rest so in remotes", "传输加密，远端静态加密"),
        Said("GDPR 32; PIPL 51(3); GB/T 35273 6.3", "GDPR 第32条；个保法第51(3)条；GB/T 35273 6.3"),
        encrypted_ways,
    ),
    Control(
        13,
        GROUP,
        Said("Access is denied unless granted", "默认拒绝的访问控制"),
        Said("GDPR 25/32; PIPL 51(4); GB/T 35273 7.1", "GDPR 第25、32条；个保法第51(4)条；GB/T 35273 7.1"),
        few_may_look,
    ),
    Control(
        24,
        GROUP,
        Said("It is known where data lie and what lets them travel", "存放地与出境机制有记录"),
        Said("GDPR 44; PIPL 38-40", "GDPR 第44条；个保法第38-40条"),
        located,
    ),
)
