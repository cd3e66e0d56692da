"""The tag log under ten writers, and under kill -9."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hem_core.store.tags import TagLog

ROOT = Path(__file__).parents[2]
WRITERS, ACTIONS = 10, 30

BURST = """
import sys
from hem_core.store.tags import TagLog
log = TagLog(sys.argv[1])
k = 0
while True:
    ids = [f"{sys.argv[2]}-{k}"] if k % 10 else [f"{sys.argv[2]}-{k}-{j}" for j in range(5000)]
    print(log.add("d", ids, "hard", who="ann"), flush=True)
    k += 1
"""


def write_many(place: Path, writer: int, start, batches) -> None:
    start.wait()
    log = TagLog(place)  # all ten make the file at once
    mine = [log.add("d", [f"{writer}-{k}"], "hard", who=f"w{writer}") for k in range(ACTIONS)]
    log.add("d", ["shared"], f"by-{writer}", who=f"w{writer}")
    undone = log.undo("d", who=f"w{writer}")
    mine.append(undone["batch"])
    batches.put(mine)


@pytest.mark.slow
def test_ten_processes_write_at_once_and_nothing_is_lost(tmp_path):
    context = multiprocessing.get_context("spawn")
    start, batches = context.Barrier(WRITERS), context.Queue()
    place = tmp_path / "tags.sqlite"
    writers = [context.Process(target=write_many, args=(place, k, start, batches)) for k in range(WRITERS)]
    for writer in writers:
        writer.start()
    acknowledged = {batch for _ in writers for batch in batches.get(timeout=120)}
    for writer in writers:
        writer.join()
    log = TagLog(place)
    assert log.revision("d") == WRITERS * (ACTIONS + 2)
    history = log.history("d", limit=10_000)
    assert acknowledged <= set(history["batch"])
    assert len(acknowledged) == WRITERS * (ACTIONS + 1)
    state = log.state("d")
    assert sorted(state["id"]) == sorted(f"{w}-{k}" for w in range(WRITERS) for k in range(ACTIONS))


@pytest.mark.parametrize("wait", [0.2, *(pytest.param(wait, marks=pytest.mark.slow) for wait in (0.05, 0.37))])
def test_every_acknowledged_action_is_there_after_a_kill(wait, tmp_path):
    place = tmp_path / "tags.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    burst = [
        subprocess.Popen(
            [sys.executable, "-c", BURST, str(place), name], env=environment, stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    first = [process.stdout.readline().strip() for process in burst]
    time.sleep(wait)
    for process in burst:
        process.send_signal(signal.SIGKILL)
    # A line that the kill cut off was not acknowledged.
    lines = [line for process in burst for line in process.communicate()[0].splitlines(keepends=True)]
    acknowledged = set(first) | {line.strip() for line in lines if line.endswith("\n")}
    assert len(acknowledged) > 2
    log = TagLog(place)
    batches = set(log.history("d", limit=1_000_000)["batch"])
    assert acknowledged <= batches
    assert len(batches) <= len(acknowledged) + 2
    assert len(log.state("d")) > 10_000 - 1
    log.add("d", ["after"], "hard", who="ann")
    assert log.undo("d", who="ann")["ids"] == ["after"]
