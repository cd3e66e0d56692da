"""An export that is killed leaves no folder, and the next one cleans up."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from hem_core.export._folder import export

SLOW = """
import sys, time
import pandas as pd
from hem_core.export._folder import export

def read_image(row):
    time.sleep(0.01)
    return ".png", b"picture"

examples = pd.DataFrame({"id": [str(k) for k in range(10_000)], "label": "x"})
export(examples, sys.argv[1], ["imagefolder"], {}, read_image=read_image)
"""


def test_a_killed_export_leaves_no_target_and_the_next_one_removes_the_rest(tmp_path):
    target = tmp_path / "set [1]"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(target)], env=environment)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*/imagefolder/x/1*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    bystander = tmp_path / ".set 1.exporting-0-0"
    bystander.mkdir()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 2
    export(pd.DataFrame({"id": ["a"], "label": ["x"]}), target, ["csv"], {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [bystander.name, target.name]
