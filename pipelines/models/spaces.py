"""What a search may choose from: the options of each family, those that are tried first, and how to draw others."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.models import FAMILIES
from pipelines.models.options import Boosting, Cnn, Linear, Mlp, Ngrams

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
# is worth its minutes in an ensemble even where it is the worse of the two.
USUAL = ("ngrams", "boosting", "linear", "cnn")
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
            "widths": Drawn(choices=("3-4-5", "2-3-4-5", "1-2-3")),
            "filters": Drawn(choices=(50, 100, 150)),
            "dropout": Drawn(0.3, 0.6),
            "words_dropped": Drawn(0.0, 0.4),
        },
        first=(Cnn(),),
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


def spaces(reads: str, named: tuple[str, ...]) -> dict[str, Space]:
    """The spaces of the families `named`, or of the usual ones: those that read a "text", or a "table".

    A family without a space of its own is tried as it is by default.
    """
    known = TEXTS if reads == "text" else TABLES
    families = named or tuple(family for family in USUAL if family in known)
    return {family: known.get(family) or Space({}, (FAMILIES[family].options(),), whole=False) for family in families}


def suggested(trial: "optuna.Trial", found: Mapping[str, Space]) -> tuple[str, Any]:
    """The family and the options that `trial` is about."""
    family = trial.suggest_categorical("family", list(found))
    drawn = {name: _suggest(trial, f"{family}.{name}", how) for name, how in found[family].drawn.items()}
    options = FAMILIES[family].options
    return family, options(**{**asdict(found[family].first[0]), **{k: _read(v) for k, v in drawn.items()}})


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
        {"family": family} | {f"{family}.{name}": _written(getattr(options, name)) for name in found[family].drawn}
        for _, _, _, family, options in sorted(ranked, key=lambda each: each[:3])
    ]


def _written(value: Any) -> Any:
    return "-".join(map(str, value)) if isinstance(value, tuple) else value
