"""`--json` of every command: one document on stdout, whatever happens; words on stderr."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from hem_core.cli import command_line
from hem_core.cli._json import Answer, plain, with_json

HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]
COMMANDS = typer.main.get_command(command_line()).commands


def hem(*words, cwd=None, code=0):
    """The document that a command writes; its stdout must hold nothing else."""
    done = subprocess.run(
        [*HEM, *map(str, words), "--json"], capture_output=True, text=True, check=False, cwd=cwd, timeout=240
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def work(write_digits, tmp_path_factory):
    """A workspace with one scored run, and the document that the command wrote."""
    home = tmp_path_factory.mktemp("json")
    write_digits(home / "few.npz", 240)
    scored = hem("score", "few.npz", "--model", "demo_models.digits:model", "--out", "work/runs/first", cwd=home)
    return home / "work", scored


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json(name):
    options = {word for each in COMMANDS[name].params for word in each.opts}
    assert "--json" in options


def test_a_command_of_tomorrow_has_it_too():
    app = typer.Typer()
    app.command("count")(with_json(lambda: {"n": float("nan")}))
    app.command("other")(with_json(lambda: Answer([1], 3)))
    done = CliRunner().invoke(app, ["count", "--json"])
    assert (json.loads(done.stdout), done.exit_code) == ({"n": None}, 0)
    assert CliRunner().invoke(app, ["count"]).stdout == ""
    done = CliRunner().invoke(app, ["other", "--json"])
    assert (json.loads(done.stdout), done.exit_code) == ([1], 3)
    app.command("follower")(with_json(lambda: Answer(None, has_document=False)))
    assert CliRunner().invoke(app, ["follower", "--json"]).stdout == ""  # the first of several processes writes it


def test_what_json_has_no_word_for_becomes_plain():
    frame = pd.DataFrame({"id": ["a"], "x": [np.nan], "when": [pd.NaT]})
    assert plain({"t": frame, "p": Path("a/b"), 1: np.float32(0.5), "i": np.int64(3), "inf": np.inf}) == {
        "t": [{"id": "a", "x": None, "when": None}],
        "p": "a/b",
        "1": 0.5,
        "i": 3,
        "inf": None,
    }
    assert plain((np.array([[1, 2]]), {True})) == [[[1, 2]], [True]]


@pytest.mark.slow
def test_a_run_is_made_looked_at_and_exported_by_documents_alone(work):
    home, scored = work
    run = Path(scored["run"]) if Path(scored["run"]).is_absolute() else home.parent / scored["run"]
    assert (scored["n"], scored["n_failed"], scored["failures"]) == (240, 0, [])
    assert scored["metrics"][0]["name"] == "accuracy"
    assert sum(hem("reasons", run)["counts"].values()) == 240
    suspects = hem("labels", run, "--most", 3)
    assert [set(each) for each in suspects["suspects"]] == [
        {"id", "label", "suggested_label", "label_suspicion", "evidence"}
    ] * 3
    assert suspects["estimate"]["share"] is None
    assert {"measure", "slices"} <= set(hem("slices", run))
    first = suspects["suspects"][0]["id"]
    assert len(hem("near", run, "--id", first, "--k", 4)) == 4
    assert hem("why", run, "--where", "difficulty > 80")["statements"] is not None
    assert hem("advise", run, "--no-curve")["actions"]
    chosen = hem("select", run, "--n", 20, "--save", "hard")
    assert len(chosen["ids"]) == chosen["n"] == 20
    assert Path(chosen["saved"]).is_dir()
    exported = hem("export", home, "--set", "hard", "--out", home / "out", "--format", "csv")
    assert (exported["n"], Path(exported["folder"])) == (20, home / "out")
    assert hem("export", run, "--static", "--out", home / "page.html")["n"] == 240
    assert Path(hem("report", run, "--out", home / "r.html")["report"]).is_file()
    (home / "answers.csv").write_text(f"id,label\n{first},3\n")
    assert hem("import-labels", home / "answers.csv", "--workspace", home)["n_answers"] == 1
    assert {each["state"] if "state" in each else each["status"] for each in hem("jobs", home)} == {"done"}
    assert hem("check", home, "--run", "first", "--against", "first")["passed"] is True


@pytest.mark.slow
def test_a_synthetic_run_and_a_plan_are_documents(work):
    home, _scored = work
    assert hem("synth", "--n", 1000, "--out", home / "runs" / "big")["n"] == 1000
    words = ("prove", "ids.txt", "--train", "demo_models.digits:train", "--dry-run")
    (home / "ids.txt").write_text("".join(f"{each}\n" for each in range(5)))
    found = hem(*words, "--run", home / "runs" / "first", "--seeds", 2, "--force", cwd=home)
    assert found["n_trainings"] >= found["n_done"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("slices", "nowhere"), "nowhere"),
        (("slices",), "Missing argument"),
        (("select", "x", "--n", "many"), "valid integer"),
        (("nonsense",), "No such command 'nonsense'"),
        (("near", "x", "--id", "a\0b"), "NUL byte"),
    ],
)
def test_an_error_is_a_document_with_the_same_exit_code(words, says, tmp_path):
    if any("\0" in word for word in words):
        code = f"import sys; sys.argv = ['hem', *{words!r}, '--json']; from hem_core.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert says in json.loads(done.stdout)["error"]
        return
    assert says in hem(*words, cwd=tmp_path, code=2)["error"]
    plainly = subprocess.run([*HEM, *words], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (plainly.returncode, plainly.stdout) == (2, "")


@pytest.mark.slow
def test_what_a_training_prints_and_the_processes_that_it_starts_stay_out_of_the_document(tmp_path):
    points = np.random.default_rng(0).normal(size=(60, 2))
    rows = "".join(f"{i},{int(x > 0)},{x},{y}\n" for i, (x, y) in enumerate(points))
    (tmp_path / "d.csv").write_text("id,label,x,y\n" + rows)
    (tmp_path / "loud.py").write_text(
        "import os, subprocess\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "def train(dataset, *, seed=0):\n"
        "    print('a line')\n"
        "    subprocess.run(['echo', 'another'], check=True)\n"
        "    os.write(1, b'and one more\\n')\n"
        "    return LogisticRegression().fit(dataset.frame(), dataset.targets)\n"
    )
    words = ("--train", "loud:train", "--oos", 2, "--out", "work/runs/d", "--no-map", "--feature-columns", "x,y")
    assert hem("score", "d.csv", *words, cwd=tmp_path)["n"] == 60


@pytest.mark.slow
def test_the_app_writes_its_address_and_goes_on_serving(work):
    home, _scored = work
    with subprocess.Popen(
        [*HEM, "app", str(home), "--no-browser", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as app:
        try:
            lines = []
            while not lines or lines[-1] != "}\n":
                lines.append(app.stdout.readline())
                assert lines[-1], "the app ended"
            found = json.loads("".join(lines))
            assert app.poll() is None
        finally:
            app.terminate()
    assert found["workspace"] == str(home.resolve())
    assert found["url"].startswith("http://127.0.0.1:")
