"""What holds for the whole browser side and its tests, read from their text."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BROWSER = ROOT / "app" / "browser"
MODULES = sorted(BROWSER.glob("*/*.js"))
SHELL = BROWSER / "shared" / "browser_shell.js"  # the one module that may touch the page's window
NAMES = "location|history|localStorage|sessionStorage|navigator"
OF_THE_WINDOW = re.compile(
    rf"(?<![\w.])(?:{NAMES})\.|(?:window|globalThis)\.(?:{NAMES})\b"
    r"|document\.cookie|(?<![\w.])fetch\(|XMLHttpRequest|sendBeacon"
)
SKIPS = re.compile(r"pytest\.(?:skip|importorskip)\(|mark\.skip")


def test_every_module_is_type_checked_and_its_lines_are_short():
    texts = {path: path.read_text("utf-8").splitlines() for path in MODULES}
    assert [path for path, lines in texts.items() if lines[0] != "// @ts-check"] == []
    assert [path for path, lines in texts.items() if max(map(len, lines)) > 120] == []


def test_only_the_shell_touches_addresses_storage_and_the_network():
    found = {path.name: OF_THE_WINDOW.findall(code(path)) for path in MODULES if path != SHELL}
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert OF_THE_WINDOW.search(code(SHELL))


def test_no_test_of_the_browser_side_waits_for_a_fixed_time_or_is_skipped():
    paths = [path for room in ("browser", "e2e") for path in ROOT.glob(f"tests/{room}/*.py")]
    texts = {path: path.read_text("utf-8") for path in paths}
    assert [path for path, text in texts.items() if "wait_for_timeout(" in text or SKIPS.search(text)] == []
    sleeps = {path: sleeps_outside_a_loop(ast.parse(text)) for path, text in texts.items() if "sleep" in text}
    assert {path: lines for path, lines in sleeps.items() if lines} == {}


def test_a_sleep_is_allowed_where_it_polls():
    polls = "while not found():\n    time.sleep(0.1)"
    assert sleeps_outside_a_loop(ast.parse(polls)) == []
    assert sleeps_outside_a_loop(ast.parse(f"import time\ntime.sleep(3)\n{polls}")) == [2]


def code(path):
    """A module's text without comments and strings."""
    text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text("utf-8"), flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def sleeps_outside_a_loop(tree):
    """The lines of `time.sleep` that stand in no loop: a loop asks again, a sleep alone only hopes."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While)]
    polling = {id(inner) for loop in loops for inner in ast.walk(loop)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"]
    return [node.lineno for node in calls if id(node) not in polling]
