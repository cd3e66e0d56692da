"""Items of installed packages: found beside HEM's own by the command line, the app and the library."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hem_core.catalog
import hem_core.export
import hem_core.selection.policies
from hem_core import folder, open_run, scores
from hem_core.errors import PluginError, UnknownNameError
from hem_core.selection import options
from hem_core.testing import check_format, check_policy, check_reader, check_score

SCORE = '''def surprise(logits, targets):
    """How far the label's logit is below the mean: mean of z, minus z_y.

    logits (N, K) before softmax; targets (N,) int64 in [0, K).
    Returns (N,) logits in -inf .. inf; higher = harder.
    Cost: one forward pass.
    Use it: in this test.
    Reference: none.
    """
    logits = logits.float()
    return logits.mean(dim=1) - logits.gather(1, targets.unsqueeze(1)).squeeze(1)
'''
POLICY = '''import numpy as np
from hem_core.selection.pool import first

def latest(pool, n):
    """The n whose ids come last in the alphabet."""
    return first(pool, np.arange(len(pool))[::-1], n, "an earlier id than those chosen")
'''
FORMAT = '''"""The ids, one a line."""

README = """\\
## Ids

```python
ids = (FOLDER / "ids.txt").read_text("utf-8")
```
"""

def write(examples, folder, *, read_image=None, classes=(), features=()):
    """Write ids.txt."""
    path = folder / "ids.txt"
    path.write_text("\\n".join(examples["id"]), "utf-8")
    return path
'''
READER = '''import pyarrow as pa
from pathlib import Path
from hem_core.catalog import with_info

def accepts(source):
    return isinstance(source, str | Path) and Path(source).suffix == ".words"

def read(source, **columns):
    """One text a line; its first word is the label."""
    lines = Path(source).read_text("utf-8").splitlines()
    table = pa.table({"id": [str(k) for k in range(len(lines))], "label": [line.split()[0] for line in lines],
                      "text": lines})
    return with_info(table, name="words", source=str(source), root="", medium="text", labels_are="names")
'''
MODULES = {"scores": ("surprise", SCORE), "policies": ("latest", POLICY), "formats": ("ids", FORMAT),
           "readers": ("words", READER)}  # fmt: skip


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package: its modules, and a dist-info folder with the entry points."""

    def install(points, modules, distribution="hem-extra"):
        place = tmp_path / distribution
        package, metadata = (
            place / distribution.replace("-", "_"),
            place / f"{distribution.replace('-', '_')}-1.0.dist-info",
        )
        for path in (package, metadata):
            path.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for name, text in modules.items():
            (package / f"{name}.py").write_text(text)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"[hem.{group}]\n{name} = {package.name}.{name}\n" for group, name in points]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
        monkeypatch.syspath_prepend(str(place))
        return place

    yield install
    for name in [name for name in sys.modules if name.startswith(("hem_extra", "hem_other"))]:
        del sys.modules[name]


@pytest.fixture
def extra(install):
    """One package that brings one item of each kind."""
    points = [(group, name) for group, (name, _text) in MODULES.items()]
    return install(points, dict(MODULES.values()))


def test_every_kind_is_listed_and_keeps_its_contract(extra, tmp_path):
    (tmp_path / "some.words").write_text("ham see you\nspam win\n")
    check_score("surprise")
    check_policy("latest")
    check_format("ids")
    check_reader("words", tmp_path / "some.words")
    assert "surprise" in scores.names()
    assert "latest" in options.names()
    assert options.meaning("latest") == "The n whose ids come last in the alphabet."
    assert {"csv", "ids"} <= set(folder.names(hem_core.export))
    assert {"table", "words"} <= set(folder.names(hem_core.catalog))
    with pytest.raises(UnknownNameError, match=r"no format 'idz'; there are: .*, ids, "):
        folder.load(hem_core.export, "idz")


@pytest.fixture
def predictions(tmp_path):
    """Ten examples with logits, to score without a model."""
    logits = np.random.default_rng(0).normal(size=(10, 3))
    table = pd.DataFrame({"id": [f"e{k}" for k in range(10)], "label": [str(k % 3) for k in range(10)]})
    table["logits"] = list(logits)
    table.to_parquet(tmp_path / "predictions.parquet")
    return tmp_path / "predictions.parquet"


def test_the_command_line_and_the_app_find_them(extra, predictions, tmp_path):
    from app.wire.columns import described
    from hem_core.cli import hem

    def run(*words):
        done = CliRunner().invoke(hem, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.output

    out = tmp_path / "work" / "runs" / "first"
    run("score", predictions, "--classes", "0,1,2", "--out", out, "--no-map", "--no-probes")
    column = described(open_run(out).examples)["surprise"]
    assert (column["meaning"], column["use"]) == ("How far the label's logit is below the mean", "in this test")
    run("select", out, "--n", "3", "--policy", "latest", "--save", "late")
    run("export", tmp_path / "work", "--set", "late", "--format", "ids", "--out", tmp_path / "set")
    assert (tmp_path / "set" / "ids.txt").read_text() == "e9\ne8\ne7"
    assert "## Ids" in (tmp_path / "set" / "README.md").read_text()


def test_the_documentation_has_their_pages(extra, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "docs"))
    kinds = importlib.import_module("pages").all_kinds()
    assert "mean of z, minus z_y" in kinds["scores"].pages()["surprise"]
    assert "The n whose ids come last" in kinds["policies"].pages()["latest"]
    assert 'FOLDER / "ids.txt"' in kinds["formats"].pages()["ids"]
    assert "its first word is the label" in kinds["readers"].pages()["words"]


@pytest.mark.slow
def test_the_help_of_a_fresh_process_names_them(extra):
    code = f"import sys; sys.path.insert(0, {str(extra)!r}); from hem_core.cli import hem; hem()"
    for command, item in (("export", "ids"), ("select", "latest")):
        words, wide = [sys.executable, "-c", code, command, "--help"], {"COLUMNS": "200"}
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=wide)
        assert f" {item}," in done.stdout


def test_a_name_that_is_taken_is_an_error_that_names_both(install):
    install([("formats", "csv")], {"csv": FORMAT})
    with pytest.raises(PluginError, match="HEM and hem-extra both have a format 'csv'; uninstall hem-extra"):
        folder.load(hem_core.export, "csv")
    assert folder.load(hem_core.export, "jsonl")


def test_two_plugins_of_one_name_are_an_error(install):
    install([("policies", "latest")], {"latest": POLICY})
    install([("policies", "latest")], {"latest": POLICY}, "hem-other")
    with pytest.raises(PluginError, match=r"hem-(extra|other) and hem-(other|extra) both have a policy 'latest'"):
        options.policy("latest")


def test_a_broken_plugin_is_named_and_skipped(install, tmp_path):
    install(
        [("scores", "gone"), ("scores", "broken"), ("scores", "empty"), ("readers", "a_broken")],
        {"broken": SCORE.replace("surprise", "broken") + "import no_such_library", "empty": "", "a_broken": "1 / 0"},
    )
    outputs = contract_outputs()
    with pytest.warns(UserWarning, match="skipped") as caught:
        found = scores.available(outputs)
    assert not {"gone", "broken", "empty"} & set(found)
    assert "margin" in found
    said = "\n".join(str(one.message) for one in caught)
    assert "skipped the plugin 'gone' of hem-extra: there is no module hem_extra.gone; update or uninstall" in said
    assert "skipped the plugin 'broken' of hem-extra: No module named 'no_such_library'" in said
    assert "'empty' of hem-extra must define empty in hem_extra.empty" in said
    (tmp_path / "few.csv").write_text("id,text,label\na,hello,x\nb,bye,y\n")
    with pytest.warns(UserWarning, match="skipped the plugin 'a_broken' of hem-extra: division by zero"):
        assert hem_core.catalog.read(tmp_path / "few.csv").num_rows == 2
    with pytest.raises(PluginError, match="'a_broken' of hem-extra cannot be imported: ZeroDivisionError"):
        folder.load(hem_core.catalog, "a_broken")


ACTION = '''"""Wait."""
from hem_core.advise.advice import Action

def wait(facts):
    """One action."""
    return [Action("wait", "for more reviews", f"Seen: {facts.run.n} examples.", gain=0.5, low=0.1, high=0.9)]
'''


def test_an_action_of_a_plugin_is_among_the_advice_and_a_broken_one_is_skipped(install, predictions, tmp_path):
    from hem_core.advise import advise
    from hem_core.testing import check_action

    install([("actions", "wait"), ("actions", "empty")], {"wait": ACTION, "empty": ""})
    run = hem_core.score(None, predictions, out=tmp_path / "run", has_map=False)
    check_action("wait", run.folder)
    with pytest.warns(UserWarning, match="'empty' of hem-extra must define empty in hem_extra.empty"):
        found = advise(run).actions
    assert (found[0].name, found[0].evidence) == ("wait", "Seen: 10 examples.")
    stop = next(one for one in found if one.name == "stop")
    assert stop.evidence == "Not yet: the interval of wait (for more reviews) lies above 0."


def contract_outputs():
    from hem_core.testing._outputs import outputs

    return outputs(3)


def test_an_entry_point_that_names_no_module_or_no_identifier_is_skipped(install):
    place = install([], {"ids": FORMAT})
    (place / "hem_extra-1.0.dist-info" / "entry_points.txt").write_text(
        "[hem.formats]\nids = hem_extra.ids:write\nmy-ids = hem_extra.ids\n"
    )
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert not {"ids", "my-ids"} & set(folder.names(hem_core.export))
    said = "\n".join(str(one.message) for one in caught)
    assert "its entry point must name a module" in said
    assert "its name must be a Python identifier" in said
