"""Whether a model knows more than an answer that ignores the row: the first gate of every promotion, by task."""

from pipelines.bootstrap import Measure
from pipelines.gates import Gate, beats_majority
from pipelines.paired import Figures
from pipelines.quantities import measured
from pipelines.scores import Scores


def beats_ignorance(scores: Scores) -> Gate:
    """The gate against the answer that a model would give without looking at the row."""
    match scores.task:
        case "regression":
            return beats_mean(scores)
        case "ordinal":
            return beats_chance(scores)
        case "language":
            return beats_unigram(scores)
        case "classification":
            return beats_majority(scores)


def beats_mean(scores: Scores) -> Gate:
    """Whether the errors are smaller than those of always answering the mean: R² above 0 with its whole interval."""
    r2, rmse = scores.measures.get("r2"), scores.measures["rmse"]
    mean = scores.measures["mean_rmse"].value
    passed = r2 is not None and r2.low > 0
    explained = "none of the variance, for the numbers are all equal" if r2 is None else f"R² {_told(r2)}"
    reason = (
        f"The model is {'' if passed else 'not '}better than always answering the mean: {explained}, "
        f"RMSE {_told(rmse)} against {mean:.4g}, {scores.rows:,} test rows."
    )
    known: Figures = {"rows": scores.rows, "rmse": rmse.value, "mean_rmse": mean}
    if r2 is not None:
        known |= {"r2": r2.value, "r2_low": r2.low}
    return Gate("beats_mean", passed, reason, known)


def beats_chance(scores: Scores) -> Gate:
    """Whether the places in the order follow the row: kappa above 0, which any answer that ignores the row has."""
    kappa, mae = scores.measures.get("quadratic_kappa"), scores.measures["mae"]
    passed = kappa is not None and kappa.low > 0
    reason = (
        f"The model is {'' if passed else 'not '}better than an answer that ignores the row: quadratic kappa "
        f"{'undefined' if kappa is None else _told(kappa)} against 0, {_told(mae)} steps away on average, "
        f"{scores.rows:,} test rows."
    )
    known: Figures = {"rows": scores.rows, "mae": mae.value}
    if kappa is not None:
        known |= {"quadratic_kappa": kappa.value, "quadratic_kappa_low": kappa.low}
    return Gate("beats_chance", passed, reason, known)


def beats_unigram(scores: Scores) -> Gate:
    """Whether texts are foreseen better than by the frequencies of single characters."""
    bits, usual = scores.measures["bits_per_character"], scores.measures["unigram_bits"]
    passed = bits.high < usual.low
    reason = (
        f"The model is {'' if passed else 'not '}better than characters by their frequency: {_told(bits)} bits per "
        f"character against {_told(usual)}, {scores.rows:,} test rows."
    )
    known: Figures = {"rows": scores.rows, "bits_per_character": bits.value, "unigram_bits": usual.value}
    return Gate("beats_unigram", passed, reason, known)


def _told(measure: Measure) -> str:
    return measured(measure.value, measure.low, measure.high)
