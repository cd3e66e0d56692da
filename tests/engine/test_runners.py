"""Scoring by several processes gives the bytes of one, also where they are killed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hem_core.errors import HemError
from hem_core.runs.score import score

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))
import runners as bench

N, MS = 320, 20
SEVERAL = [
    pytest.param("torchrun"),
    pytest.param("ray", marks=pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")),
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The run of one process."""
    out = tmp_path_factory.mktemp("runs") / "one"
    assert bench.started("local", out, n=N).wait() == 0
    return out


@pytest.mark.parametrize("runner", SEVERAL)
def test_several_processes_that_are_killed_give_the_bytes_of_one(runner, alone, tmp_path):
    out = tmp_path / "several"
    process = bench.started(runner, out, n=N, **{bench.WAIT: MS})
    assert bench.killed(process, out, 2) == 2
    assert process.wait(120) == 0
    assert bench.bytes_of(out) == bench.bytes_of(alone)
    asked = bench.asked(out)
    assert len({pid for pid, _n in asked}) >= 3
    tries = len({pid for pid, _n in asked}) + 1  # each process tries its model on two examples
    n_lost = 2 * 2 if runner == "torchrun" else 2  # units: torchrun starts both processes again
    assert sum(n for _pid, n in asked) <= N + n_lost * bench.UNIT + tries * bench.UNIT


def test_two_processes_share_the_units(alone, tmp_path):
    out = tmp_path / "several"
    assert bench.started("torchrun", out, n=N, **{bench.WAIT: MS}).wait(120) == 0
    assert bench.bytes_of(out) == bench.bytes_of(alone)
    shares = {}
    for pid, n in bench.asked(out):
        shares[pid] = shares.get(pid, 0) + n
    assert len(shares) == 2
    assert min(shares.values()) > bench.UNIT


FACTORY = "import torch\n\ndef make():\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n"


def test_processes_whose_models_differ_say_so_and_a_complete_run_is_told_of_by_the_first(digits_npz, tmp_path):
    (tmp_path / "unseeded.py").write_text(FACTORY)
    (tmp_path / "seeded.py").write_text(FACTORY.replace("    return", "    torch.manual_seed(0)\n    return"))
    options = ["--no-map", "--no-probes", "--oos", "none", "--runner", "torchrun"]

    def told(model):
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--no-python"]
        hem = [
            Path(sys.executable).with_name("hem"),
            "score",
            digits_npz,
            "--model",
            f"{model}:make",
            "--out",
            tmp_path / model,
            *options,
        ]
        places = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": places}
        return subprocess.run(
            [*launcher, *hem], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    refused = told("unseeded")
    assert refused.returncode != 0
    assert "the factory must give the same weights in each" in " ".join(refused.stderr.split())
    for _again in range(2):
        made = told("seeded")
        assert made.returncode == 0, made.stderr
        assert made.stderr.count("run: ") == 1


CATCHES = """
import os, sys
from pathlib import Path
import numpy as np
from torch import nn
from hem_core.errors import HemError
from hem_core.runs.score import score

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        nn.init.ones_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, x):
        return self.layer(x)

out, rank = Path(sys.argv[1]), os.environ["RANK"]
own = {"x": np.ones((64, 4), np.float32), "y": np.arange(64) % 2}
if rank == "0":
    own["x"] = own["x"][:, :3]
options = {"has_map": False, "has_probes": False, "oos": "none", "layer": "none"}
said = ""
try:
    score(Net(), own, out=out / "run", runner="torchrun", unit_size=8, batch_size=8, **options)
except HemError as error:
    said = str(error)
(out / rank).write_text(said)
"""


def test_where_the_first_process_gives_up_and_its_script_lives_on_the_others_do_not_wait(tmp_path):
    (tmp_path / "catches.py").write_text(CATCHES)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, str(tmp_path / "catches.py"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    reason = (tmp_path / "0").read_text()
    assert "2x3 and 4x2" in reason
    assert (tmp_path / "1").read_text() == f"process 0 has given up the run: {reason}"
    assert not (tmp_path / "run").exists()


def test_what_a_runner_wants_is_said_before_anything_is_made(digits_npz, model, tmp_path, monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(HemError, match="torchrun --standalone --nproc-per-node 2"):
        score(model, digits_npz, out=tmp_path / "run", runner="torchrun")
    with pytest.raises(HemError, match="no runner 'slurm'; there are: local, ray, torchrun"):
        score(model, digits_npz, out=tmp_path / "run", runner="slurm")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(HemError, match=r"pip install 'hem\[ray\]'"):
        score(model, digits_npz, out=tmp_path / "run", runner="ray")
    assert not (tmp_path / "run").exists()
