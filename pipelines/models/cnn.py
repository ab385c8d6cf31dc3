"""Convolutions, over whatever the record reads."""

from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.cnn_pictures import fit_pictures
from pipelines.models.options import Cnn


def fit(problem: Problem, options: Cnn, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The convolutional network of `problem`, with the weights of its best epoch."""
    return fit_pictures(problem, options, schedule, watcher)
