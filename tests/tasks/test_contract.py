"""The contract of every task in the house."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hem_core import tasks
from hem_core.reasons.rules import REASONS, UNSURE
from hem_core.types import Outputs

ROOT = Path(__file__).parents[2]
CLASSES = ["a", "b", "c"]
OURS = [path.stem for path in (ROOT / "hem_core" / "tasks").glob("*.py") if not path.stem.startswith("_")]


@pytest.fixture(params=OURS)
def task(request):
    return tasks.load(request.param)


def test_what_it_offers_and_draws_is_of_the_lists(task):
    assert task.offers <= set(tasks.OFFERS)
    assert task.figures
    assert set(task.figures) <= set(tasks.FIGURES)
    assert task.reasons
    assert all(task.reasons.values())
    assert task.name in tasks.names()


def test_written_values_are_read_back_and_a_missing_one_is_unknown(task):
    values = task.encode(["a", None, "c"] if "classes" in task.offers else ["1.5", None, "3.0"], CLASSES)
    assert tasks.is_known(values).tolist() == [True, False, True]
    np.testing.assert_array_equal(task.encode(task.written(values, CLASSES), CLASSES), values)
    assert np.isnan(tasks.unknown(values)) if values.dtype.kind == "f" else tasks.unknown(values) == -1


@pytest.mark.parametrize("n", [0, 1, 7])
def test_errors_are_graded_from_0_to_1_and_the_same_by_every_way(task, n):
    import torch

    raw = torch.randn(n, task.width(CLASSES), generator=torch.Generator().manual_seed(0))
    targets = torch.arange(n) % len(CLASSES)
    outputs = Outputs(ids=[str(row) for row in range(n)], **task.fields(raw, targets))
    columns = {"target": targets} | task.describe(raw, outputs)
    error = columns["error"].numpy()
    assert error.dtype == np.float32
    assert ((error >= 0) & (error <= 1)).all()
    np.testing.assert_allclose(task.errors(raw.numpy(), targets.numpy()), error, rtol=1e-6)
    table = task.table({name: values.numpy() for name, values in columns.items()}, CLASSES)
    assert {"label", "given", "predicted"} <= set(table)
    assert {len(column) for column in table.values()} == {n}
    assert table["given"].to_pylist() == task.written(targets.numpy(), CLASSES)
    metrics = task.metrics({name: values.numpy() for name, values in columns.items()})
    assert all(metric.name for metric in metrics)
    assert bool(metrics) == bool(n)


def test_the_reasons_of_classification_are_those_of_the_rules():
    assert set(tasks.load("classification").reasons) == {*REASONS, UNSURE}


def test_the_words_and_metrics_of_a_task_need_no_torch():
    asked = "; ".join(f"tasks.load({name!r}).metrics({{'error': [0.0, 1.0]}})" for name in OURS)
    code = f"import sys; from hem_core import tasks; {asked}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_nobody_else_knows_a_task_by_name():
    for path in [*(ROOT / "hem_core").rglob("*.py"), *(ROOT / "app").rglob("*.py")]:
        if path.parent.name == "tasks":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hem_core.tasks"):
                assert node.module == "hem_core.tasks", path
                assert not {alias.name for alias in node.names} & set(OURS), path
