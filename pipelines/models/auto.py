"""The best of the families for the data at hand, or the average of the best: sought, or as params.yaml names them."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any, NamedTuple

import numpy as np

from pipelines.errors import ParameterError
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.distilling import lesson
from pipelines.models.ensembles import Pool, best_together, pooled
from pipelines.models.folds import By, apart, in_time, joined
from pipelines.models.folds import chosen as rows_of
from pipelines.models.merging import merged
from pipelines.models.options import Auto, Member
from pipelines.models.searching import Listener, search
from pipelines.models.spaces import able, spaces
from pipelines.models.trials import WATCHED, Asked, Found, Question, Trial, asked, mean_length, settled, taught
from pipelines.models.worth import MEASURES, measured, standard_error

# Of the best trials so many are looked at for an ensemble.
FINALISTS = 8


class Chosen(NamedTuple):
    """The members of the answer, how they are pooled, and what they came to on the rows asked."""

    members: tuple[Trial, ...]
    pool: Pool
    value: float
    error: float


def fit(problem: Problem, options: Auto, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The model, or the ensemble, that does best on rows of `problem` that others taught, taught by all of them.

    Rows to learn from and rows to validate on are one pool here: each of them is asked once, by cross-validation.
    """
    question = pose_to_all(problem, options, schedule)
    if options.members:
        trials = _given(question)
        found = Found(trials, question.pool.labels[question.asked], "members", 0.0, len(trials))
        chosen = _pooled(question, found, found.trials)
    else:
        folder = schedule.checkpoint.with_suffix("")
        found = search(question, folder, watcher)
        chosen = choose(question, found)
        shutil.rmtree(folder)  # a finished search needs no memory: the next one begins anew, and so ends alike
    return taught_together(question, found, chosen, watcher)


def pose_to_all(problem: Problem, options: Auto, schedule: Schedule) -> Question:
    """The question to search an answer to."""
    _check(problem, options, schedule)
    by: By = ("subject" if problem.train.subjects else "label") if options.by == "record" else options.by
    pool = joined([problem.train, problem.valid])
    # What wins is taught by all rows anyway; in a trial that would double the time and answer nothing.
    schedule = replace(schedule, pace=replace(schedule.pace, refit=False))
    return Question.of(problem, in_time(pool) if by == "time" else pool, by, options, schedule)


def choose(question: Question, found: Found) -> Chosen:
    """The best trial, or several of the best where they win together."""
    finalists = looked_at(found.trials)
    answers = [trial.answers for trial in finalists]
    problem, most = question.problem, question.options.most
    places = best_together(problem.task, question.measure, found.true, answers, most, problem.seed)
    return _pooled(question, found, tuple(finalists[place] for place in places))


def looked_at(trials: Sequence[Trial]) -> list[Trial]:
    """The FINALISTS among `trials`, which come the best first: the best of each family, and the best of the others.

    One that is worse alone, and errs elsewhere, is worth more to an ensemble than another one of the best family's.
    """
    # What was drawn twice answers twice alike.
    different = list({repr((trial.family, trial.options)): trial for trial in reversed(trials)}.values())[::-1]
    best = {trial.family: trial.number for trial in reversed(different)}
    others = [trial.number for trial in different if trial.number not in best.values()]
    chosen = {*best.values(), *others[: max(FINALISTS - len(best), 0)]}
    return [trial for trial in different if trial.number in chosen]


def _pooled(question: Question, found: Found, members: tuple[Trial, ...]) -> Chosen:
    answers, measure, problem = [member.answers for member in members], question.measure, question.problem
    pool = pooled(problem.task, measure, found.true, answers)
    together = pool.answers(answers)
    error = standard_error(measure, found.true, together, problem.seed)
    return Chosen(members, pool, measured(measure, found.true, together), error)


def taught_together(question: Question, found: Found, chosen: Chosen, watcher: Watcher | None = None) -> Fitted:
    """The chosen members, each taught by the whole pool, as one model."""
    if isinstance(watcher, Listener):
        watcher.doing(f"teaching what won by all {len(question.pool.labels):,} rows")
    known = spaces(question.problem, tuple({m.family for m in chosen.members}))
    if question.options.student:
        student = _student(question, found, chosen)
        features, graph, parameters = student.features, student.graph, student.about["parameters"]
    else:
        fitted = [
            taught(question, m.family, m.options, question.pool, whole=known[m.family].whole, length=m.length)
            for m in chosen.members
        ]
        features, graph = merged(fitted, chosen.pool)
        parameters = sum(each.about["parameters"] for each in fitted)
    about = {
        "parameters": parameters,
        "student": question.options.student,
        "members": [{each.family: asdict(each.options)} for each in chosen.members],
        "weights": list(chosen.pool.weights),
        "bias": list(chosen.pool.bias),
        "measure": question.measure,
        "cross_validation": {
            "folds": len(question.cuts),
            "by": question.by,
            "rows": len(found.true),
            "value": chosen.value,
            "error": chosen.error,
            "best_alone": found.trials[0].value,
        },
        "search": {"trials": found.tried, "ended": found.ended},
        # What the validation rows say of this model is no news: they taught it.
        "taught_by_validation_rows": True,
    }
    return Fitted(features, graph, about)


def _student(question: Question, found: Found, chosen: Chosen) -> Fitted:
    """A model of the student's family, by the best options that were found for it, taught by the ensemble's answers."""
    family = question.options.student
    space = spaces(question.problem, (family,))[family]
    options = next((trial.options for trial in found.trials if trial.family == family), space.first[0])
    answers = chosen.pool.answers([member.answers for member in chosen.members])
    pool, seed = question.pool, question.problem.seed
    if space.whole:
        return taught(question, family, options, lesson(pool, question.asked, answers, seed), whole=True)
    teach, watched = apart(question.problem, pool, WATCHED, question.by)
    rows = lesson(pool, question.asked, answers, seed, teach)
    return taught(question, family, options, rows, whole=False, watched=rows_of(pool, watched))


def _given(question: Question) -> tuple[Trial, ...]:
    """The members that params.yaml names, each asked the rows that the others' folds teach."""
    found = []
    for number, member in enumerate(question.options.members):
        family, options = named(member)
        whole = spaces(question.problem, (family,))[family].whole
        parts: list[Asked] = []
        for cut in question.cuts:
            parts.append(asked(question, family, options, cut, whole=whole, length=settled(question, options, parts)))
        answers = np.concatenate([part.answers for part in parts])
        value = measured(question.measure, question.pool.labels[question.asked], answers)
        found.append(Trial(number, family, options, value, 0.0, 0.0, answers, mean_length(parts)))
    return tuple(found)


def named(member: Member) -> tuple[str, Any]:
    """The family and the options of `member`. Raises ParameterError where it names none, or two."""
    given = [(field.name, getattr(member, field.name)) for field in fields(member) if getattr(member, field.name)]
    if len(given) == 1:
        return given[0]
    raise ParameterError(
        f"params.yaml: an entry of `train.auto.members` names {len(given)} families.",
        "Expected one family with its options for each, as `- ngrams: {words: 3, letters: 5}`.",
        "let `flywheel tune --write` write them, or correct the entry.",
    )


def _check(problem: Problem, options: Auto, schedule: Schedule) -> None:
    """Raise ParameterError for families that cannot be searched, and for folds that cannot be cut."""
    can = able(problem)
    for family in (
        *options.families,
        *filter(None, [options.student]),
        *(named(member)[0] for member in options.members),
    ):
        if family not in can:
            raise ParameterError(
                f"params.yaml: `train.auto` asks for the family '{family}'.",
                f"Expected families that can answer what `record` asks: {', '.join(can)}.",
                "choose among them, or leave `families` out.",
            )
    if options.measure and options.measure not in MEASURES[problem.task]:
        raise ParameterError(
            f"params.yaml: `train.auto.measure` is '{options.measure}', and `record` asks for {problem.task}.",
            f"Expected one of: {', '.join(MEASURES[problem.task])}.",
            "choose one of them, or leave `measure` out.",
        )
    if options.folds < 0 or options.trials < 1 or options.minutes <= 0:
        raise ParameterError(
            "params.yaml: `train.auto` leaves nothing to search with.",
            "Expected 1 trial and more than 0 minutes at least, and no fewer than 0 folds.",
            "start from `auto: {trials: 24, minutes: 15}`.",
        )
    if schedule.pace.decay == "plateau":
        raise ParameterError(
            "params.yaml: `train.family: auto` learns by all rows, and `train.schedule.decay` is 'plateau'.",
            "Expected another decay: a plateau follows validation rows, and what wins has none.",
            "leave `decay` out, or write `ema: 0.99`, which needs no validation rows.",
        )
    if options.by == "subject" and not problem.train.subjects:
        raise ParameterError(
            "params.yaml: `train.auto.by` is 'subject', and the record names none.",
            "Expected a column with `role: subject` in `record`.",
            "write `by: label`, or give the record's column that role.",
        )
    if options.by == "time" and not problem.train.times:
        raise ParameterError(
            "params.yaml: `train.auto.by` is 'time', and no time stands beside the rows.",
            "Expected a column with `role: time` in `record`: folds are cut in its order.",
            "write `by: label`, or give the record's column that role.",
        )


def leaderboard(question: Question, found: Found, chosen: Chosen) -> list[dict[str, Any]]:
    """One entry per trial that went to its end, the best first, below that of the answer: plain values."""
    own = {trial.number for trial in chosen.members}
    rows: Sequence[dict[str, Any]] = [
        {
            "family": trial.family,
            "options": asdict(trial.options),
            "value": trial.value,
            "low": trial.value - 1.96 * trial.error,
            "high": trial.value + 1.96 * trial.error,
            "seconds": round(trial.seconds, 2),
            "member": trial.number in own,
        }
        for trial in found.trials
    ]
    seconds = round(sum(trial.seconds for trial in chosen.members), 2)
    answer = {
        "family": "ensemble" if len(chosen.members) > 1 else chosen.members[0].family,
        "options": {"members": len(chosen.members)},
        "value": chosen.value,
        "low": chosen.value - 1.96 * chosen.error,
        "high": chosen.value + 1.96 * chosen.error,
        "seconds": seconds,
        "member": True,
    }
    return [answer, *rows]
