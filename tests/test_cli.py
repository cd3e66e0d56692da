"""The `hem` command as a person types it: exit codes, one line for each mistake, nothing half-written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from hem_core import open_run

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
    "select",
    "export",
    "import-labels",
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
        (("score", digits_npz, "--model", "nonsense", "--out", out), "--model wants package.module:function"),
        (("score", digits_npz, *model, "--weights", digits_npz, "--out", out), "is not a file of tensors alone"),
        (("score", tmp_path / "bad.csv", *model, "--out", out), "ids must be unique"),
        (("score", digits_npz, *model, "--out", out, "--batch-size", "many"), "wants a number or auto"),
        (("score", digits_npz, *model, "--out", out, "--in-sample", "--out-of-sample"), "exclude each other"),
        (("export", tmp_path, "--out", out), "is not a run"),
        (("export", run, "--where", "hardness > 3", "--out", out), "hardness"),
        (("export", run, "--where", "difficulty > 200", "--out", out), "nothing to export"),
        (("export", run, "--format", "docx", "--out", out), "no format 'docx'; there are: coco, csv"),
        (("demo", "cats"), "no demo 'cats'; there are: adult, breast-cancer"),
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


NETS = """
import torch

torch.manual_seed(0)

class Texts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(8, 2)
    def preprocess(self, texts):
        return torch.tensor([[float(text.count(letter)) for letter in "abcdefgh"] for text in texts])
    def forward(self, x):
        return self.linear(x)

def texts():
    return Texts()

def wide():
    return torch.nn.Linear(1, 300)

def pictures():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 2))
"""
QUICK = ("--no-map", "--no-probes", "--oos", "none")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "nets.py").write_text(NETS)
    return tmp_path


def test_a_run_that_lost_more_than_two_percent_says_so_last_and_strict_exits_with_3(home):
    lines = [f"{i:03d},abc {i},{'a' if i % 2 else 'b'}" for i in range(100)]
    (home / "x.csv").write_text("\n".join(["id,text,label", *lines[:97], "097,abc,", "098,abc,", "099,abc,c"]) + "\n")
    words = ("score", "x.csv", "--model", "nets:texts", "--classes", "b,a", "--out", "w/runs/a", *QUICK)
    done = hem(*words, cwd=home)
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stderr.strip().splitlines()[-1].split()) == (
        "warning: 3 of 100 examples (3.0%) could not be scored and are in no number of this run. "
        "The most frequent reason (2 of them): no label"
    )
    assert hem(*words, "--strict", cwd=home).returncode == 3
    opened = open_run(home / "w" / "runs" / "a")
    assert opened.info["failed"] == {"share": 0.03, "reason": "no label", "n_reason": 2}
    assert opened.failures()["id"].tolist() == ["097", "098", "099"]
    assert opened.rows(where="id = '007'").tolist() == [7]


def test_strict_lets_two_percent_pass(home):
    lines = [f"{i},abc {i},{'a' if i % 2 else 'b'}" for i in range(98)]
    (home / "x.csv").write_text("\n".join(["id,text,label", *lines, "98,abc,", "99,abc,"]) + "\n")
    done = hem(
        "score", "x.csv", "--model", "nets:texts", "--classes", "b,a", "--out", "a", *QUICK, "--strict", cwd=home
    )
    assert done.returncode == 0, done.stderr
    assert "2 could not be scored" in done.stderr
    assert "warning" not in done.stderr


def test_a_list_of_class_names_may_be_longer_than_a_file_name_and_may_be_a_file(home):
    names = [f"class {i:03d}" for i in range(300)]
    rows = "".join(f"{i},{names[i % 300]}\n" for i in range(600))
    (home / "x.csv").write_text(f"x,label\n{rows}")
    (home / "names.txt").write_text("\n".join(names), encoding="utf-8-sig")
    for out, classes in (("a", ",".join(names)), ("b", "names.txt")):
        done = hem(
            *("score", "x.csv", "--model", "nets:wide", "--feature-columns", "x", "--out", out, *QUICK),
            *("--classes", classes),
            cwd=home,
        )
        assert done.returncode == 0, done.stderr
        assert open_run(home / out).classes == tuple(names)


def test_pictures_that_are_missing_are_failures_with_their_ids(home):
    for index in range(6):
        Image.new("RGB", (4, 4), (index, 0, 0)).save(home / f"{index}.png")
    (home / "x.csv").write_text("ID;Image_Path;Label\n" + "".join(f"0{i};{i}.png;{i % 2}\n" for i in range(7)))
    done = hem("score", "x.csv", "--model", "nets:pictures", "--out", "w/runs/a", *QUICK, cwd=home)
    assert done.returncode == 0, done.stderr
    assert open_run(home / "w/runs/a").failures().to_dict("records") == [
        {"id": "06", "index": 6, "reason": "cannot read '6.png': No such file or directory"}
    ]
    (home / "answers.csv").write_text("example_id,label\n03,1\n02,1\n")
    done = hem("import-labels", "answers.csv", "--workspace", "w", cwd=home)
    assert "2 answers on data x: 1 keep the given label, 1 give another one" in " ".join(done.stderr.split())


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
