"""Features of several models that answer as one: each kind is computed once, and its arrays have names of their own."""

from dataclasses import dataclass
from typing import ClassVar

from pipelines.features import Arrays, Columns, Features


@dataclass(frozen=True)
class Together:
    """The features of the members of an ensemble, no two of them alike."""

    kind: ClassVar[str] = "together"
    parts: tuple[Features, ...]

    def arrays(self, columns: Columns) -> Arrays:
        """The arrays of part i, `fi_` before their names."""
        found: Arrays = {}
        for place, part in enumerate(self.parts):
            found |= {f"{prefix(place)}{name}": array for name, array in part.arrays(columns).items()}
        return found


def prefix(place: int) -> str:
    """What stands before the names of the arrays of the part at `place`."""
    return f"f{place}_"
