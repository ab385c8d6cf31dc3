"""A model that has read much, taught the rest: a backbone of KerasHub with low-rank updates (LoRA, Hu et al. 2022)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ParameterError, ServerError
from pipelines.features import Features, Joined, beside, parts_of
from pipelines.files import digest
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.complementary import without_erfc
from pipelines.models.heads import head, join
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Pretrained
from pipelines.models.starting import features_of
from pipelines.wordpieces import WordPieces

if TYPE_CHECKING:
    import keras

# Of a backbone: its inputs that follow from the pieces.
INPUTS = {"token_ids", "padding_mask", "segment_ids"}


def fit(problem: Problem, options: Pretrained, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The backbone of `options.preset` with a head for `problem`, with the weights of its best epoch.

    With a rank, the backbone's own weights stay as they are and only small updates beside its attention are learnt.
    Raises ParameterError where there is no such backbone or it cannot be used, ServerError where no hub answers.
    """
    if schedule.private is not None:
        raise ParameterError(
            "params.yaml: `train.family` is 'pretrained', which is not trained by noisy gradients.",
            "Expected, with `train.privacy`, a family whose every weight is learnt here, from rows that are protected.",
            "choose another family, or remove `train.privacy`.",
        )
    hub = _hub()
    prepare(problem.seed)
    backbone, pieces = _loaded(hub, options, problem.text)
    features = features_of(schedule.start, Joined) or beside(pieces, problem.train.columns, problem.record)
    network = build(problem, backbone, features, options)
    arrays = (features.arrays(problem.train.columns), features.arrays(problem.valid.columns))
    progress = train(network, problem, arrays, schedule, watcher)
    graph = without_erfc(export(network, {name: values[:2] for name, values in arrays[0].items()}))
    return Fitted(features, graph, about(network, progress, schedule.pace) | {"preset": _named(options.preset)})


def build(problem: Problem, backbone: Any, features: Features, options: Pretrained) -> "keras.Model":
    """The network: (n, length) pieces in, an answer out, read off at the first place."""
    import keras

    if options.rank:
        backbone.enable_lora(options.rank)
    pieces = next(part for part in parts_of(features) if isinstance(part, WordPieces))
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    follow = {
        "token_ids": tokens,
        "padding_mask": keras.ops.not_equal(tokens, pieces.padding),
        "segment_ids": keras.ops.zeros_like(tokens),
    }
    read = backbone({tensor.name: follow[tensor.name] for tensor in backbone.inputs})
    sequence = read["sequence_output"] if isinstance(read, dict) else read
    hidden = keras.layers.Dropout(options.dropout)(sequence[:, 0, :])
    inputs, hidden = join(features, tokens, hidden)
    return keras.Model(inputs, head(problem, hidden))


def _hub() -> Any:
    """KerasHub. Raises ParameterError where it is not installed."""
    try:
        import keras_hub
    except ImportError:
        raise ParameterError(
            "params.yaml: `train.family` is 'pretrained', and KerasHub is not installed here.",
            "Expected the package keras-hub, which is not among those that Flywheel always brings.",
            "run `pip install 'flywheel-ml[pretrained]'`, or choose another family.",
        ) from None
    return keras_hub


def _loaded(hub: Any, options: Pretrained, column: str) -> tuple[Any, WordPieces]:
    """The backbone, and the features that give it what it was trained on."""
    if not options.preset:
        raise ParameterError(
            "params.yaml: `train.pretrained.preset` is not given.",
            "Expected the name of a preset of KerasHub, or a folder that `save_to_preset` wrote.",
            "write for example `pretrained: {preset: bert_tiny_en_uncased}`.",
        )
    try:
        tokenizer = hub.tokenizers.Tokenizer.from_preset(options.preset)
        backbone = hub.models.Backbone.from_preset(options.preset)
    # What KerasHub raises for a preset that is none, is damaged, or lies on a hub that does not answer.
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise _absent(options.preset, error) from None
    named = {tensor.name for tensor in backbone.inputs}
    if not isinstance(tokenizer, hub.tokenizers.WordPieceTokenizer) or not {"token_ids"} <= named <= INPUTS:
        raise ParameterError(
            f"params.yaml: the preset is a {type(backbone).__name__} with a {type(tokenizer).__name__}.",
            "Expected a text encoder that reads word pieces, as BertBackbone, DistilBertBackbone or ElectraBackbone.",
            "choose a preset of one of them.",
        )
    return backbone, pieces_of(tokenizer, column, min(options.length, _longest(backbone)))


def pieces_of(tokenizer: Any, column: str, length: int) -> WordPieces:
    """The features that read a text as KerasHub's `tokenizer` does."""
    vocabulary = list(tokenizer.get_vocabulary())
    return WordPieces(
        column,
        length,
        vocabulary,
        start=int(tokenizer.cls_token_id),
        end=int(tokenizer.sep_token_id),
        padding=int(tokenizer.pad_token_id),
        unknown=vocabulary.index(tokenizer.oov_token),
        lowercase=bool(tokenizer.lowercase),
        strip_accents=bool(tokenizer.strip_accents),
        split_ideographs=bool(tokenizer.split_on_cjk),
        suffix=tokenizer.suffix_indicator,
    )


def _longest(backbone: Any) -> int:
    """How many pieces the backbone has places for."""
    return int(getattr(backbone, "max_sequence_length", None) or 512)


def _absent(preset: str, error: Exception) -> ParameterError | ServerError:
    if "/" in preset or Path(preset).exists():
        return ParameterError(
            f"params.yaml: no backbone can be read from the folder of `train.pretrained.preset` "
            f"({type(error).__name__}).",
            "Expected what `save_to_preset` writes: config.json, model.weights.h5, tokenizer.json and its vocabulary.",
            "save backbone and tokenizer into one folder, and give its path.",
        )
    return ServerError(
        f"The preset '{preset}' did not come from its hub ({type(error).__name__}).",
        "Expected a name that KerasHub lists, and a hub that can be reached.",
        "check the name, or fetch the preset elsewhere and give the folder where it lies.",
    )


def _named(preset: str) -> dict[str, str]:
    """By what the backbone is known: its name, or the digest of its folder."""
    return {"folder_sha256": digest(Path(preset))} if Path(preset).is_dir() else {"name": preset}
