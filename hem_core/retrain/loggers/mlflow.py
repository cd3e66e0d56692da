"""MLflow: a run for the retraining with the report and the set as artifacts, and inside it a run for each training."""

from __future__ import annotations

import importlib
import os
from typing import Any

from hem_core.retrain.loggers._record import Record, Training

PACKAGE = "mlflow"
EXPERIMENT = "hem"
"""Where MLFLOW_EXPERIMENT_NAME or MLFLOW_EXPERIMENT_ID names none and no run is active."""


def log(record: Record) -> str:
    """Log into the experiment and the store that MLflow's own variables name (MLFLOW_TRACKING_URI); inside an active
    run as a run nested in it. Returns the id of the run and its store.
    """
    mlflow: Any = importlib.import_module("mlflow")  # a static reader would take this file for it

    is_inside = mlflow.active_run() is not None
    if not is_inside and not {"MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"} & os.environ.keys():
        mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=record.name, nested=is_inside) as run:
        mlflow.set_tags({"hem.verdict": record.verdict, "mlflow.note.content": record.sentences})
        mlflow.log_params(dict(record.parameters))
        mlflow.log_metrics(dict(record.metrics))
        for path in record.files:
            mlflow.log_artifact(str(path), "report")
        if record.set_folder is not None:
            mlflow.log_artifacts(str(record.set_folder), f"set/{record.set_name}")
        for each in record.trainings:
            _training(mlflow, record, each)
    return f"run {run.info.run_id} in {mlflow.get_tracking_uri()}"


def _training(mlflow: Any, record: Record, each: Training) -> None:
    with mlflow.start_run(run_name=f"{record.name} {each.arm} seed {each.seed}", nested=True):
        mlflow.log_params({**record.parameters, "arm": each.arm, "seed": each.seed})
        mlflow.log_metrics(dict(each.metrics))
