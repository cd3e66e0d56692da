"""The page about trainers names every way of recording that there is, and none that there is not."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "trainers.md").read_text("utf-8")
ROOM = ROOT / "hem_core" / "dynamics"
WAYS = {"fit", "record", "RecorderCallback", "Recorder", "BoxRecorder"}


def ways(path):
    """The names in a module by which a training is recorded."""
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if hasattr(node, "name")} & WAYS


def rows():
    """(line to add, module) of each trainer."""
    found = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in PAGE.splitlines() if line.startswith("| ")]
    return [(row[1], row[2].strip("`")) for row in found[1:]]


def test_every_module_that_records_is_in_the_table():
    assert {path.stem for path in ROOM.glob("[a-z]*.py") if ways(path)} == {module for _line, module in rows()}


def test_every_line_calls_what_its_module_has():
    for line, module in rows():
        names = ways(ROOM / f"{module}.py")
        assert names == {"Recorder"} or any(f"{name}(" in line for name in names), (line, module, names)
