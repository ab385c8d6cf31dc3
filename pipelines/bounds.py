"""Between which numbers a parameter means something, whatever stage reads it: by its name in params.yaml."""

import math
from dataclasses import dataclass

from pipelines.errors import ParameterError

# More than anybody has of anything here; what counts more was mistyped, and would fill the memory.
MOST = 10**12


@dataclass(frozen=True)
class Bounds:
    """From `low` to `high`; not these themselves where `above` or `below` say so."""

    low: float = 0
    high: float = MOST
    above: bool = False
    below: bool = False

    def hold(self, number: float) -> bool:
        """Whether `number` lies within; what is no number lies nowhere."""
        over = number > self.low if self.above else number >= self.low
        return over and (number < self.high if self.below else number <= self.high)

    def __str__(self) -> str:
        low = f"a number above {self.low:g}" if self.above else f"{self.low:g} or more"
        return low if self.high == MOST else f"{low}, {'below' if self.below else 'at most'} {self.high:,}"


ANY = Bounds()  # no parameter of ours means anything below nought
SOME, POSITIVE = Bounds(1), Bounds(above=True)
WIDTH = Bounds(1, 65_536)  # of a layer; a wider one has more weights than fit into a machine
SHARE, PART = Bounds(0, 1), Bounds(0, 1, below=True)
NAMED = {
    **dict.fromkeys(("epochs", "batch_size", "part_rows", "shard_rows", "rows", "terms", "trees"), SOME),
    **dict.fromkeys(("vocabulary", "length", "widths", "side", "least", "most", "accumulate", "patience"), SOME),
    **dict.fromkeys(("embedding", "units", "filters", "heads", "inner", "width", "layers", "blocks", "size"), WIDTH),
    **dict.fromkeys(("learning_rate", "c", "spread", "clip"), POSITIVE),
    **dict.fromkeys(("dropout", "dropout_words", "words_dropped", "words_swapped", "shift", "crop", "ema"), PART),
    **dict.fromkeys(("max_quarantined", "beta", "warmup"), SHARE),
    "columns": Bounds(0, 1, above=True),  # a split that may choose from none is no split
    "leaves": Bounds(2),
    "rotate": Bounds(0, 180),
    "draws": Bounds(1, 1_000_000),
    "seed": Bounds(0, 2**32 - 1),  # what every generator of numbers here takes
}


def check_bounds(where: str, number: float) -> None:
    """Raise ParameterError where the parameter `where`, as `train.lstm.units`, cannot be this `number`."""
    bounds = NAMED.get(where.rsplit(".", 1)[-1].partition("[")[0], ANY)
    if bounds.hold(number):
        return
    told = "no number" if math.isnan(number) else f"{number:g}"
    raise ParameterError(
        f"params.yaml: `{where}` is {told}.",
        f"Expected {bounds}.",
        f"correct `{where}`, or leave it out: docs/reference/params.md tells what it is then.",
    )
