"""Dense layers one behind the other, as `train.mlp` chooses them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipelines.models.options import Mlp

if TYPE_CHECKING:
    import keras


def dense_layers(hidden: Any, sizes: Iterable[int], options: Mlp) -> "keras.KerasTensor":
    """`hidden` (n, width) through a layer of each of these `sizes`: dense, normalised, rectified, dropped out."""
    import keras

    layers = keras.layers
    punished = keras.regularizers.L1L2(options.l1, options.l2) if options.l1 or options.l2 else None
    for size in sizes:
        start = keras.initializers.get(options.weights)
        # What is normalised has its bias there.
        hidden = layers.Dense(
            size, use_bias=not options.normalised, kernel_initializer=start, kernel_regularizer=punished
        )(hidden)
        if options.normalised:
            hidden = layers.BatchNormalization()(hidden)
        hidden = layers.Dropout(options.dropout)(layers.Activation("relu")(hidden))
    return hidden
