"""The summary of a check in Markdown, and the workflow of docs/ci.md, whose steps are run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import save_file

import hem_core
from hem_core.errors import DataError
from hem_core.sets.check_summary import append_summary, markdown
from hem_core.store import sets

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
CHECK = {"passed": False, "set": "hard", "version": 2, "run": "first", "model": "mine:net", "n": 4, "n_checked": 3,
         "failed_before": 1, "failed_now": 2, "newly_failing": [{"id": "a|b", "label": "cat", "predicted": None}],
         "fixed": [], "changed": ["x"], "unreadable": {}}  # fmt: skip
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.sign = nn.Parameter(torch.ones(4))

    def forward(self, rows):
        scores = self.sign[rows[:, 0].long()]
        return torch.stack([-scores, scores], dim=1)
"""


def test_a_failed_check_names_what_newly_fails_in_a_table_that_no_cell_breaks():
    lines = markdown(CHECK).split("\n")
    assert lines[0] == "## hem check: ❌ failed"
    assert "of 3 examples 2 fail, 1 failed before (1 newly, 0 fixed)." in lines[2]
    assert "Not counted: 1 changed since the run." in lines
    assert lines[-4:-1] == ["| newly failing | label | predicted |", "|---|---|---|", r"| a\|b | cat | NaN |"]


def test_runs_have_their_measures_and_a_long_list_is_cut():
    measure = {"measure": {"name": "AP50", "label": None}, "before": 0.5, "after": 0.75, "difference": 0.25}
    newly = [{"id": f"r{k}", "label": "cat", "before": "right", "after": "missed"} for k in range(51)]
    names = {"passed": True, "run": "new", "against": "old", "level": "boxes"}
    counts = {"n_examples": 9, "n_checked": 99, "failed_before": 1, "failed_now": 2}
    found = names | counts | {"measures": [measure], "newly_failing": newly, "fixed": []}
    text = markdown(found)
    assert text.startswith("## hem check: ✅ passed")
    assert "| AP50 | all | 50.0% | 75.0% | +25.0 |" in text
    assert "| r49 | cat | right | missed |" in text
    assert "r50" not in text
    assert "and 1 more" in text


def test_summaries_are_added_and_a_file_that_cannot_be_written_is_named(tmp_path):
    for _ in range(2):
        append_summary(tmp_path / "summary.md", CHECK)
    assert (tmp_path / "summary.md").read_text("utf-8").count("## hem check") == 2
    with pytest.raises(DataError, match="cannot be written: Is a directory; name another file with --summary"):
        append_summary(tmp_path, CHECK)


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0])


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder as the page expects it: workspace/ with the set `hard`, row 0 of which the run has wrong, weights/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "net_of_ci.py").write_text(NET)
    pd.DataFrame({"id": list("abcd"), "place": range(4), "label": ["yes"] * 3 + ["no"]}).to_csv("rows.csv", index=False)
    save_file({"sign": torch.tensor([-1.0, 1, 1, -1])}, "stored.safetensors")
    run = hem_core.score(
        "net_of_ci:Net", "rows.csv", out="workspace/runs/first", weights="stored.safetensors", classes=["no", "yes"],
        columns={"feature_columns": "place"}, has_map=False, has_probes=False, layer="none", oos="none",
    )  # fmt: skip
    sets.save("workspace", "hard", run.table(), {"run": "first", "run_fingerprint": run.fingerprint})
    (tmp_path / "weights").mkdir()
    yield tmp_path
    sys.modules.pop("net_of_ci", None)


def run_steps(workflow, home):
    """Run the steps that are shell, but for the installation, as a runner does. Returns exit codes and the output."""
    (home / "bin").mkdir(exist_ok=True)
    code = f"#!{sys.executable}\nfrom hem_core.cli import main\nmain()\n"
    (home / "bin" / "hem").write_text(code)
    (home / "bin" / "hem").chmod(0o755)
    paths = os.pathsep.join([str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join([str(home), str(PAGE.parents[1])])
    more = {"PATH": paths, "PYTHONPATH": python_path, "GITHUB_STEP_SUMMARY": str(home / "summary.md")}
    steps = [step for step in workflow["jobs"]["check"]["steps"] if step.get("name", "Install") != "Install"]
    done = [
        subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=home, env=os.environ | more,
                       capture_output=True, text=True, check=False)
        for step in steps
    ]  # fmt: skip
    return [each.returncode for each in done], "".join(each.stdout + each.stderr for each in done)


def test_the_workflow_is_one_that_github_takes(workflow):
    assert workflow[True] == {"pull_request": {"paths": ["weights/**", "workspace/**"]}}  # YAML 1.1 reads `on` so
    job = workflow["jobs"]["check"]
    assert job["runs-on"] == "ubuntu-latest"
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])


@pytest.mark.slow
def test_the_steps_of_the_workflow_pass_a_better_model_and_fail_a_worse_one(workflow, repository):
    save_file({"sign": torch.tensor([1.0, 1, 1, -1])}, "weights/new.safetensors")
    codes, output = run_steps(workflow, repository)
    assert (codes, "0 fail" in output) == ([0, 0], True), output
    assert (repository / "summary.md").read_text("utf-8").startswith("## hem check: ✅ passed")
    save_file({"sign": torch.tensor([-1.0, -1, 1, -1])}, "weights/new.safetensors")
    codes, output = run_steps(workflow, repository)
    assert (codes, "2 fail" in output) == ([1, 0], True), output
    assert "| b | yes | no |" in (repository / "summary.md").read_text("utf-8")
