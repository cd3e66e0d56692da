import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from hem_core.alive import is_alive, process_of
from hem_core.errors import RunError
from hem_core.retrain import plan, stored
from hem_core.store.atomic import write_json, write_table


@pytest.fixture
def made(tmp_path):
    def make(name, created, **files):
        folder = tmp_path / "retrains" / name
        write_json(folder / "plan.json", {"format_version": 1, "name": name, "created": created})
        for file, value in files.items():
            write_json(folder / f"{file}.json", value)
        return stored.Stored(folder)

    return make


def test_the_newest_retraining_comes_first(made, tmp_path):
    made("old", "2026-01-01")
    made("new", "2026-02-01")
    assert [each.name for each in stored.list(tmp_path)] == ["new", "old"]
    assert stored.open(tmp_path, "old").plan["created"] == "2026-01-01"
    assert stored.list(tmp_path / "nowhere") == []


def test_the_status_follows_the_files_and_the_process(made):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    me = {"pid": os.getpid(), "process": process_of(os.getpid())}
    assert made("a", "", progress=me).status == "running"
    assert made("b", "", progress={"pid": dead.pid}).status == "stopped"
    assert made("c", "", progress=me, error={"error": "no luck"}).status == "failed"
    assert made("d", "", progress=me, error={"error": "x"}, report={"verdict": {}}).status == "complete"
    assert made("e", "").status == "stopped"
    assert made("c", "", error={"error": "no luck"}).error == "no luck"


def test_a_child_that_was_killed_and_not_yet_waited_for_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert is_alive(child.pid, process_of(child.pid))
    assert not is_alive(child.pid, "1")  # a later process of the same number
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(child.pid)
    child.wait()
    assert not is_alive(None)


def test_what_is_not_there_is_said(made, tmp_path):
    with pytest.raises(RunError, match=r"no retraining 'x' in .*there are: none yet; create one: hem retrain"):
        stored.open(tmp_path, "x")
    one = made("a", "")
    with pytest.raises(RunError, match=r"no retraining 'x' in .*there are: a$"):
        stored.open(tmp_path, "x")
    with pytest.raises(RunError, match="'a' has no examples yet: it is stopped"):
        one.examples()
    (one.folder / "plan.json").write_text(json.dumps({"format_version": 9}))
    with pytest.raises(RunError, match="format version 9"):
        _ = one.plan
    (one.folder / "plan.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read; delete"):
        _ = one.plan


def test_examples_come_as_a_table(made):
    one = made("a", "")
    write_table(one.folder / "examples.parquet", pd.DataFrame({"id": ["7"], "flow": ["fixed"]}))
    assert one.examples()["flow"].tolist() == ["fixed"]


def test_reading_needs_no_torch():
    code = "import sys, hem_core.retrain.stored; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_training_process_lets_its_threads_sleep_unless_told_otherwise():
    code = "from hem_core.retrain import threads; import os; threads.yield_while_waiting(); "
    code += "print(os.environ['OMP_WAIT_POLICY'])"
    for given, wanted in ((None, "PASSIVE"), ("ACTIVE", "ACTIVE")):
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        environment |= {"OMP_WAIT_POLICY": given} if given else {}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == wanted


def test_a_folder_of_somebody_else_is_no_place_for_a_retraining(tmp_path):
    mine = tmp_path / stored.FOLDER / "hard-v1"
    mine.mkdir(parents=True)
    (mine / "report.json").write_text("{}")
    assert plan.place(tmp_path, None, "hard-v1", "key").name == "hard-v1-2"
    with pytest.raises(RunError, match="holds files that do not belong to a retraining"):
        plan.place(tmp_path, "hard-v1", "hard-v1", "key")
