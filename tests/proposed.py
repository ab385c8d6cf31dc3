"""Sources as people have them, generated; and what is proposed for them."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.proposing.proposal import Proposal, propose
from pipelines.record import Role

GOOD = ("lovely", "great", "fine", "bright", "happy", "wonderful", "pleasant", "charming")
BAD = ("awful", "poor", "broken", "sad", "terrible", "dull", "nasty", "weak")
FILLERS = ("the", "a", "this", "one", "box", "phone", "table", "was", "is", "arrived", "with", "my", "order", "from")
好 = ["很好", "不错", "喜欢", "满意"]
坏 = ["很差", "糟糕", "失望", "难用"]
# What each set has: label, text, subject, time; "" where it has none. By the sets' own descriptions.
RIGHT: dict[str, tuple[str, str, str, str]] = {
    "adult": ("classification", "", "", ""),
    "airline_tweets": ("airline_sentiment", "text", "name", "tweet_created"),
    "chnsenticorp_htl": ("label", "review", "", ""),
    "cr": ("label", "text", "", ""),
    "credit_default": ("default.payment.next.month", "", "ID", ""),
    "elec2": ("class", "", "", ""),
    "financial_phrasebank": ("label", "text", "", ""),
    "imdb": ("label", "text", "", ""),
    "mr": ("label", "text", "", ""),
    "sst2": ("label", "text", "", ""),
    "sst3": ("label", "text", "", ""),
    "subj": ("label", "text", "", ""),
    "telco_churn": ("Churn", "", "customerID", ""),
    "trec": ("label", "text", "", ""),
    "waimai_10k": ("label", "review", "", ""),
}
ROLES: tuple[Role, ...] = ("label", "text", "subject", "time", "split", "consent")


def sentence(dice: random.Random, *, good: bool) -> str:
    return " ".join([*dice.choices(FILLERS, k=dice.randint(5, 14)), dice.choice(GOOD if good else BAD)])


def chinese(dice: random.Random, *, good: bool) -> str:
    return "".join(dice.choices("这个东西昨天到了质量包装快递客服价格", k=dice.randint(6, 16))) + dice.choice(
        好 if good else 坏
    )


def table(path: Path, header: Sequence[str] | None, rows: Sequence[Sequence[object]], mark: str = ",") -> Path:
    """Write rows as people's programs do; without a header where there is None."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows([header, *rows] if header else rows)
    path.write_text(text.getvalue(), "utf-8")
    return path


def made(count: int, row: Callable[[random.Random, int], Sequence[object]]) -> list[Sequence[object]]:
    """So many rows, each from the same dice."""
    dice = random.Random(7)
    return [row(dice, place) for place in range(count)]


def roles(proposal: Proposal) -> dict[str, str]:
    """Who has which role, features aside."""
    found = {role: proposal.holder(role) for role in ROLES}
    return {role: column.name for role, column in found.items() if column is not None}


def entry(proposal: Proposal, name: str) -> dict[str, object]:
    """How a column stands in the record that is proposed."""
    return next(column.entry for column in proposal.columns if column.name == name)


def doubts(proposal: Proposal, name: str | None = None) -> str:
    """What is unsure about a column, or about the whole."""
    told = proposal.doubts if name is None else next(c.doubts for c in proposal.columns if c.name == name)
    return "; ".join(told)


def look(path: Path, **told: Role) -> Proposal:
    """What is proposed for the data at `path`."""
    return propose(path, told)
