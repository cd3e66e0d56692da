"""A task that no file of the house knows: the progression of diabetes, a number, predicted by a linear model."""

import json
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core import tasks

TASK = '''
"""The progression of diabetes as a number, defined by a test."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hem_core.tasks import NOT_FINITE, WRONG, Metric, Targets

SCALE = 100.0


@dataclass(frozen=True)
class Task:
    name: str = "progression"
    title: str = "progression of a disease"
    offers: frozenset = frozenset()
    figures: tuple = ("errors",)
    spoils: tuple = ()

    @property
    def reasons(self):
        return {"far off": "the prediction is far from the number", "easy": "it is near"}

    def read_targets(self, catalog, facts, model, options):
        values = self.targets_for(catalog, facts, ())
        bad = {int(row): "its label is no number" for row in np.flatnonzero(np.isnan(values))}
        return Targets(values, bad, (), dict(facts))

    def targets_for(self, catalog, facts, classes, *, labels_are=None):
        return self.encode(catalog["label"].to_pylist(), classes)

    def encode(self, labels, classes):
        return np.array([_number(label) for label in labels], dtype=np.float32)

    def written(self, values, classes):
        return [None if np.isnan(value) else f"{value:.1f}" for value in values.tolist()]

    def width(self, classes):
        return 1

    def raw(self, output):
        return output.float().reshape(len(output), 1)

    def problems(self, raw, targets):
        return dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)

    def finite(self, raw):
        return raw

    def fields(self, raw, targets):
        return {"targets": targets, "loss": (raw[:, 0] - targets).abs() / SCALE}

    def describe(self, raw, outputs):
        residual = outputs.loss * SCALE
        return {"expected": raw[:, 0], "residual": residual, "error": residual / (residual + SCALE)}

    def predicted(self, raw):
        return raw[:, 0]

    def errors(self, raw, targets):
        residual = np.abs(raw[:, 0] - targets).astype(np.float64)
        return residual / (residual + SCALE)

    def table(self, columns, classes):
        given = pa.array(self.written(columns["target"], classes), pa.string())
        predicted = pa.array(self.written(columns["expected"], classes), pa.string())
        return {"label": given, "given": given, "predicted": predicted}

    def parts(self, columns, ids):
        return None

    def metrics(self, level):
        residual = np.asarray(level["residual"], np.float64)
        return [Metric("mean absolute error", float(np.nanmean(residual)), higher_is_better=False, unit="points")]

    def strata(self, targets):
        return np.where(np.isnan(targets), -1, np.digitize(targets, [90, 140, 210])).astype(np.int64)

    def explain(self, columns):
        is_far = columns["error"] >= WRONG
        return {
            "reason": np.where(is_far, "far off", "easy").astype(object),
            "evidence": np.array([f"{value:.0f} points off" for value in columns["residual"].tolist()], dtype=object),
        }


def _number(label):
    try:
        return float(label)
    except (TypeError, ValueError):
        return float("nan")
'''
TRAINING = """
import torch
from torch import nn


class Linear(nn.Module):
    def __init__(self, mean, spread, weights):
        super().__init__()
        self.head = nn.Linear(mean.shape[0], 1)
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        with torch.no_grad():
            self.head.weight.copy_(weights[None, :-1])
            self.head.bias.copy_(weights[-1:])

    def forward(self, rows):
        return self.head((rows - self.mean) / self.spread)[:, 0]


def train(dataset, *, seed=0, weights=None):
    rows = torch.stack([dataset[row][0] for row in range(len(dataset))])
    mean, spread = rows.mean(dim=0), rows.std(dim=0).clamp(min=1e-6)
    design = torch.cat([(rows - mean) / spread, torch.ones(len(rows), 1)], dim=1)
    targets = torch.as_tensor(dataset.targets)
    scale = (torch.ones(len(rows)) if weights is None else weights).sqrt()[:, None]
    return Linear(mean, spread, torch.linalg.lstsq(design * scale, targets[:, None] * scale).solution[:, 0]).eval()
"""


@pytest.fixture(scope="session")
def progression(tmp_path_factory):
    """A workspace with the run `linear`, scored by a task and a train function that exist in a temporary folder."""
    from sklearn.datasets import load_diabetes

    folder = tmp_path_factory.mktemp("progression")
    (folder / "more_tasks").mkdir()
    (folder / "more_tasks" / "progression.py").write_text(textwrap.dedent(TASK))
    (folder / "code").mkdir()
    (folder / "code" / "linear_training.py").write_text(TRAINING)
    home = folder / "w"
    (home / "data").mkdir(parents=True)
    frame: pd.DataFrame = load_diabetes(as_frame=True, scaled=False)["frame"].rename(columns={"target": "label"})
    frame.insert(0, "id", [f"p{row}" for row in range(len(frame))])
    frame["label"] = frame["label"].astype(object)
    frame.loc[3, "label"] = "unknown"
    frame.to_csv(home / "data" / "diabetes.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "__path__", [*tasks.__path__, str(folder / "more_tasks")])
        patch.syspath_prepend(folder / "code")
        hem_core.score(
            None,
            home / "data" / "diabetes.csv",
            task="progression",
            train="linear_training:train",
            oos=3,
            has_map=False,
            out=home / "runs" / "linear",
            columns={"feature_columns": "*"},
        )
        yield home
        tasks.load.cache_clear()
    sys.modules.pop("hem_core.tasks.progression", None)
    sys.modules.pop("linear_training", None)


@pytest.fixture
def run_json(progression):
    return json.loads((progression / "runs" / "linear" / "run.json").read_text())


@pytest.fixture
def residuals(progression):
    """What a reader computes: the error of a prediction from how far it is off."""
    table = hem_core.open_run(progression / "runs" / "linear").table(["residual"])["residual"]
    return table.to_numpy(np.float64)
