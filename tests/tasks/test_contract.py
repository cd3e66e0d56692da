"""The contract of every task in the house."""

import ast
import re
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
        text = path.read_text("utf-8")
        if path.parent.name == "tasks" or "hem_core.tasks" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hem_core.tasks"):
                assert node.module == "hem_core.tasks", path
                assert not {alias.name for alias in node.names} & set(OURS), path


def texts(node):
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def asks_in_python(source):
    """Lines that compare something with the name of a task, or look something up by it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                found = [node.left, *node.comparators]
            case ast.Match():
                found = [case.pattern for case in node.cases]
            case ast.Dict() if len({name for key in node.keys if key for name in texts(key)} & set(OURS)) > 1:
                found = [key for key in node.keys if key]
            case _:
                continue
        if any(texts(side) & set(OURS) for side in found):
            yield node.lineno


def asks_in_javascript(source):
    """Numbers of the lines that do."""
    name = rf"""["'`](?:{"|".join(OURS)})["'`]"""
    asked = (rf"[!=]==?\s*{name}", rf"{name}\s*[!=]==?", rf"case\s+{name}", rf"{name}[^\]]*\]\.includes\(")
    for number, line in enumerate(source.splitlines(), 1):
        if any(re.search(one, line) for one in asked):
            yield number


@pytest.mark.parametrize(
    "source",
    [
        'if task == "detection": pass',
        'x = run.info["task"] != "regression"',
        'y = info.get("task") in ("multilabel", "detection")',
        'match task.name:\n    case "classification" | "multilabel":\n        pass',
        'z = {"regression": 1, "detection": 2}[task]',
    ],
)
def test_a_question_for_the_name_of_a_task_is_found(source):
    assert list(asks_in_python(source))


def test_a_question_for_the_name_of_a_task_is_found_in_javascript():
    found = ['data.task === "detection"', "'regression' == task", 'case "multilabel":', '["detection"].includes(task)']
    assert all(list(asks_in_javascript(line)) for line in found)
    assert not list(asks_in_javascript('data.look === "words"'))


def test_nobody_else_asks_for_the_name_of_a_task():
    found = []
    for path in [*(ROOT / "hem_core").rglob("*"), *(ROOT / "app").rglob("*")]:
        asks = {".py": asks_in_python, ".js": asks_in_javascript}.get(path.suffix)
        if not asks or path.parent.name == "tasks":
            continue
        text = path.read_text("utf-8")
        if any(name in text for name in OURS):  # it takes a second to parse those that name none
            found += [f"{path.relative_to(ROOT)}:{line}" for line in asks(text)]
    assert not found
