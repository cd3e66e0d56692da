"""The cache is kept below its size: what was used longest ago goes, and never what is in use or not uploaded."""

import os
import shutil
import subprocess
import sys

import fsspec
import pytest

import hem_core
from hem_core.alive import process_of
from hem_core.buckets import room
from hem_core.buckets.mirror import _listed, mirrored
from hem_core.buckets.places import DATA, WORK, place_of
from hem_core.errors import DataError

KB = 1000


def copied(root, *names):
    """The local copies of new files of 10 KB, used one after the other, an hour apart."""
    for hour, name in enumerate(names):
        fsspec.filesystem("memory").pipe(f"{root}/{name}", bytes(10 * KB))
        mirrored(f"{root}/{name}")
        os.utime(room._mark(f"{root}/{name}", DATA), (hour * 3600, hour * 3600))
    return [place_of(f"{root}/{name}", DATA) for name in names]


def used_by(cache, pid):
    """Let all copies be used by another process than this one."""
    for user in (cache / "used").glob("*.*-*"):
        user.rename(user.with_suffix(f".{pid}-{process_of(pid)}"))
    room._noted.clear()


@pytest.fixture
def ended():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_copies_that_were_used_longest_ago_go_until_there_is_room(in_memory, cache, ended):
    first, second, third = copied(in_memory, "a.csv", "b.csv", "c.csv")
    used_by(cache, ended)
    assert room.make_room(25 * KB) == 10 * KB
    assert [file.exists() for file in (first, second, third)] == [False, True, True]
    assert room.make_room(25 * KB) == 0
    _listed.clear()  # as in another process
    assert mirrored(f"{in_memory}/a.csv").read_bytes() == bytes(10 * KB)


def test_a_copy_stays_as_long_as_the_process_that_uses_it(in_memory, cache):
    (file,) = copied(in_memory, "a.csv")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    used_by(cache, process.pid)
    assert room.make_room(0) == 0
    process.communicate(b"\n")
    assert (room.make_room(0), file.exists()) == (10 * KB, False)


def test_a_cache_that_was_deleted_while_a_process_works_is_made_again(in_memory, cache):
    copied(in_memory, "a.csv")
    shutil.rmtree(cache)
    _listed.clear()
    assert mirrored(f"{in_memory}/a.csv").is_file()
    assert [each.stays for each in room.copies()] == [True]


def test_a_folder_goes_with_what_was_copied_from_inside_of_it_and_stays_with_it(in_memory, cache, ended):
    inner, _ = copied(in_memory, "data/inner.csv", "data/other.csv")
    mirrored(f"{in_memory}/data")
    os.utime(room._mark(f"{in_memory}/data", DATA), (0, 0))
    used_by(cache, ended)
    assert [each.address for each in room.copies()] == [f"{in_memory}/data"]
    mirrored(f"{in_memory}/data/inner.csv")  # now this process uses it
    assert room.make_room(0) == 0
    used_by(cache, ended)
    assert (room.make_room(0), inner.parent.exists()) == (20 * KB, False)


def test_the_cache_is_looked_at_when_something_is_copied(in_memory, cache, ended, monkeypatch):
    first, second = copied(in_memory, "a.csv", "b.csv")
    used_by(cache, ended)
    monkeypatch.setenv("HEM_CACHE_GB", "0.000015")
    copied(in_memory, "not yet.csv")
    assert first.exists()  # the cache was looked at a moment ago, if by another process
    (cache / "used" / "checked").unlink()
    monkeypatch.setenv("HEM_CACHE_GB", "0.000025")
    copied(in_memory, "c.csv")
    assert [file.exists() for file in (first, second)] == [False, True]
    monkeypatch.setenv("HEM_CACHE_GB", "much")
    with pytest.raises(DataError, match="HEM_CACHE_GB is the size of the cache in GB, such as 50; got 'much'"):
        room.limit()


def test_a_run_that_is_not_uploaded_stays_and_a_finished_one_is_fetched_again(in_memory, cache, ended):
    rows = {"label": ["x", "y"] * 20, "prob_x": [0.9, 0.2] * 20, "prob_y": [0.1, 0.8] * 20}
    how = {"out": f"{in_memory}/work/runs/first", "unit_size": 10, "has_map": False, "has_probes": False, "oos": "none"}

    def interrupt(stage, done, total):
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hem_core.score(None, rows, progress=interrupt, **how)
    used_by(cache, ended)
    here = place_of(how["out"], WORK)
    assert (room.make_room(0), here.is_dir()) == (0, True)
    hem_core.score(None, rows, **how)
    used_by(cache, ended)
    assert room.make_room(0) > 0
    assert not here.exists()
    assert hem_core.open_run(how["out"]).n == 40
