"""Promotion as a decision that a stranger can check: gates, each with its reason and its figures.

First the candidate meets the baseline, and the winner is the challenger: a tie goes to the baseline, for
the simpler model is easier to run and to explain. Then the challenger must pass every gate: above always
answering the commonest class and, where a champion serves already, no worse than it, better or at least
trained on newer data, and no class given up. A point estimate alone decides nothing: with 500 test rows,
"not lower than the champion" lets a model that is one point worse pass about one time in four.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

from pipelines.bootstrap import Integers, Measure
from pipelines.errors import ParameterError
from pipelines.paired import Figures, Paired, chance, paired_test, signed, told_rows
from pipelines.paired_f1 import PairedF1
from pipelines.paired_losses import PairedLosses
from pipelines.people import among
from pipelines.scores import Scores

# Gates that are recorded and do not stop a promotion: one chooses who stands for it, one informs.
RECORDED = "membership_is_recorded"
ANOTHER_QUESTION = "champion_answers_another_question"
INFORMATIVE = frozenset({"beats_baseline", RECORDED, ANOTHER_QUESTION})
Pair = Paired | PairedF1 | PairedLosses

SIGNIFICANT = 0.05
# A class may not lose more than this once the loss is proven.
TOLERATED_DROP = 0.02
# A loss as large as `drop` blocks on weaker proof: its harm is too great to wait for certainty.
SUSPICIOUS = 0.10
POWER = 0.80
# So many classes are named in a reason; the figures have them all.
NAMED = 5


@dataclass(frozen=True)
class Gate:
    """One condition of a promotion: whether it held, why in words, and the figures behind the words."""

    name: str
    passed: bool
    reason: str
    figures: Figures


@dataclass(frozen=True)
class Decision:
    """Whether `winner`, the better of candidate and baseline, is promoted; `gates` has all that was asked."""

    promote: bool
    winner: str
    reason: str
    gates: list[Gate]

    def to_dict(self) -> dict[str, Any]:
        """This decision as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Decision":
        """The decision that `to_dict` turned into `content`."""
        return cls(**{**content, "gates": [Gate(**gate) for gate in content["gates"]]})


def choose_challenger(candidate: str, baseline: str, paired: Pair) -> tuple[str, Gate]:
    """The name of the model that stands for promotion, and the gate that chose it."""
    gate = beats_baseline(paired)
    return (candidate if gate.passed else baseline), gate


def decide(challenger: str, gates: Sequence[Gate]) -> Decision:
    """Promote the challenger if every gate passed, those that only inform aside.

    Leave the champion's gates out where there is no champion. Without any gate nothing is promoted.
    """
    asked = [gate for gate in gates if gate.name not in INFORMATIVE]
    failed = [gate for gate in asked if not gate.passed]
    promote = bool(asked) and not failed
    return Decision(promote, challenger, decision_reason(challenger, asked, failed), list(gates))


def decision_reason(challenger: str, asked: Sequence[Gate], failed: Sequence[Gate]) -> str:
    """Why the challenger is promoted or not, with the reason of every gate that failed."""
    if not asked:
        return f"{challenger} is not promoted: no gate was checked."
    if not failed:
        return f"{challenger} is promoted: it passed {', '.join(gate.name for gate in asked)}."
    reasons = " ".join(f"{gate.name}: {gate.reason}" for gate in failed)
    return f"{challenger} is not promoted. {reasons}"


def beats_baseline(paired: Pair) -> Gate:
    """Whether the candidate is significantly better than the baseline, p < .05; a tie is lost."""
    passed = significantly_better(paired)
    verdict = "better than" if passed else "not significantly better than"
    meaning = "" if passed else " The simpler model stands for promotion."
    reason = f"The candidate is {verdict} the baseline: {paired}.{meaning}"
    return Gate("beats_baseline", passed, reason, paired.figures())


def beats_majority(scores: Scores) -> Gate:
    """Whether the model knows more than the commonest class, by accuracy or by macro F1.

    Where nearly all rows are of one class, accuracy leaves no room above that answer: a model that finds
    the rare classes shows it in macro F1. There the bar is 1 / classes, what guessing each class of share p
    as often as it occurs comes to (F1 = p each): guessing with chances q has 2pq / (p + q), whose mean is
    highest at q = p, and always answering the commonest class has less. A bar of the latter's macro F1
    would let a coin pass. Either measure passes with the low end of its 95 % interval.
    """
    accuracy, macro_f1 = scores.measures["accuracy"], scores.measures["macro_f1"]
    share, guessing = scores.measures["majority_accuracy"].value, 1 / len(scores.labels)
    passed = accuracy.low > share or macro_f1.low > guessing
    reason = (
        f"The model is {'' if passed else 'not '}better than an answer that ignores the row: accuracy "
        f"{percent(accuracy)} against {100 * share:.1f} % for always the commonest class, macro F1 "
        f"{percent(macro_f1)} against {100 * guessing:.1f} % for the best guess, {scores.rows:,} test rows."
    )
    known: Figures = {"rows": scores.rows, "majority_accuracy": share, "guessing_macro_f1": guessing}
    known |= {"accuracy": accuracy.value, "accuracy_low": accuracy.low}
    known |= {"macro_f1": macro_f1.value, "macro_f1_low": macro_f1.low}
    return Gate("beats_majority", passed, reason, known)


def not_worse_than_champion(paired: Pair, margin: float, erased: int = 0) -> Gate:
    """Whether the challenger loses less than `margin` (a share: .01 is a point), with 95 % confidence.

    Non-inferiority: the low end of the one-sided 95 % interval must be above -margin. A champion that learnt from
    people who were `erased` since, so many, gives way unless the challenger is worse beyond chance: the doubt is
    theirs. Raises ParameterError for a margin that is not a share.
    """
    if not 0 < margin < 1:
        raise ParameterError(
            f"gates: the margin is {margin}.",
            "Expected a share above 0 and below 1: 0.01 stands for one point of the measure, or 1 % of the errors.",
            "set the margin in params.yaml to the loss that you would not notice.",
        )
    passed = paired.floor > -margin
    reason = (
        f"The challenger is {'' if passed else 'not '}shown to be at most {100 * margin:.1f}{paired.unit} worse "
        f"than the champion: {paired}; with 95 % confidence at least {signed(paired.floor)}{paired.unit}."
    )
    reason += "" if passed else advice(paired, margin)
    figures: Figures = {**paired.figures(), "margin": margin}
    if erased:
        yields = passed or paired.difference.high >= 0
        figures["erased_people"] = erased
        learnt = f" The champion learnt from {erased:,} people who were erased since:"
        reason += f"{learnt} it gives way." if yields else f"{learnt} a retrain that is as good is owed."
        passed = yields
    return Gate("not_worse_than_champion", passed, reason, figures)


def advice(paired: Pair, margin: float) -> str:
    """What a failed non-inferiority means: a proven loss, too few rows to tell, or bad luck."""
    needed = rows_needed(paired, margin)
    if paired.difference.high < 0:
        return " It is worse, beyond chance."
    if needed > paired.rows:
        return f" The test is too small to tell: two equal models need about {needed:,} rows."
    return ""


def rows_needed(paired: Pair, margin: float) -> int:
    """How many rows show two equal models to be within `margin`, four times out of five.

    The sum of both normal quantiles, squared, times the variance of a row's difference over the margin squared: for
    hits that is the share of rows on which one model alone is right (Nam 1997, Biometrics 53:1422-1430).
    """
    quantiles = NormalDist().inv_cdf(1 - SIGNIFICANT) + NormalDist().inv_cdf(POWER)
    return math.ceil(quantiles**2 * paired.variance / margin**2)


def better_or_fresher(paired: Pair, newer_data: bool) -> Gate:
    """Whether there is a reason to change at all: significantly better, or trained on newer data."""
    better = significantly_better(paired)
    if better:
        verdict = "The challenger is better than the champion"
    elif newer_data:
        verdict = "The challenger is not significantly better than the champion, and knows newer data"
    else:
        verdict = "No better on the same data, nothing gained"
    known: Figures = {**paired.figures(), "newer_data": "yes" if newer_data else "no"}
    return Gate("better_or_fresher", better or newer_data, f"{verdict}: {paired}.", known)


def significantly_better(paired: Pair) -> bool:
    """Whether the 95 % interval is above zero and the test agrees: for few rows the two may differ."""
    return paired.difference.low > 0 and paired.p_value < SIGNIFICANT


def classes_hold(
    true: Integers,
    ours: Integers,
    theirs: Integers,
    labels: Sequence[str],
    people: Integers | None = None,
    minimum_rows: int = 100,
    drop: float = 0.05,
) -> Gate:
    """Whether no class pays for the others: none of `minimum_rows` rows or more loses recall to the champion.

    A class blocks if it loses more than 2 points of recall at p < .05, or more than `drop` (a share) at
    p < .10: one-sided exact McNemar, adjusted by Holm (1979) for asking about several classes. Equal models
    are so blocked at most one time in ten. Smaller classes are named, not judged: chance moves them most. Rows of
    `people` (rows,), where some have several, change places person by person.
    """
    of_class = {label: true == k for k, label in enumerate(labels)}
    pairs = {
        label: paired_test(true[of], ours[of], theirs[of], among(people, of))
        for label, of in of_class.items()
        if of.any()
    }
    judged = {label: pair for label, pair in pairs.items() if pair.rows >= minimum_rows}
    small = [label for label in pairs if label not in judged]
    chances = holm([pair.p_worse for pair in judged.values()])
    lost = {
        label: f"{label} {signed(pair.difference.value)} points ({chance(p)}, {told_rows(pair)})"
        for (label, pair), p in zip(judged.items(), chances, strict=True)
        if given_up(-pair.difference.value, p, drop)
    }
    known: Figures = {"judged": len(judged), "lost": ", ".join(lost), "too_small": ", ".join(small)}
    known |= {f"recall_difference {label}": pair.difference.value for label, pair in judged.items()}
    reason = classes_reason(len(judged), list(lost.values()), small, minimum_rows)
    return Gate("classes_hold", not lost, reason, known)


def given_up(loss: float, p_value: float, drop: float) -> bool:
    """Whether a class's loss of recall is both proven and large, or larger and nearly proven."""
    return (p_value < SIGNIFICANT and loss > TOLERATED_DROP) or (p_value < SUSPICIOUS and loss > drop)


def classes_reason(judged: int, lost: Sequence[str], small: Sequence[str], minimum_rows: int) -> str:
    """Which classes lost recall, and which were too small to be judged."""
    verdict = f"Recall is lost in {listed(lost)}." if lost else "No class loses too much recall."
    reason = f"{verdict} {judged:,} classes with at least {minimum_rows:,} test rows were judged."
    return f"{reason} Too small to judge: {listed(small)}." if small else reason


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted so that all of them together err as seldom as one (Holm 1979)."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, (len(p_values) - rank) * p_values[k])
        adjusted[k] = min(1.0, largest)
    return adjusted


def percent(measure: Measure) -> str:
    """A share and its interval in per cent."""
    return f"{100 * measure.value:.1f} % [{100 * measure.low:.1f}, {100 * measure.high:.1f}]"


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
