"""The contract of a task as its author calls it: what is right passes, what is broken is told what to change."""

import sys

import pytest

from hem_core import tasks
from hem_core.testing import check_task

TASK = """
import numpy as np
{head}
from hem_core.tasks.classification import Task as Right


class Task(Right):
    def __init__(self):
        super().__init__(name="{name}", title="three classes")

{body}
"""


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Checks a task that differs from classification by one definition."""
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path)])

    def checked(body, head="", name="broken"):
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        (tmp_path / "broken.py").write_text(TASK.format(body=lines, head=head, name=name))
        check_task("broken")

    yield checked
    tasks.load.cache_clear()
    sys.modules.pop("hem_core.tasks.broken", None)


def test_a_right_task_passes(checked):
    checked("")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("figures = property(lambda self: ('a pie',), lambda self, _: None)", "`figures` of task broken names a pie"),
        ("reasons = {'odd': ''}", "a reason of task broken has no meaning; write a few words for each"),
        ("spoils = property(lambda self: ('upside down',), lambda self, _: None)", "`spoils` .* names upside down"),
        ("def strata(self, targets):\n    return targets * 0", "must give .* int64, -1 where the label is missing"),
        ("def written(self, values, classes):\n    return [f'{v}' for v in values]", "'-1' for a value that is not"),
        ("def encode(self, names, classes):\n    return np.zeros(len(names), np.int64)", "must read what"),
        ("def targets_for(self, *a, **k):\n    return super().targets_for(*a, **k) * 0", "reads labels otherwise than"),
        ("def raw(self, output):\n    return output.double()", r"gives torch.float64 \(7, 3\); wanted float32"),
        ("def problems(self, raw, targets):\n    return {}", "names the rows .*; name it, and no other"),
        ("def fields(self, raw, targets):\n    found = super().fields(raw, targets)\n"
         "    return found | {'loss': found['loss'].mean()[None]}", "the field loss of broken has 1 rows for 7"),
        ("def describe(self, raw, outputs):\n    found = super().describe(raw, outputs)\n"
         "    return found | {'error': found['error'] * 2}", "`error` of broken leaves 0 .. 1; 0 is right, 1 is wrong"),
        ("def errors(self, raw, targets):\n    return np.zeros(len(raw))", "differs from the column 'error'"),
        ("def table(self, columns, classes):\n    found = super().table(columns, classes)\n    del found['given']\n"
         "    return found", "`table` of broken lacks 'given'; give the text"),
        ("def metrics(self, level):\n    return []", "gives 0 for 1 examples"),
        ("def explain(self, columns):\n    why = np.array(['bored'] * len(columns['error']), object)\n"
         "    return {'reason': why, 'evidence': why}", "`explain` of task broken names bored; there are: mislabelled"),
        ("def parts(self, columns, ids):\n    import pyarrow as pa\n    from hem_core.tasks import Parts\n"
         "    return Parts('halves', pa.table({'id': ['a#p0']}))", "the parts of broken have no column 'example'"),
    ],
)  # fmt: skip
def test_a_broken_task_is_told_what_to_change(checked, body, problem):
    with pytest.raises(AssertionError, match=problem):
        checked(body)


def test_a_task_that_calls_itself_otherwise_than_its_file_is_refused(checked):
    with pytest.raises(AssertionError, match="task broken calls itself 'other'; `name` is the name of its file"):
        checked("", name="other")


def test_a_task_that_needs_torch_to_be_listed_is_refused(checked):
    with pytest.raises(AssertionError, match="imports torch with its file; import it in the function that needs it"):
        checked("", head="from torch import Tensor\n")
