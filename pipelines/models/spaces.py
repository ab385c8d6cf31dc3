"""What a search may choose from: the options of each family, those that are tried first, and how to draw others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.models import FAMILIES, Input, Problem
from pipelines.models.options import Bilstm, Boosting, Cnn, Linear, Mlp, Ngrams

if TYPE_CHECKING:
    import optuna


class Drawn(NamedTuple):
    """How an option is drawn: from `low` to `high`, or one of `choices`."""

    low: float = 0.0
    high: float = 0.0
    logarithmic: bool = False
    choices: tuple[Any, ...] = ()


class Space(NamedTuple):
    """The options of a family by what its models read, its first trials, and what is left as it is."""

    drawn: Mapping[str, Drawn]
    first: tuple[Any, ...]
    whole: bool  # it learns from all rows that are given: nothing is watched on validation rows
    slow: bool = False  # it is first tried when others have been


# Those that are tried where params.yaml names none, the cheapest first. A network errs elsewhere than n-grams do, so it
# is worth its minutes in an ensemble even where it is the worse of the two (docs/decisions/0026).
USUAL = ("ngrams", "boosting", "linear", "cnn", "bilstm")
TEXTS: dict[str, Space] = {
    "ngrams": Space(
        {
            "words": Drawn(choices=(0, 1, 2, 3, 4)),
            "letters": Drawn(choices=(0, 3, 4, 5, 6)),
            "skips": Drawn(choices=(0, 1, 2)),
            "least": Drawn(choices=(1, 2, 3)),
            "presence": Drawn(choices=(False, True)),
            "smoothing": Drawn(0.03, 2.0, logarithmic=True),
            "c": Drawn(0.03, 100.0, logarithmic=True),
        },
        first=(
            Ngrams(),
            Ngrams(words=0, letters=6, smoothing=0.1),
            Ngrams(letters=0, skips=0, least=1, presence=True, smoothing=1.0, c=0.1),
            Ngrams(words=2, letters=3, skips=2, smoothing=1.0, c=3.0),
        ),
        whole=True,
    ),
    "linear": Space(
        {"words": Drawn(choices=(1, 2, 3)), "c": Drawn(1.0, 100.0, logarithmic=True)}, first=(Linear(),), whole=True
    ),
    "cnn": Space(
        {
            "widths": Drawn(choices=("3-4-5", "2-3-4-5", "1-2-3", "1-2-3-4")),
            "filters": Drawn(choices=(100, 150, 200)),
            "embedding": Drawn(choices=(128, 256)),
            "dropout": Drawn(0.3, 0.6),
            "dropout_words": Drawn(0.0, 0.4),
            "words_dropped": Drawn(0.0, 0.3),
        },
        # The second hides less, and reads words of Han, which are one to four pieces long: it learns in fewer epochs.
        first=(Cnn(), Cnn(widths=(1, 2, 3, 4), embedding=256, dropout_words=0.2, words_dropped=0.1)),
        whole=False,
        slow=True,
    ),
    "bilstm": Space(
        {
            "units": Drawn(choices=(32, 48, 64)),
            "dropout": Drawn(0.3, 0.6),
            "words_dropped": Drawn(0.0, 0.3),
        },
        first=(Bilstm(),),
        whole=False,
        slow=True,
    ),
}
TABLES: dict[str, Space] = {
    "boosting": Space(
        {
            "learning_rate": Drawn(0.02, 0.2, logarithmic=True),
            "leaves": Drawn(4, 64, logarithmic=True),
            "rows": Drawn(5, 100, logarithmic=True),
            "l2": Drawn(1e-3, 30.0, logarithmic=True),
            "columns": Drawn(0.2, 1.0),
        },
        first=(Boosting(), Boosting(leaves=6, rows=30, columns=0.3)),
        whole=False,
    ),
    "linear": Space({"c": Drawn(0.01, 100.0, logarithmic=True)}, first=(Linear(c=1.0),), whole=True),
    "mlp": Space(
        {"dropout": Drawn(0.0, 0.6), "layers": Drawn(choices=("64", "128-64", "256-128"))}, first=(Mlp(),), whole=False
    ),
}


PICTURES: dict[str, Space] = {
    "linear": Space({"c": Drawn(0.001, 10.0, logarithmic=True)}, first=(Linear(c=0.1),), whole=True),
    "mlp": Space(
        {"pictures.dropout": Drawn(0.0, 0.5), "pictures.layers": Drawn(choices=("256", "512-512"))},
        first=(Mlp(),),
        whole=False,
        slow=True,
    ),
    "cnn": Space(
        {"pictures.dropout": Drawn(0.1, 0.5), "pictures.blocks": Drawn(choices=("32-64", "32-64-128"))},
        first=(Cnn(),),
        whole=False,
        slow=True,
    ),
}
KNOWN: dict[Input, dict[str, Space]] = {"text": TEXTS, "table": TABLES, "image": PICTURES}


def able(problem: Problem) -> list[str]:
    """The families that can answer `problem`, and so be searched."""
    beside = problem.reads != "table" and len(problem.record.inputs) > 1
    return [
        name
        for name, each in FAMILIES.items()
        if name != "auto" and problem.reads in each.reads and problem.task in each.tasks and (each.joins or not beside)
    ]


def spaces(problem: Problem, named: tuple[str, ...]) -> dict[str, Space]:
    """The spaces of the families `named`, or of the usual ones that can answer `problem`.

    A family without a space of its own is tried as it is by default.
    """
    known = KNOWN[problem.reads]
    can = able(problem)
    families = named or tuple(family for family in USUAL if family in known and family in can)
    found = {family: known.get(family) or Space({}, (FAMILIES[family].options(),), whole=False) for family in families}
    # Of a number, even a linear model asks rows that did not teach it how much to believe the others.
    return {family: space._replace(whole=space.whole and problem.has_classes) for family, space in found.items()}


def suggested(trial: "optuna.Trial", found: Mapping[str, Space]) -> tuple[str, Any]:
    """The family and the options that `trial` is about."""
    family = trial.suggest_categorical("family", list(found))
    options = found[family].first[0]
    for name, how in found[family].drawn.items():
        options = _with(options, name, _read(_suggest(trial, f"{family}.{name}", how)))
    return family, options


def _with(options: Any, name: str, value: Any) -> Any:
    """`options` with `value` under `name`, which may be a path of names with dots."""
    first, _, rest = name.partition(".")
    return replace(options, **{first: _with(getattr(options, first), rest, value) if rest else value})


def _of(options: Any, name: str) -> Any:
    """What stands in `options` under `name`."""
    first, _, rest = name.partition(".")
    return _of(getattr(options, first), rest) if rest else getattr(options, first)


def _suggest(trial: "optuna.Trial", name: str, how: Drawn) -> Any:
    if how.choices:
        return trial.suggest_categorical(name, list(how.choices))
    if isinstance(how.low, int) and isinstance(how.high, int):
        return trial.suggest_int(name, how.low, how.high, log=how.logarithmic)
    return float(f"{trial.suggest_float(name, how.low, how.high, log=how.logarithmic):.4g}")


def _read(value: Any) -> Any:
    """Layers are written as one word: what is drawn has to be a plain value."""
    return tuple(map(int, value.split("-"))) if isinstance(value, str) else value


def first_trials(found: Mapping[str, Space]) -> list[dict[str, Any]]:
    """What is tried before anything is drawn: the first choices of each family, then their second, slow ones last."""
    ranked = [
        (space.slow, place, order, family, options)
        for order, (family, space) in enumerate(found.items())
        for place, options in enumerate(space.first)
    ]
    return [
        {"family": family} | {f"{family}.{name}": _written(_of(options, name)) for name in found[family].drawn}
        for _, _, _, family, options in sorted(ranked, key=lambda each: each[:3])
    ]


def _written(value: Any) -> Any:
    return "-".join(map(str, value)) if isinstance(value, tuple) else value
