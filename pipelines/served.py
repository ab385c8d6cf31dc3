"""The bundle as MLflow's python_function, from code: no pickle, no training library."""

from pathlib import Path
from typing import Any

import mlflow
import pandas
from mlflow.pyfunc import PythonModel, PythonModelContext

from pipelines.bundle import read_bundle


class Served(PythonModel):  # type: ignore[misc]  # mlflow is skipped by the type checker
    """Predicts a label, or a number, for each row of a data frame."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle that lies beside this code."""
        self.bundle = read_bundle(Path(context.artifacts["bundle"]))

    def predict(self, context: PythonModelContext, model_input: pandas.DataFrame, params: Any = None) -> list[Any]:
        """What the model answers to each row."""
        columns = {name: model_input[name].tolist() for name in model_input.columns}
        if self.bundle.task == "regression":
            return [float(value) for value in self.bundle.values(columns)]
        return [self.bundle.labels[place] for place in self.bundle.decided(self.bundle.probabilities(columns))]


mlflow.models.set_model(Served())
