"""`hem score` on tables as a person has them: names of classes, lost rows, missing pictures."""

import subprocess
import sys

import pytest
from PIL import Image

from hem_core import open_run

pytestmark = pytest.mark.slow

HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]


def hem(*words, cwd):
    return subprocess.run([*HEM, *map(str, words)], capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


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
