"""What may stand behind the keys of a column in params.yaml: lists of words, flags, bounds."""

from collections.abc import Mapping

from pipelines.errors import RecordError

LISTS = ("missing", "categories", "granted")
FLAGS = ("required", "unique", "ordered")
BOUNDS = ("min", "max")

Entry = Mapping[str, object]


def check_values(where: str, entry: Entry) -> None:
    """Raise RecordError where a key of the column `where` holds what it cannot mean."""
    for key in LISTS:
        _refuse_no_list(where, key, entry)
        _refuse_lost_words(where, key, entry)
    for key in FLAGS:
        if not isinstance(entry.get(key, False), bool):
            raise RecordError(
                f"params.yaml: `{where}.{key}` is neither true nor false.",
                f"Expected `{key}: true` or `{key}: false`.",
                f"correct `{where}.{key}`, or remove it.",
            )
    _refuse_bounds(where, entry)


def _refuse_no_list(where: str, key: str, entry: Entry) -> None:
    values = entry.get(key, [])
    if not isinstance(values, list) or any(isinstance(value, (list, Mapping)) for value in values):
        raise RecordError(
            f"params.yaml: `{where}.{key}` is no list of words.",
            f'Expected them between square brackets, as `{key}: ["yes", "ja"]`.',
            f"put brackets around what stands there: `{key}: [...]`.",
        )
    words = [str(value) for value in values]
    if len(set(words)) < len(words):
        raise RecordError(
            f"params.yaml: `{where}.{key}` lists something twice.",
            "Expected each word once.",
            f"remove the second one from `{where}.{key}`.",
        )


def _refuse_lost_words(where: str, key: str, entry: Entry) -> None:
    """Refuse what YAML made of a word: which one it was, nobody knows any more. Consent knows all that mean yes."""
    values = entry.get(key, [])
    lost = (type(None),) if key == "granted" else (bool, type(None))
    if isinstance(values, list) and any(isinstance(value, lost) for value in values):
        raise RecordError(
            f"params.yaml: `{where}.{key}` lists a bare yes, no, on, off, true, false, null or ~.",
            "Expected such words in quotation marks: without them YAML reads them as truth or as nothing.",
            f'write them as the data spell them, for example `{key}: ["yes", "no"]`.',
        )


def _refuse_bounds(where: str, entry: Entry) -> None:
    found = [entry[key] for key in BOUNDS if entry.get(key) is not None]
    if any(isinstance(bound, bool) or not isinstance(bound, (int, float)) for bound in found):
        raise RecordError(
            f"params.yaml: `{where}` has a bound that is no number.",
            "Expected numbers as `min` and `max`: of a text, of characters.",
            f"write for example `max: 5000` at `{where}`, or remove the bound.",
        )
    if len(found) == len(BOUNDS) and found[0] > found[1]:  # type: ignore[operator]
        raise RecordError(
            f"params.yaml: `{where}.min` is greater than its `max`.",
            "Expected bounds with something between them.",
            "exchange them, or remove one.",
        )
