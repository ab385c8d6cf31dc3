"""Which model families suit what was found, and how much there is for them to read."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.proposing.proposal import Proposal

# Words, or characters of Han: of more, even quick trials take ten minutes on two cores, and one kind of n-grams two.
VAST = 3_000_000
# Columns times classes: each round of boosting grows a tree for every class, and each tree looks at every column.
# Two classes by 1,000 columns are searched in a minute on two cores; ten classes by 784 pixels were not in seven.
WIDE = 2_000


def families_of(proposal: "Proposal") -> tuple[str, ...]:
    """The model families that suit `proposal`, the likeliest first; none where there is nothing to predict."""
    if proposal.is_language:
        return ("gpt",)
    if proposal.holder("label") is None:
        return ()
    if proposal.holder("text"):
        quick = ("ngrams", "auto") if words_of(proposal) > VAST else ("auto", "ngrams")
        return (*quick, "linear") if is_quick(proposal) else ("lstm", "linear")
    if proposal.pictures:
        return ("cnn", "mlp", "linear")
    if not proposal.holder("feature"):
        return ()
    return ("mlp", "auto", "linear") if is_wide(proposal) else ("auto", "mlp", "linear")


def is_quick(proposal: "Proposal") -> bool:
    """Whether families without a network can tell classes by the text alone."""
    label = proposal.holder("label")
    return label is not None and label.entry["type"] == "category" and proposal.holder("feature") is None


def is_wide(proposal: "Proposal") -> bool:
    """Whether boosted trees would take minutes, for the columns and classes of a table that each round looks at."""
    label = proposal.holder("label")
    classes = len(label.entry.get("categories", ())) if label else 0
    trees = classes if classes > 2 else 1
    columns = [column for column in proposal.columns if column.entry.get("role") == "feature"]
    return len(columns) * trees > WIDE


def words_of(proposal: "Proposal") -> int:
    """About how many words, or characters of Han, were read."""
    return proposal.sampled.read * proposal.lengths[0]
