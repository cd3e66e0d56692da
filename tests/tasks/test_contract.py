"""The contract of every task in the house."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hem_core import tasks
from hem_core.reasons.rules import REASONS, UNSURE
from hem_core.testing import check_task

ROOT = Path(__file__).parents[2]
OURS = [path.stem for path in (ROOT / "hem_core" / "tasks").glob("*.py") if not path.stem.startswith("_")]


@pytest.mark.parametrize("name", OURS)
def test_a_task_keeps_what_it_promises(name):
    check_task(name)


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
