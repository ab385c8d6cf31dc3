"""The bundle as MLflow's python_function, from code: no pickle, no training library."""

import warnings
from pathlib import Path

import mlflow
from mlflow.pyfunc import PythonModel, PythonModelContext

from pipelines.bundle import read_bundle

with warnings.catch_warnings():
    # MLflow takes hints at `predict` for a schema, and warns where there are none; ours comes from the record.
    warnings.simplefilter("ignore", UserWarning)

    class Served(PythonModel):  # type: ignore[misc]  # mlflow is skipped by the type checker
        """Predicts a label for each row of a data frame."""

        def load_context(self, context: PythonModelContext) -> None:
            """Read the bundle that lies beside this code."""
            self.bundle = read_bundle(Path(context.artifacts["bundle"]))

        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # see above
            """The most probable label of each row."""
            columns = {name: model_input[name].tolist() for name in model_input.columns}
            return [self.bundle.labels[place] for place in self.bundle.probabilities(columns).argmax(axis=1)]


mlflow.models.set_model(Served())
