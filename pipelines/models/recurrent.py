"""An LSTM, step by step, that shows its gates before their activations: Keras keeps them to itself."""

from typing import Any

Tensor = Any


def states(cell: Any, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """What the inputs give to the gates, (rows, time, 4 units), and the hidden states, (rows, time, units).

    `cell` is a keras LSTMCell (Hochreiter & Schmidhuber 1997; gates in the order input, forget, cell, output); how
    long time is must be known. Where `mask` (rows, time) is false, the state stays. The gradient at the first is
    that at the gates: what comes from the states is added to it, and to nothing else.
    """
    import tensorflow as tf

    before = tf.matmul(inputs, cell.kernel.value)
    if cell.use_bias:
        before = before + cell.bias.value
    steps = tf.transpose(before, (1, 0, 2))
    keep = None if mask is None else tf.transpose(tf.cast(mask, before.dtype))[:, :, None]
    time = inputs.shape[1]
    hidden = tf.zeros((tf.shape(inputs)[0], cell.units), before.dtype)
    found = tf.TensorArray(before.dtype, size=time, element_shape=(None, cell.units))

    def step(place: Tensor, hidden: Tensor, memory: Tensor, found: Any) -> tuple[Tensor, Tensor, Tensor, Any]:
        new_hidden, new_memory = _step(cell, steps[place], hidden, memory)
        if keep is not None:
            new_hidden = keep[place] * new_hidden + (1 - keep[place]) * hidden
            new_memory = keep[place] * new_memory + (1 - keep[place]) * memory
        return place + 1, new_hidden, new_memory, found.write(place, new_hidden)

    start = (tf.constant(0), hidden, hidden, found)
    *_, found = tf.while_loop(lambda place, *_: place < time, step, start, maximum_iterations=time)
    return before, tf.ensure_shape(tf.transpose(found.stack(), (1, 0, 2)), (None, time, cell.units))


def _step(cell: Any, given: Tensor, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    import tensorflow as tf

    gates = given + tf.matmul(hidden, cell.recurrent_kernel.value)
    enter, forget, candidate, leave = tf.split(gates, 4, axis=1)
    open_to = cell.recurrent_activation
    memory = open_to(forget) * memory + open_to(enter) * cell.activation(candidate)
    return open_to(leave) * cell.activation(memory), memory
