"""A network's layers, overheard while it runs: what went into each, and the values whose gradients tell each row's own.

Those values stand before the activation and behind the bias: the gradient there, row by row, and the layer's inputs
give the gradient of its variables for each row (see `norms`). The network itself is not changed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.errors import TrainingError
from pipelines.models import norms
from pipelines.models.norms import Rule, Tensor

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Call:
    """One layer's work on one batch; `rule` makes unit-wise gradients of inputs and of gradients at `outputs`."""

    layer: Any
    inputs: Tensor
    outputs: Tensor
    rule: Rule


@contextmanager
def listening(network: "keras.Model") -> Iterator[list[Call]]:
    """The calls of all layers with trainable variables, in the order in which they end within the block."""
    calls: list[Call] = []
    refused: list[TrainingError] = []
    with ExitStack() as stack:
        for layer in leaves(network):
            stack.enter_context(_overheard(layer, calls, refused))
        try:
            yield calls
        except RuntimeError:
            # Keras wraps what a layer raises into an error of its own.
            if refused:
                raise refused[0] from None
            raise


def leaves(layer: Any) -> Iterator[Any]:
    """The layers below `layer` that have trainable variables and are overheard on their own."""
    import keras

    if isinstance(layer, keras.Model):
        for each in layer.layers:
            yield from leaves(each)
    elif isinstance(layer, keras.layers.Bidirectional):
        yield from (layer.forward_layer, layer.backward_layer)
    elif layer.trainable_variables:
        yield layer


def check_layers(network: "keras.Model") -> None:
    """Raise TrainingError where a row's gradient is not its own, or cannot be told from the others'."""
    import keras

    for layer in _all_layers(network):
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            raise TrainingError(
                f"train: the layer '{layer.name}' normalises over the batch, so one row changes all others' gradients.",
                "Expected, with `train.privacy`, layers that treat every row by itself.",
                "use LayerNormalization or GroupNormalization instead, or freeze the layer.",
            )
        if getattr(layer, "activity_regularizer", None) is not None:
            raise TrainingError(
                f"train: the layer '{layer.name}' is penalised for its outputs, which are not any one row's.",
                "Expected, with `train.privacy`, penalties on weights alone.",
                "use `kernel_regularizer` instead of `activity_regularizer`.",
            )
    heard = {id(v) for layer in leaves(network) for v in layer.trainable_variables}
    if heard != {id(v) for v in network.trainable_variables}:
        raise TrainingError(
            "train: some variables belong to no layer that can be overheard.",
            "Expected, with `train.privacy`, a network whose variables all stand in its layers.",
            "build the network of Keras layers, or train it without `train.privacy`.",
        )


def _all_layers(layer: Any) -> Iterator[Any]:
    yield layer
    for inner in getattr(layer, "_layers", None) or []:
        yield from _all_layers(inner)


@contextmanager
def _overheard(layer: Any, calls: list[Call], refused: list[TrainingError]) -> Iterator[None]:
    """Let `layer` tell `calls` of its work within the block, and `refused` why it may not."""
    telling = _telling(layer, layer.call, calls)

    def call(*given: Any, **named: Any) -> Any:
        try:
            return telling(*given, **named)
        except TrainingError as error:
            refused.append(error)
            raise

    layer.call = call
    try:
        yield
    finally:
        del layer.call


def _telling(layer: Any, original: Callable[..., Any], calls: list[Call]) -> Callable[..., Any]:
    import keras

    def tell(inputs: Tensor, outputs: Tensor, rule: Rule) -> Tensor:
        if any(call.layer is layer for call in calls):
            raise TrainingError(
                f"train: the layer '{layer.name}' is used twice in one network.",
                "Expected, with `train.privacy`, every layer once: its norms would have to be added before squaring.",
                "give the second place a layer of its own.",
            )
        calls.append(Call(layer, inputs, outputs, rule))
        return outputs

    rules: dict[type, Rule] = {
        keras.layers.Dense: norms.dense,
        keras.layers.Conv1D: norms.convolution,
        keras.layers.Conv2D: norms.convolution,
    }
    # Of a subclass we do not know what it does.
    kind = type(layer)
    if kind in rules and _is_plain(layer):
        return _before_activation(layer, original, rules[kind], tell)
    if kind is keras.layers.Embedding and _is_plain(layer):
        return lambda inputs, *rest, **named: tell(inputs, original(inputs, *rest, **named), norms.embedding)
    if kind is keras.layers.LSTM and _is_plain(layer):
        return _unrolled(layer, tell)
    return _alone(layer, original, tell)


def _is_plain(layer: Any) -> bool:
    """Whether the layer does what its rule takes for granted, and no more."""
    variables = [getattr(layer, name, None) for name in ("kernel_constraint", "quantization_mode")]
    plain = not any(variables) and not getattr(layer, "lora_enabled", False) and getattr(layer, "groups", 1) == 1
    plain = plain and getattr(layer, "data_format", "channels_last") == "channels_last"
    if hasattr(layer, "cell"):
        plain = not (layer.cell.dropout or layer.cell.recurrent_dropout or layer.stateful or layer.return_state)
    return plain and all(variable.trainable for variable in layer.variables if "seed" not in variable.path)


def _before_activation(
    layer: Any, original: Callable[..., Any], rule: Rule, tell: Callable[..., Tensor]
) -> Callable[..., Any]:
    def call(inputs: Tensor, *rest: Any, **named: Any) -> Tensor:
        import keras

        activation = layer.activation or keras.activations.linear
        layer.activation = lambda outputs: activation(tell(inputs, outputs, rule))
        try:
            return original(inputs, *rest, **named)
        finally:
            layer.activation = activation

    return call


def _unrolled(layer: Any, tell: Callable[..., Tensor]) -> Callable[..., Any]:
    def call(inputs: Tensor, initial_state: Any = None, mask: Any = None, training: bool = False) -> Tensor:
        import tensorflow as tf

        from pipelines.models.recurrent import states

        if initial_state is not None:
            raise _no_rule(layer, "starts from a state that is given")
        if layer.go_backwards:
            inputs, mask = tf.reverse(inputs, [1]), None if mask is None else tf.reverse(mask, [1])
        before, hidden = states(layer.cell, inputs, mask)
        earlier = tf.concat([tf.zeros_like(hidden[:, :1]), hidden[:, :-1]], axis=1)
        tell(tf.concat([inputs, earlier], axis=2), before, norms.recurrent)
        return hidden if layer.return_sequences else hidden[:, -1]

    return call


def _alone(layer: Any, original: Callable[..., Any], tell: Callable[..., Tensor]) -> Callable[..., Any]:
    import keras

    def call(inputs: Tensor, *rest: Any, **named: Any) -> Tensor:
        if isinstance(inputs, (list, tuple, dict)) or any(each is not None for each in rest):
            raise _no_rule(layer, "has several inputs")
        if any(named.get(key) is not None for key in ("mask", "initial_state")):
            raise _no_rule(layer, "reads a mask or a state")
        if any(getattr(each, name, 0) for each in _all_layers(layer) for name in ("dropout", "recurrent_dropout")):
            raise _no_rule(layer, "drops values by chance")
        outputs = original(inputs, *rest, **named)
        if not keras.ops.is_tensor(outputs):
            raise _no_rule(layer, "has several outputs")
        return tell(inputs, outputs, norms.without_a_rule)

    return call


def _no_rule(layer: Any, why: str) -> TrainingError:
    return TrainingError(
        f"train: the layer '{layer.name}' {why}: there is no rule for the gradients of its single rows.",
        "Expected, with `train.privacy`, a layer of one input and one output that decides nothing by chance.",
        "use Dense, Embedding, Conv1D, Conv2D or LSTM layers, with Dropout layers between them.",
    )
