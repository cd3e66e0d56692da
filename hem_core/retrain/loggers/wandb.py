"""Weights & Biases: a run for the retraining with the report and the set as artifacts, and a run for each training."""

from __future__ import annotations

import importlib
import os
from typing import Any

from hem_core.retrain.loggers._record import Record, Training

PACKAGE = "wandb"
PROJECT = "hem"
"""Where WANDB_PROJECT names none."""


def log(record: Record) -> str:
    """Log into the project that W&B's own variables name; WANDB_MODE=offline writes to disk for `wandb sync`.

    All runs are of one group, the name of the retraining; their job types are retraining and the arms. Returns the
    address of the run, or its folder where it is offline.
    """
    wandb: Any = importlib.import_module("wandb")  # a static reader would take this file for it

    for each in record.trainings:
        _training(wandb, record, each)
    with _started(wandb, record, record.name, "retraining", dict(record.parameters)) as run:
        run.notes = record.sentences
        run.summary.update({**record.metrics, "verdict": record.verdict})
        rows = [[each.arm, each.seed, name, value] for each in record.trainings for name, value in each.metrics.items()]
        run.log({"trainings": wandb.Table(columns=["arm", "seed", "measure", "value"], data=rows)})
        report = wandb.Artifact(f"{record.name}-report", type="report")
        for path in record.files:
            report.add_file(str(path))
        run.log_artifact(report)
        if record.set_folder is not None:
            chosen = wandb.Artifact(record.set_name, type="dataset")
            chosen.add_dir(str(record.set_folder))
            run.use_artifact(chosen) if not run.offline else run.log_artifact(chosen)
        return str(run.url or run.dir)


def _training(wandb: Any, record: Record, each: Training) -> None:
    name = f"{record.name} {each.arm} seed {each.seed}"
    config = {**record.parameters, "arm": each.arm, "seed": each.seed}
    with _started(wandb, record, name, each.arm, config) as run:
        run.summary.update(dict(each.metrics))


def _started(wandb: Any, record: Record, name: str, job_type: str, config: dict[str, Any]) -> Any:
    return wandb.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT),
        group=record.name,
        name=name,
        job_type=job_type,
        config=config,
        reinit="create_new",
    )
