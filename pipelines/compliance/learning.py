"""Controls 16 to 18 and 25: what models may learn from, and what they give away."""

from pipelines.compliance.control import Control, Fact, Facts, Said, absent, fact
from pipelines.compliance.evidence import Evidence, Spend
from pipelines.compliance.lawfulness import LEDGER, RAW_POINTER, no_register
from pipelines.compliance.register import FILE, Source

GROUP = Said("Models", "模型")
NO_CLAIM = Said("No training claims differential privacy.", "没有训练声明差分隐私。")
# TC260-003 / GB/T 45654-2025: a source with more illegal content than this is left out.
ILLEGAL = 0.05
# Two computations of one epsilon agree to this share: the grids of loss distributions differ.
AGREEMENT = 0.01
POISSON = "poisson"


def within_budget(evidence: Evidence) -> Facts | Said:
    """Whether everything that was spent on a data set, over all runs, is within its budget.

    Epsilons are added here, which is never too little; the ledger's own sum composes loss distributions.
    """
    if not evidence.spends:
        return NO_CLAIM
    limits = evidence.register.limits if evidence.register else None
    if limits is None:
        return [no_register()]
    if limits.epsilon is None or limits.delta is None:
        return [absent("budget: `limits.epsilon` and `limits.delta`", "预算：`limits.epsilon` 与 `limits.delta`", FILE)]
    facts = []
    for data in sorted({each.data for each in evidence.spends}):
        of = [each for each in evidence.spends if each.data == data]
        epsilon, delta = sum(each.epsilon for each in of), sum(each.delta for each in of)
        place = f"{LEDGER}: {data}"
        facts += [
            fact(
                "epsilon spent",
                "已消耗 ε",
                place,
                f"{epsilon:.3g} (≤ {limits.epsilon:g}, {len(of)})",
                epsilon <= limits.epsilon,
            ),
            fact("delta spent", "已消耗 δ", place, f"{delta:.3g} (≤ {limits.delta:g})", delta <= limits.delta),
        ]
    return facts


def recomputed(evidence: Evidence) -> Facts | Said:
    """Whether each claim follows from its noise, sampling rate and steps, and sampling is what was accounted for."""
    if not evidence.spends:
        return NO_CLAIM
    facts = []
    for each in evidence.spends:
        place = f"{LEDGER}: {each.model}"
        told = None not in (each.sigma, each.rate, each.steps)
        mechanism = f"σ {each.sigma}, q {each.rate}, T {each.steps}"
        facts.append(fact("noise, rate and steps", "噪声、采样率与步数", place, mechanism, told))
        facts.append(
            fact("sampling as accounted", "采样方式与核算一致", place, each.sampling or "-", each.sampling == POISSON)
        )
        facts.append(_epsilon_again(each, place))
    return facts


def _epsilon_again(spend: Spend, place: str) -> Fact:
    if spend.recomputed is None:
        return absent("epsilon, computed again", "重新计算的 ε", place)
    figure = f"{spend.recomputed:.4g} = {spend.epsilon:.4g}?"
    near = abs(spend.recomputed - spend.epsilon) <= AGREEMENT * max(spend.recomputed, spend.epsilon)
    return fact("epsilon, computed again", "重新计算的 ε", place, figure, near)


def gives_little_away(evidence: Evidence) -> Facts:
    """Whether attacks on the present model find little: members, canaries, and no more than epsilon allows."""
    proof, register = evidence.proof, evidence.register
    if proof is None or register is None:
        return [
            no_register()
            if register is None
            else absent("attacks on the model", "对模型的攻击测试", "data/report/evaluation")
        ]
    limits, found = register.limits, proof.membership
    if found is None:
        facts = [absent("membership inference", "成员推断", proof.where)]
    else:
        auc, tpr = found.auc, found.tpr
        facts = [
            fact(
                "area of the best attack",
                "最强攻击的 AUC",
                proof.where,
                f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}] (≤ {limits.membership_auc:g})",
                auc.low <= limits.membership_auc,
            ),
            fact(
                "found at 1 % false alarms",
                "1% 误报下的发现率",
                proof.where,
                f"{tpr.value:.1%} [{tpr.low:.1%}, {tpr.high:.1%}] (≤ {limits.membership_tpr:.0%})",
                tpr.low <= limits.membership_tpr,
            ),
        ]
    if proof.exposure is None:
        facts.append(absent("canary exposure", "植入样本暴露度", proof.where))
    else:
        figure = f"{proof.exposure:.2f} (≤ {limits.exposure_bits:g})"
        facts.append(
            fact(
                "largest canary exposure, bits",
                "最大暴露度（比特）",
                proof.where,
                figure,
                proof.exposure <= limits.exposure_bits,
            )
        )
    if proof.claimed is not None:
        audited = proof.audited
        figure = "-" if audited is None else f"{audited:.3g} (≤ {proof.claimed:.3g})"
        facts.append(
            fact(
                "audited lower bound of epsilon",
                "ε 的审计下界",
                proof.where,
                figure,
                audited is not None and audited <= proof.claimed,
            )
        )
    return facts


def licensed(evidence: Evidence) -> Facts:
    """Whether every source has a licence and a sampled inspection, and none with too much illegal content is used."""
    register, version = evidence.register, evidence.version
    if register is None or version is None:
        return [no_register() if register is None else absent("provenance of data/raw", "原始数据来源", RAW_POINTER)]
    listed = {source.name: source for source in register.sources}
    known = version.source is not None and version.source in listed
    facts = [fact("source of the present version", "当前版本的来源", RAW_POINTER, version.source or "-", known)]
    return [*facts, *(each for source in register.sources for each in _of(source))]


def _of(source: Source) -> Facts:
    share = source.illegal / max(source.inspected, 1)
    inspected = Said(f"inspected rows of {source.name}", f"{source.name} 抽检行数")
    return [
        fact(f"licence of {source.name}", f"{source.name} 的许可", FILE, source.licence or "-", bool(source.licence)),
        fact(
            inspected.en,
            inspected.zh,
            FILE,
            f"{source.inspected:,} ({source.date or '-'})",
            source.inspected > 0 and source.date is not None,
        ),
        fact(
            f"illegal content in {source.name}",
            f"{source.name} 违法内容占比",
            FILE,
            f"{share:.1%} (≤ {ILLEGAL:.0%})",
            share <= ILLEGAL,
        ),
    ]


CONTROLS = (
    Control(
        16,
        GROUP,
        Said("The privacy spent is within the budget", "隐私消耗不超预算"),
        Said("GDPR 25", "GDPR 第25条"),
        within_budget,
    ),
    Control(
        17,
        GROUP,
        Said("Every claimed epsilon can be computed again", "声明的 ε 可以复算"),
        Said("arXiv 1607.00133; PLD accounting", "arXiv 1607.00133；PLD 核算"),
        recomputed,
    ),
    Control(
        18,
        GROUP,
        Said("The model gives little away about its rows", "模型对训练行泄露甚少"),
        Said("EDPB Opinion 28/2024", "EDPB 第28/2024号意见"),
        gives_little_away,
    ),
    Control(
        25,
        GROUP,
        Said("Every source is licensed and inspected", "来源有授权并经抽检"),
        Said("GenAI Measures 7; TC260-003, GB/T 45654-2025", "生成式AI办法第7条；TC260-003、GB/T 45654-2025"),
        licensed,
    ),
)
