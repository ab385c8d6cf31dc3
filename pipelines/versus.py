"""One model against another on the same test rows, as their task wants it: by hits, by macro F1, or by the errors."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines import gates
from pipelines.answering import answer
from pipelines.bundle import Bundle
from pipelines.columns_read import missed
from pipelines.gates import Gate
from pipelines.paired_losses import PairedLosses
from pipelines.pairing import compared, people_in
from pipelines.record import Record
from pipelines.rows import inputs, labelled, right
from pipelines.scores import Scores
from pipelines.terms import Compared, Terms


def challenger_of(
    found: Mapping[str, pl.DataFrame], scores: Mapping[str, Scores], measure: Compared = "accuracy"
) -> tuple[str, list[Gate]]:
    """The candidate where it beats the baseline beyond chance; a tie is lost, and the simpler model stands."""
    if "candidate" not in found:
        return "baseline", []
    if "baseline" not in found:  # a private training has none: it would be trained without noise
        return "candidate", []
    paired = compared(found["candidate"], found["baseline"], scores["candidate"], measure)
    winner, gate = gates.choose_challenger("candidate", "baseline", paired)
    return winner, [gate]


def against(
    champion: Bundle,
    challenger: pl.DataFrame,
    scores: Scores,
    test: pl.DataFrame,
    record: Record,
    *,
    newer: bool,
    terms: Terms,
    erased: int = 0,
) -> list[Gate]:
    """The gates between the challenger and the `champion`, on today's test rows.

    `erased`: how many people were erased from whom the champion had learnt.
    """
    if champion.task != scores.task:
        reason = f"The champion answers another question ({champion.task}): the two cannot be compared."
        return [Gate(gates.ANOTHER_QUESTION, passed=True, reason=reason, figures={})]
    if gone := missed(champion.features, record):
        reason = f"The champion reads what `record` no longer gives ({', '.join(gone)}): the two cannot be compared."
        return [Gate(gates.ANOTHER_QUESTION, passed=True, reason=reason, figures={"columns": ", ".join(gone)})]
    theirs = _theirs(champion, scores, test, record)
    paired = compared(challenger, theirs, scores, terms.measure)
    margin = terms.errors if isinstance(paired, PairedLosses) else terms.points
    asked = [gates.not_worse_than_champion(paired, margin, erased), gates.better_or_fresher(paired, newer)]
    if not scores.labels:
        return asked
    true, ours = challenger["true"].to_numpy(), challenger["predicted"].to_numpy()
    return [
        *asked,
        gates.classes_hold(true, ours, theirs["predicted"].to_numpy(), scores.labels, people_in(challenger)),
    ]


def _theirs(champion: Bundle, scores: Scores, test: pl.DataFrame, record: Record) -> pl.DataFrame:
    """The champion's answers to the rows that the challenger was measured on, in the challenger's words."""
    if not scores.labels:
        return answer(champion, test, record).table()
    rows = labelled(test, record, tuple(scores.labels))
    names = [champion.labels[place] for place in champion.decided(champion.probabilities(inputs(rows, record)))]
    # A label that the challenger does not know can only be a wrong answer: it is nobody's place.
    places = {label: place for place, label in enumerate(scores.labels)}
    predicted = np.array([places.get(name, -1) for name in names], dtype=np.int64)
    true = right(rows, record, tuple(scores.labels))
    return pl.DataFrame({"row": rows["row"], "true": true, "predicted": predicted})
