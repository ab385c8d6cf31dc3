"""Dense layers over a table's columns, or over a picture's pixels."""

from pipelines.features import Table
from pipelines.fixed import fixed_table
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.dense import dense_layers
from pipelines.models.heads import head
from pipelines.models.mlp_pictures import fit_pictures
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Mlp
from pipelines.models.starting import features_of


def fit(problem: Problem, options: Mlp, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The multi-layer perceptron of `problem`, with the weights of its best epoch."""
    if problem.reads == "image":
        return fit_pictures(problem, options, schedule, watcher)
    import keras

    if schedule.private:
        features = fixed_table(problem.record)
    else:
        features = features_of(schedule.start, Table) or Table.fit(problem.train.columns, problem.record)
    prepare(problem.seed)
    table = keras.Input((features.width,), dtype="float32", name="table")
    network = keras.Model(table, head(problem, dense_layers(table, options.layers, options)))
    arrays = (features.arrays(problem.train.columns), features.arrays(problem.valid.columns))
    progress = train(network, problem, arrays, schedule, watcher)
    example = {"table": arrays[0]["table"][:2]}
    return Fitted(features, export(network, example), about(network, progress, schedule.pace))
