"""What CONTRIBUTING.md shows is true: the rooms, and a worked example of each kind of thing, which is run."""

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
FENCED = re.findall(r"^(`{3,})python\n# (\S+\.py)\n(.*?)^\1$", TEXT, re.DOTALL | re.MULTILINE)
BLOCKS = {path: text for _fence, path, text in FENCED}
ITEMS = {path: text for path, text in BLOCKS.items() if not path.startswith("tests/")}
TESTS = {path: text for path, text in BLOCKS.items() if path.startswith("tests/")}


def rooms():
    """The line of each room, from its `__init__.py`."""
    found = [path for package in ("hem_core", "app") for path in (ROOT / package).glob("*/__init__.py")]
    for path in [*sorted(found), ROOT / "demo_models" / "__init__.py"]:
        sentence = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n\n")[0]
        yield f"| `{path.parent.relative_to(ROOT)}` | {' '.join(sentence.split())} |"


def test_the_rooms_are_those_of_the_tree():
    wanted = list(rooms())
    found = re.findall(r"^\| `(?:hem_core|app|demo_models).*$", TEXT, re.MULTILINE)
    assert found == wanted, "write these lines into CONTRIBUTING.md:\n" + "\n".join(wanted)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The examples as files of their packages, in a temporary place; the packages look there too."""
    for path, text in ITEMS.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for folder in {(ROOT / path).parent for path in ITEMS}:
        parent = folder if folder.is_dir() else folder.parent
        package = importlib.import_module(".".join(parent.relative_to(ROOT).parts))
        added = str(tmp_path / parent.relative_to(ROOT))
        monkeypatch.setattr(package, "__path__", [*package.__path__, added])
    from hem_core import mining, tasks

    vars(mining).pop("Middle", None)  # found once, a selector stays
    monkeypatch.setattr(mining, "__path__", [*mining.__path__, str(tmp_path / "hem_core" / "mining")])
    before = set(sys.modules)
    yield tmp_path
    tasks.load.cache_clear()
    for name in sorted(set(sys.modules) - before, reverse=True):  # a module before its package
        if name.startswith(("hem_core", "app")) and str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            parent, _, last = name.rpartition(".")
            vars(sys.modules[parent]).pop(last, None)
            del sys.modules[name]


@pytest.mark.parametrize("path", TESTS)
def test_the_test_of_an_example_passes(path, written):
    names: dict = {}
    exec(compile(TESTS[path], path, "exec"), names)
    tests = [each for name, each in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test(**({"tmp_path": written} if inspect.signature(test).parameters else {}))


def test_every_kind_of_item_has_an_example():
    kinds = {str(Path(path).parent) for path in ITEMS}
    assert {
        "hem_core/scores",
        "hem_core/export",
        "hem_core/selection/policies",
        "hem_core/catalog",
        "hem_core/tasks",
        "hem_core/media",
        "hem_core/mining/selectors",
        "hem_core/cli",
        "hem_core/advise/actions",
    } <= kinds
    assert any(kind.startswith("app/views/") for kind in kinds)


LONGER = {"hem_core/tasks": 95, "hem_core/media": 50}
"""Lines of a kind of item whose contract has more to say than a function or two."""


@pytest.mark.parametrize("path", ITEMS)
def test_an_example_is_short(path):
    assert len(ITEMS[path].strip().splitlines()) <= LONGER.get(str(Path(path).parent), 25)


@pytest.mark.parametrize("path", ITEMS)
def test_the_linter_accepts_an_example(path):
    without_types = ["--ignore", "ANN"] if str(Path(path).parent) in LONGER else []
    command = [sys.executable, "-m", "ruff", "check", *without_types, "--stdin-filename", path, "-"]
    done = subprocess.run(command, input=ITEMS[path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_documentation_describes_the_examples(written, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pages = importlib.import_module("pages")
    assert pages.missing() == []
    made = {name: kind.pages() for name, kind in pages.all_kinds().items()}
    assert "mean of z_k, minus z_y" in made["scores"]["below_mean"]
    assert 'read_text("utf-8")' in made["formats"]["ids"]
    assert "lowest value of a column" in made["policies"]["easiest"]
    assert "The line's number is the id" in made["readers"]["labelled_lines"]
    assert "whose error is 0.5 at ten minutes" in made["tasks"]["delay"]
    assert "all of one length" in made["media"]["curve"]
    assert "candidate for more data" in made["views"]["classes"]
    assert "Say how many examples a run has." in made["commands"]["count"]


def test_the_example_of_a_selector_s_docstring_runs(written):
    from hem_core import mining

    assert "Middle" in mining.names()
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder(recurse=False).find(mining.Middle, "Middle"):
        runner.run(example)
    assert (runner.tries, runner.failures) == (2, 0)


def test_the_task_is_scored_on_examples_of_the_medium(written):
    import torch

    import hem_core

    class Mean(torch.nn.Module):
        def forward(self, curves):
            return curves.mean(dim=1)

    minutes = [0.0, 4.0, 8.0, 12.0]
    table = pd.DataFrame({"curve": [[value, value + 2] for value in minutes], "label": ["1", "15", "9", "soon"]})
    table.to_parquet(written / "curves.parquet")
    out = written / "work" / "runs" / "late"
    run = hem_core.score(Mean(), written / "curves.parquet", task="delay", out=out, has_map=False)
    shown = run.table(["id", "given", "predicted", "error", "reason", "evidence"])
    assert shown["predicted"].tolist() == ["1.0", "5.0", "9.0"]
    assert shown["error"].tolist() == [0.0, 0.5, 0.0]
    assert shown.iloc[1][["reason", "evidence"]].tolist() == ["too early", "-10 min"]
    assert run.failures()["reason"].tolist() == ["its label is no number of minutes"]
    assert run.info["metrics"][0]["value"] == pytest.approx(10 / 3)
    assert run.thumbnail(1)


@pytest.fixture
def workspace(written):
    """A run of ten examples, scored without a model while the examples are in their folders."""
    import hem_core

    table = pd.DataFrame({"id": [f"e{k}" for k in range(10)], "label": [str(k % 3) for k in range(10)]})
    table["logits"] = list(np.random.default_rng(0).normal(size=(10, 3)))
    table.to_parquet(written / "few.parquet")
    out = written / "work" / "runs" / "first"
    hem_core.score(None, written / "few.parquet", out=out, classes=["0", "1", "2"], has_map=False, has_probes=False)
    return written / "work"


@pytest.mark.slow
def test_the_command_line_finds_the_examples(workspace):
    from hem_core.cli import command_line

    hem, run = command_line(), workspace / "runs" / "first"
    assert CliRunner().invoke(hem, ["count", str(run)]).output == "10 examples\n"
    chosen = CliRunner().invoke(hem, ["select", str(run), "--n", "2", "--policy", "easiest"])
    assert chosen.exit_code == 0, chosen.output
    exported = CliRunner().invoke(hem, ["export", str(run), "--format", "ids", "--out", str(workspace / "set")])
    assert exported.exit_code == 0, exported.output
    assert len((workspace / "set" / "ids.txt").read_text().split()) == 10


@pytest.mark.slow
def test_the_app_shows_the_page_and_the_words_of_the_score(workspace, monkeypatch):
    from streamlit.testing.v1 import AppTest

    from app.wire.columns import described
    from hem_core import open_run

    column = described(open_run(workspace / "runs" / "first").examples)["below_mean"]
    assert column["meaning"] == "How far the label's logit is below the mean of all"
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace))
    monkeypatch.setenv("HEM_PERSON", "anna")
    test = AppTest.from_function(_page, default_timeout=30).run()
    assert not test.exception
    assert len(test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")) == 1


def _page():
    from app import frame, state
    from app.views import views

    state.sync()
    frame.guarded(views()["classes"].page)
