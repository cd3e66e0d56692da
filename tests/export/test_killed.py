"""An export that is killed leaves no folder, and the next one cleans up."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hem_core.export
from hem_core import folder as registry
from hem_core.export._folder import export
from hem_core.store import sets

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SLOW = """
import io, sys, time
import pandas as pd
from PIL import Image
from hem_core.export._folder import export

buffer = io.BytesIO()
Image.new("L", (2, 2)).save(buffer, "PNG")

def read_image(row):
    time.sleep(0.01)
    return ".png", buffer.getvalue()

examples = pd.DataFrame({"id": [str(k) for k in range(10_000)], "label": "x"})
export(examples, sys.argv[1], [sys.argv[2]], {}, read_image=read_image)
"""
COMMAND = "import sys; from hem_core.cli import main; main()"


def started(code, *words, cwd=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], env=environment, cwd=cwd, stderr=subprocess.DEVNULL
    )


def kill_once(process, begun):
    """Kill a process as soon as begun() is true."""
    deadline = time.monotonic() + 60
    while not begun():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def with_pictures():
    """Formats that go through the pictures one by one."""
    return [name for name in registry.names(hem_core.export) if name not in ("parquet", "csv", "jsonl")]


@pytest.mark.parametrize("format", with_pictures())
def test_a_killed_export_leaves_no_target_and_the_next_one_removes_the_rest(tmp_path, format):
    target = tmp_path / "set [1]"
    process = started(SLOW, target, format)
    kill_once(process, lambda: list(tmp_path.glob(f".*/{format}")))
    bystander = tmp_path / ".set 1.exporting-0-0"
    bystander.mkdir()
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 2
    export(pd.DataFrame({"id": ["a"], "label": ["x"]}), target, ["csv"], {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [bystander.name, target.name]


def test_a_killed_command_on_a_set_leaves_nothing_and_the_same_command_does_it(tmp_path):
    n = 3000
    run = tmp_path / "work" / "runs" / "first"
    run.mkdir(parents=True)
    (run / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for k in range(3):
        Image.fromarray(rng.integers(0, 255, (200, 200), np.uint8)).save(run / "pictures" / f"{k}.png")
    images = [f"{k % 3}.png" for k in range(n)]
    data = {"name": "d", "medium": "image", "root": "pictures"}
    info = {"format_version": 1, "status": "complete", "classes": ["x"], "data": data, "fingerprint": "f", "n": n}
    (run / "run.json").write_text(json.dumps(info))
    examples = pd.DataFrame({"id": [str(k) for k in range(n)], "label": "x", "image": images})
    sets.save(tmp_path / "work", "hard", examples, {"run": "first"})
    words = ["export", "work", "--set", "hard", "--format", "imagefolder", "--format", "coco", "--out", "out"]
    process = started(COMMAND, *words, cwd=tmp_path)
    kill_once(process, lambda: list(tmp_path.glob(".out.exporting-*/coco/images/2.png")))
    assert not (tmp_path / "out").exists()
    assert started(COMMAND, *words, cwd=tmp_path).wait() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "work"]
    assert len(list((tmp_path / "out" / "coco" / "images").iterdir())) == n
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]["n"] == n
