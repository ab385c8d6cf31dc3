"""Which columns a model reads, and whether a record still has them: a champion may be older than `record`."""

from pipelines.coded import Coded
from pipelines.features import Features, Joined, Table
from pipelines.record import Column, Record
from pipelines.together import Together


def missed(features: Features, record: Record) -> tuple[str, ...]:
    """The columns that `features` read and that `record` no longer gives to a model, or gives as another type."""
    given = {column.name: _kind(column) for column in record.inputs}
    return tuple(name for name, kind in _read(features).items() if given.get(name) != kind)


def _read(features: Features) -> dict[str, str]:
    """The kind of each column that `features` read, by its name."""
    if isinstance(features, Together | Joined):
        return {name: kind for part in features.parts for name, kind in _read(part).items()}
    if isinstance(features, Table):
        return dict.fromkeys(features.numbers, "number") | dict.fromkeys(
            (*features.categories, *features.hashed), "category"
        )
    if isinstance(features, Coded):
        return dict.fromkeys(features.numbers, "number") | dict.fromkeys(features.categories, "category")
    return {features.column: "image" if features.kind == "pixels" else "text"}


def _kind(column: Column) -> str:
    """What a model takes a column for: its role says it of a text, and else its type."""
    if column.role == "text":
        return "text"
    if column.type == "image":
        return "image"
    return "number" if column.is_numeric else "category"
