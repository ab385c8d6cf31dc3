"""By what rule the weights change: the learning rate over the steps, the optimizer, and what is made small."""

from typing import TYPE_CHECKING, Any

from pipelines.errors import ParameterError
from pipelines.models.options import Pace

if TYPE_CHECKING:
    import keras

# By how much a plateau lowers the learning rate.
LOWERED = 0.5


def check_pace(pace: Pace) -> None:
    """Raise ParameterError where a value of `train.schedule` makes no sense."""
    right = {
        "warmup": (0 <= pace.warmup < 1, "a share of all steps, from 0 to below 1"),
        "clip_norm": (pace.clip_norm >= 0, "a length above 0, or 0 for none"),
        "label_smoothing": (0 <= pace.label_smoothing < 1, "a share from 0 to below 1"),
        "weight_decay": (pace.weight_decay >= 0, "a rate above 0, or 0 for none"),
        "accumulate": (pace.accumulate >= 1, "how many batches make one step, 1 at least"),
        "ema": (0 <= pace.ema < 1, "a momentum such as 0.99, or 0 for none"),
    }
    for key, (holds, meant) in right.items():
        if not holds:
            raise ParameterError(
                f"params.yaml: `train.schedule.{key}` is {getattr(pace, key):g}.",
                f"Expected {meant}.",
                f"leave `{key}` out to have the default, {getattr(Pace(), key):g}.",
            )
    if pace.decay == "plateau" and pace.refit:
        raise ParameterError(
            "params.yaml: `train.schedule` asks for `refit` and for `decay: plateau`.",
            "Expected one of them: a plateau follows the validation rows, and a training by all rows has none.",
            "leave `refit` out, or write `decay: cosine`.",
        )
    if pace.decay == "plateau" and pace.warmup:
        raise ParameterError(
            "params.yaml: `train.schedule` asks for a warm-up and for `decay: plateau`.",
            "Expected one of them: a plateau follows the validation rows, a warm-up the number of the step.",
            "leave `warmup` out, or write `decay: cosine`.",
        )


def optimizer_for(pace: Pace, learning_rate: float, steps: int) -> "keras.optimizers.Optimizer":
    """Adam (Kingma & Ba 2015), with decoupled decay (Loshchilov & Hutter 2019) where there is any, for so many batches.

    Gradients are clipped by their common length. Biases and what normalises are not decayed.
    """
    import keras

    decay = {"weight_decay": pace.weight_decay} if pace.weight_decay else {}
    ema = {"use_ema": True, "ema_momentum": pace.ema} if pace.ema else {}
    optimizer = keras.optimizers.Adam(
        rate(pace, learning_rate, steps),  # Keras asks it by the number of the batch, accumulated or not
        global_clipnorm=pace.clip_norm or None,
        gradient_accumulation_steps=pace.accumulate if pace.accumulate > 1 else None,
        **decay,
        **ema,
    )
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def rate(pace: Pace, learning_rate: float, steps: int) -> Any:
    """The learning rate, or the rule by which it rises and falls over `steps`: linearly up, a half cosine down."""
    import keras

    warm = int(pace.warmup * steps)
    first = learning_rate / (warm + 1)
    schedules = keras.optimizers.schedules
    if pace.decay == "cosine":
        up = {"warmup_target": learning_rate, "warmup_steps": warm} if warm else {}
        return schedules.CosineDecay(first, max(1, steps - warm), **up)
    if warm:
        return schedules.PolynomialDecay(first, warm, end_learning_rate=learning_rate)  # it may as well rise
    return learning_rate


def lower(optimizer: "keras.optimizers.Optimizer") -> None:
    """Go on at a lower rate: there is nothing more to gain at this one."""
    optimizer.learning_rate = float(optimizer.learning_rate) * LOWERED


def smoothed(loss: Any, share: float) -> Any:
    """`loss` as if `share` of each answer were spread over all labels (Szegedy et al. 2016).

    Only a cross-entropy has labels to spread over; any other loss is returned as it is.
    """
    if not share or loss != "sparse_categorical_crossentropy":
        return loss
    import keras

    def smoothed_crossentropy(labels: Any, found: Any) -> Any:
        logs = keras.ops.log(keras.ops.clip(keras.ops.cast(found, "float32"), 1e-7, 1.0))
        right = keras.losses.sparse_categorical_crossentropy(labels, found)
        return (1 - share) * right - share * keras.ops.mean(logs, axis=-1)

    return smoothed_crossentropy
