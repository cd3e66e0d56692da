"""One process at a time on a folder: whoever comes second is told who the first is, and a dead one blocks nobody."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hem_core.alive import process_of
from hem_core.errors import RunError, TakenError
from hem_core.store.atomic import write_json
from hem_core.store.claim import FILE, check_free, hold, owner

HOLD = """
import sys
from pathlib import Path
from hem_core.store.claim import hold
with hold(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the claim on tmp_path / "run" until its input ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_the_second_is_told_who_since_when_and_what_to_do(tmp_path, holder):
    with pytest.raises(TakenError) as refused, hold(tmp_path / "run", "the run 'a'"):
        pass
    assert re.sub(r"\d\d:\d\d", "HH:MM", str(refused.value)) == (
        f"process {holder.pid} is working on the run 'a' since HH:MM; wait until it ends, or stop it with kill "
        f"{holder.pid}, and run the same command again"
    )


def test_a_claim_goes_with_its_process_even_when_that_is_killed(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / "run" / FILE).exists()
    with hold(tmp_path / "run", "the run"):
        assert owner(tmp_path / "run" / FILE)["pid"] == os.getpid()
    assert list((tmp_path / "run").iterdir()) == []


def test_a_claim_that_is_cut_or_of_an_earlier_process_of_the_same_number_counts_for_nothing(tmp_path):
    (tmp_path / FILE).write_text('{"pid": 1')
    check_free(tmp_path, "it")
    write_json(tmp_path / FILE, {"pid": os.getppid(), "process": "1"})
    with hold(tmp_path, "it"):
        pass
    assert not (tmp_path / FILE).exists()


def test_a_claim_of_another_day_says_the_day(tmp_path):
    then = time.mktime((2026, 1, 2, 3, 4, 0, 0, 0, -1))
    write_json(tmp_path / FILE, {"pid": os.getppid(), "process": process_of(os.getppid()), "since": then})
    with pytest.raises(TakenError, match="since 2026-01-02 03:04;"):
        check_free(tmp_path, "it")


def test_a_block_inside_another_does_not_end_the_claim(tmp_path):
    with hold(tmp_path, "it"):
        with hold(tmp_path, "it"):
            pass
        assert json.loads((tmp_path / FILE).read_text())["pid"] == os.getpid()
    assert not (tmp_path / FILE).exists()


def test_an_error_in_the_block_frees_the_claim(tmp_path):
    with pytest.raises(ValueError, match="mine"), hold(tmp_path, "it"):
        raise ValueError("mine")
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_can_be_made_nothing_is_claimed(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="nothing can be written"), hold(tmp_path / "file" / "run", "it"):
        pass


def test_of_many_that_try_at_once_one_gets_it(tmp_path):
    (tmp_path / FILE).write_text('{"pid": 0}')  # one that is dead, to be taken over

    def attempt(_number):
        words = [sys.executable, "-c", HOLD, str(tmp_path)]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    children = [attempt(number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda child: child.stdout.readline(), children))
    assert sorted(first) == ["", "", "", "held\n"]
    said = [child.communicate()[1] for child in children]
    assert sum("TakenError: process" in text for text in said) == 3
    assert list(tmp_path.iterdir()) == []
