"""No body of a function is longer than 40 lines, so that each fits on a screen."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 40


def bodies(path):
    """Name and length of the body of each function of a file, its docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            yield node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_body_is_longer_than_a_screen():
    paths = [path for room in ("hem_core", "app") for path in (ROOT / room).rglob("*.py")]
    long = {f"{path.relative_to(ROOT)}: {name}": n for path in paths for name, n in bodies(path) if n > MOST}
    assert long == {}
