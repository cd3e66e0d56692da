"""The `hem` command as a person types it: exit codes, one line for each mistake, nothing half-written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from hem_core.cli._screen import table

pytestmark = pytest.mark.slow

HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]


def hem(*words, cwd=None):
    return subprocess.run([*HEM, *map(str, words)], capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture(scope="module")
def digits_npz(tmp_path_factory):
    pixels, target = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("cli") / "few.npz"
    np.savez(path, images=(pixels[:120].reshape(-1, 8, 8) * 15).astype(np.uint8), labels=target[:120].astype(np.int64))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory, digits_npz):
    folder = tmp_path_factory.mktemp("work") / "runs" / "first"
    done = hem("score", digits_npz, "--model", "demo_models.digits:model", "--out", folder, "--no-map")
    assert done.returncode == 0, done.stderr
    return folder


COMMANDS = (
    "demo",
    "score",
    "app",
    "reasons",
    "labels",
    "slices",
    "why",
    "select",
    "export",
    "import-labels",
    "import-tags",
    "retrain",
    "loop",
)


@pytest.mark.parametrize("command", ["", *COMMANDS, "check"])
def test_help_names_every_command_and_option_with_a_sentence(command):
    done = hem(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    if not command:
        assert all(name in done.stdout for name in ("demo", "score", "app", "reasons", "labels", "export"))


def test_score_then_export_from_the_command_line(run, tmp_path):
    assert (run / "scores.parquet").exists()
    done = hem("export", run, "--where", "difficulty > 50", "--format", "csv", "--out", tmp_path / "hard")
    assert done.returncode == 0, done.stderr
    exported = pd.read_csv(tmp_path / "hard" / "examples.csv")
    table = pd.read_parquet(run / "scores.parquet")
    assert sorted(exported["id"].astype(str)) == sorted(table.loc[table["difficulty"] > 50, "id"])


def test_pictures_of_an_array_are_exported_as_png(run, tmp_path):
    done = hem("export", run, "--where", "difficulty > 90", "--format", "imagefolder", "--out", tmp_path / "hard")
    assert done.returncode == 0, done.stderr
    expected = (pd.read_parquet(run / "scores.parquet")["difficulty"] > 90).sum()
    assert len(list((tmp_path / "hard" / "imagefolder").rglob("*.png"))) == expected > 0


def test_each_mistake_is_one_line_and_exit_code_2(run, digits_npz, tmp_path):
    (tmp_path / "bad.csv").write_text("id,label\na,x\na,y\n")
    model = ("--model", "demo_models.digits:model")
    out = tmp_path / "run"
    mistakes = [
        (("score", tmp_path / "gone", *model, "--out", out), "no data at"),
        (("score", digits_npz, "--out", out), "no --model was given"),
        (("score", digits_npz, "--model", "nonsense", "--out", out), "--model expects package.module:function"),
        (("score", digits_npz, *model, "--weights", digits_npz, "--out", out), "is not a file of tensors alone"),
        (("score", tmp_path / "bad.csv", *model, "--out", out), "ids must be unique"),
        (("score", digits_npz, *model, "--out", out, "--batch-size", "many"), "expects a number or auto"),
        (("score", digits_npz, *model, "--out", out, "--in-sample", "--out-of-sample"), "exclude each other"),
        (("export", tmp_path, "--out", out), "is not a run"),
        (("export", run, "--where", "hardness > 3", "--out", out), "hardness"),
        (("export", run, "--where", "difficulty > 200", "--out", out), "nothing to export"),
        (("export", run, "--format", "docx", "--out", out), "no format 'docx'; there are: coco, csv"),
        (("demo", "cats"), "no demo 'cats'; there are: adult, "),
        (("demo", "fashion-mnist", "--workspace", tmp_path / "w"), "say --data FOLDER"),
        (("app", tmp_path / "nowhere"), "no folder"),
    ]
    for words, text in mistakes:
        done = hem(*words)
        assert done.returncode == 2, (words, done.stderr)
        assert text in done.stderr, (words, done.stderr)
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
        assert not out.exists(), words


def test_predictions_need_no_model(tmp_path):
    generator = np.random.default_rng(0)
    probs = generator.dirichlet([1, 1], 40)
    frame = pd.DataFrame({"id": range(40), "label": generator.integers(0, 2, 40), "probs": list(probs)})
    frame.to_parquet(tmp_path / "predictions.parquet")
    out = Path(tmp_path / "work" / "runs" / "p")
    done = hem("score", tmp_path / "predictions.parquet", "--classes", "cat,dog", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "40 examples scored" in done.stderr
    assert "No embeddings" in done.stderr


def test_an_export_has_corrected_labels_and_leaves_out_what_people_ruled_out(run, tmp_path):
    from hem_core import open_run
    from hem_core.store.workspace import open_workspace

    opened = open_run(run)
    first, second, third = opened.table()["id"][:3]
    tags = open_workspace(run).tags()
    tags.add(opened.data, [first], "mislabelled", who="ann", value="7")
    tags.add(opened.data, [second], "outlier", who="ann")
    done = hem("export", run, "--out", tmp_path / "all")
    assert done.returncode == 0, done.stderr
    exported = pd.read_parquet(tmp_path / "all" / "examples.parquet").set_index("id")
    assert exported.loc[first, "label"] == "7"
    assert exported.loc[first, "label_before"] == opened.table()["label"][0]
    assert second not in exported.index
    assert third in exported.index
    assert len(exported) == 119


def test_suspects_slices_and_reasons_are_printed_and_can_be_piped(run):
    from hem_core import open_run
    from hem_core.store.workspace import open_workspace

    opened = open_run(run)
    suspect = opened.table(["id", "label_suspicion"]).nlargest(1, "label_suspicion")["id"].iloc[0]
    done = hem("labels", run, "--most", 3)
    lines = done.stdout.strip().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["id", suspect, *[line.split("\t")[0] for line in lines[2:]]]
    assert len(lines) == 4
    open_workspace(run).tags().add(opened.data, [suspect], "mislabelled", who="ann")
    after = hem("labels", run, "--most", 3)
    assert suspect not in [line.split("\t")[0] for line in after.stdout.splitlines()]
    assert "of 120, from " in after.stderr
    assert hem("slices", run).returncode == 0
    shown = hem("reasons", run).stdout.strip().splitlines()[1:]
    assert sum(int(line.split("\t")[1].replace(",", "")) for line in shown) == 120


def test_a_table_that_is_piped_keeps_numbers_and_no_spreadsheet_runs_its_texts(capsys):
    table(("name", "gain"), [("=1+1", "-0.5"), ("-x", "+0.12 (-0.10 to +0.34)"), ("ok", "+1,024"), ("-1+cmd|x", "3%")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name\tgain", "'=1+1\t-0.5", "'-x\t+0.12 (-0.10 to +0.34)", "ok\t+1,024", "'-1+cmd|x\t3%"]
