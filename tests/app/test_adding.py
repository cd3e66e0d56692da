"""A score, a format, a policy, a page and a command are each added by one file: nothing else is edited."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import app.views
import hem_core.cli
import hem_core.export
import hem_core.scores
import hem_core.selection.policies
from app.wire import columns
from hem_core.sets.select import select
from hem_core.store import sets
from hem_core.store.atomic import write_table
from hem_core.store.workspace import open_workspace
from hem_core.types import Outputs

pytestmark = pytest.mark.slow

SCORE = '''
from torch import Tensor

TITLE = "roughness of the logits"
IS_LOG = True


def roughness(logits: Tensor) -> Tensor:
    """How far apart the logits are: max of z_k, minus min of z_k.

    logits (N, K) before softmax.
    Returns (N,) logits in 0 .. inf; higher = harder.
    Cost: one forward pass.
    Use it: in this test.
    Reference: none.
    """
    return logits.amax(dim=1) - logits.amin(dim=1)  # (N, K) -> (N,)
'''
FORMAT = '''
"""The ids and labels, separated by tabs."""

import pandas as pd

from hem_core.export._carries import Carries

CARRIES = Carries(columns=("label",))
PROGRESS = "writing tabs"
README = """## Tabs

```python
import pandas as pd

tabs = pd.read_csv(FOLDER / "tabs.tsv", sep="\\\\t", dtype="str")
```
"""


def write(examples, folder, *, read_image=None, classes=(), features=()):
    """Write tabs.tsv. Returns its path."""
    path = folder / "tabs.tsv"
    examples[["id", "label"]].to_csv(path, sep="\\t", index=False)
    return path


def read(folder):
    """The ids and labels of tabs.tsv."""
    return pd.read_csv(folder / "tabs.tsv", sep="\\t", dtype="str"), None
'''
POLICY = '''
import numpy as np

from hem_core.selection.pool import Chosen, Pool, first

READS = ("entropy",)


def calmest(pool: Pool, n: int, *, most: float = 1.0) -> Chosen:
    """The n with the lowest entropy.

    most: the highest entropy that is taken. Nothing else counts.
    """
    entropy = pool.score("entropy")
    return first(pool, np.argsort(entropy, kind="stable"), n, "a higher entropy")
'''
VIEW = '''
"""Notes on a run."""

import streamlit as st

PLACE, TITLE, ICON = 45, "My notes", ":material/edit:"


def page() -> None:
    st.text("Nothing noted yet.")
'''
COMMAND = '''
import typer

PLACE = 25


def greet(name: str = typer.Option("you", help="Whom to greet.")) -> None:
    """Greet somebody by name."""
    print(f"hello {name}")
'''


@pytest.fixture
def add(tmp_path, monkeypatch):
    """add(package, name, text): one file more in a package; returns the folder that it is in."""

    def put(package, name, text):
        place = tmp_path / "added" / package.__name__
        place.mkdir(parents=True)
        (place / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)
        monkeypatch.setattr(package, name, None, raising=False)  # undone with the import that sets it
        return place

    return put


def hem(package, place, *words):
    """`hem …` as a process of its own in which a package has one folder more."""
    code = (
        f"import sys, {package.__name__} as package; package.__path__.append(sys.argv.pop(1)); "
        "import hem_core.cli as cli; cli.hem = cli.command_line(); cli.main()"
    )
    command = [sys.executable, "-c", code, str(place), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return " ".join(f"{done.stdout} {done.stderr}".replace("│", " ").split())


def with_column(folder, name, values):
    """Give the run `tiny` a column more."""
    path = folder / "runs" / "tiny" / "scores.parquet"
    write_table(path, pq.read_table(path).append_column(name, pa.array(values)))
    return open_workspace(folder).run("tiny")


def test_a_score_is_computed_by_the_command_line_and_named_in_the_app(add, workspace, tmp_path):
    place = add(hem_core.scores, "roughness", SCORE)
    outputs = Outputs(["a"], logits=torch.tensor([[1.0, 4.0, 2.0]]), targets=torch.tensor([0]))
    assert "roughness" in hem_core.scores.available(outputs)
    assert hem_core.scores.compute("roughness", outputs).tolist() == [3]
    probs = np.random.default_rng(0).dirichlet([1, 1], 40)
    frame = pd.DataFrame({"id": map(str, range(40)), "label": [0, 1] * 20, "probs": list(probs)})
    frame.to_parquet(tmp_path / "predictions.parquet")
    out = tmp_path / "work" / "runs" / "p"
    hem(hem_core.scores, place, "score", tmp_path / "predictions.parquet", "--classes", "a,b", "--out", out)
    assert pd.read_parquet(out / "scores.parquet")["roughness"].min() >= 0
    column = columns.described(open_workspace(out).run("p").examples)["roughness"]
    assert (column["title"], column["unit"], column["range"]) == ("roughness of the logits", "logits", "0 .. inf")
    assert (column["meaning"], column["use"]) == ("How far apart the logits are", "in this test")
    assert column["is_score"]
    assert column["is_log"]


def test_a_format_is_in_the_help_in_the_export_box_and_in_the_folder(add, workspace, show, tmp_path):
    place = add(hem_core.export, "tabs", FORMAT)
    assert "webdataset, yolo" in hem(hem_core.export, place, "export", "--help")
    folder = workspace()
    chosen = select(open_workspace(folder).run("tiny").examples, n=3, policies=["top"])
    sets.save(folder, "few", chosen.examples, {"run": "tiny"})
    said = hem(hem_core.export, place, "export", folder, "--set", "few", "--format", "tabs", "--out", tmp_path / "out")
    assert "writing tabs" in said
    back, _ = hem_core.folder.load(hem_core.export, "tabs").read(tmp_path / "out")
    assert back["id"].tolist() == chosen.examples["id"].tolist()
    assert "## Tabs" in (tmp_path / "out" / "README.md").read_text("utf-8")
    test = show(folder, "sets")
    assert "tabs" in next(one for one in test.get("button_group") if one.label == "Export as").options


def test_a_policy_is_in_the_help_and_in_the_choice_with_its_words(add, workspace, show):
    place = add(hem_core.selection.policies, "calmest", POLICY)
    folder = workspace()
    assert "calmest, cover, diverse" in hem(hem_core.selection.policies, place, "select", "--help")
    run = folder / "runs" / "tiny"
    said = hem(hem_core.selection.policies, place, "select", run, "--n", 2, "--policy", "calmest")
    assert "58 a higher entropy" in said
    test = show(folder, "sets")
    next(one for one in test.get("button_group") if one.label == "How many").set_value("some").run()
    choice = next(one for one in test.multiselect if one.label.startswith("Picked by"))
    assert "calmest" in choice.options
    assert "The n with the lowest entropy" in choice.help.replace("\\", "")
    choice.set_value(["calmest"]).run()
    assert not test.exception
    most = next(one for one in test.number_input if one.label == "most")
    assert most.help.replace("\\", "") == "the highest entropy that is taken"


def test_a_page_has_a_tab_with_its_title_between_those_around_it(add, workspace, show, monkeypatch):
    from streamlit.testing.v1 import AppTest

    add(app.views, "notes", VIEW)
    folder = workspace()
    names = list(app.views.views())
    assert names.index("labels") + 1 == names.index("notes") == names.index("review") - 1
    assert [one.value for one in show(folder, "notes").text if "noted" in one.value] == ["Nothing noted yet."]
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    tabs = []
    monkeypatch.setattr("app.state.set_pages", lambda pages: tabs.extend(pages.values()))
    main = AppTest.from_file(str(Path(app.views.__file__).parents[1] / "main.py"), default_timeout=60).run()
    assert not main.exception
    assert [(tab.title, tab.icon) for tab in tabs][names.index("notes")] == ("My notes", ":material/edit:")
    assert tabs[0].title == "Overview"


def test_a_command_is_listed_at_its_place_and_runs(add):
    place = add(hem_core.cli, "greet", COMMAND)
    said = hem(hem_core.cli, place, "--help")
    assert said.index(" score ") < said.index(" greet Greet somebody by name.") < said.index(" app ")
    assert "hello Ann" in hem(hem_core.cli, place, "greet", "--name", "Ann")
    assert "Whom to greet" in hem(hem_core.cli, place, "greet", "--help")
