import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.store import sets

EXAMPLES = pd.DataFrame({"id": ["a", "b"], "label": ["cat", None], "weight": [1.0, 2.5]})

SAVER = """
import sys
import pandas as pd
from hem_core.store import sets
while True:
    print(sets.save(sys.argv[1], "s", pd.DataFrame({"id": [str(k) for k in range(20_000)]}), {}), flush=True)
"""


def test_a_saved_set_comes_back_with_what_it_was_made_from(tmp_path):
    folder = sets.save(tmp_path, "hard shirts", EXAMPLES, {"rule": {"all": []}})
    assert folder == tmp_path / "sets" / "hard shirts" / "v1"
    examples, manifest = sets.load(tmp_path, "hard shirts")
    pd.testing.assert_frame_equal(examples, EXAMPLES, check_dtype=False)
    assert manifest.pop("created").endswith("Z")
    assert manifest == {"rule": {"all": []}, "n": 2, "format_version": 1, "name": "hard shirts", "version": 1}
    assert sorted(path.name for path in folder.parent.rglob("*")) == ["examples.parquet", "manifest.json", "v1"]


def test_every_save_is_a_new_version_and_the_old_ones_stay(tmp_path):
    sets.save(tmp_path, "s", EXAMPLES, {})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert sets.save(tmp_path, "s", EXAMPLES[:1], {}).name == "v2"
    assert {path: path.read_bytes() for path in before} == before
    assert (sets.names(tmp_path), sets.versions(tmp_path, "s")) == (["s"], [1, 2])
    assert [len(sets.load(tmp_path, "s", version)[0]) for version in (1, 2, None)] == [2, 1, 1]


def test_a_version_is_never_taken_twice_also_when_one_is_missing(tmp_path):
    sets.save(tmp_path, "s", EXAMPLES, {})
    (tmp_path / "sets" / "s" / "v1").rename(tmp_path / "sets" / "s" / "v10")
    assert sets.save(tmp_path, "s", EXAMPLES, {}).name == "v11"
    assert sets.versions(tmp_path, "s") == [10, 11]


def save_some(workspace: Path, writer: int, start) -> None:
    start.wait()
    for _ in range(5):
        sets.save(workspace, "raced", pd.DataFrame({"id": [f"w{writer}"]}), {"writer": writer})


@pytest.mark.slow
def test_processes_that_save_at_once_get_different_versions(tmp_path):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(6)
    writers = [context.Process(target=save_some, args=(tmp_path, k, start)) for k in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sets.versions(tmp_path, "raced") == list(range(1, 31))
    found = [sets.load(tmp_path, "raced", version) for version in range(1, 31)]
    assert sorted(manifest["writer"] for _, manifest in found) == sorted(list(range(6)) * 5)
    for version, (examples, manifest) in enumerate(found, 1):
        assert (examples["id"][0], manifest["version"]) == (f"w{manifest['writer']}", version)


@pytest.mark.slow
def test_a_killed_save_leaves_whole_versions_only(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for version in sets.versions(tmp_path, "s"):
        assert len(sets.load(tmp_path, "s", version)[0]) == 20_000
    sets.save(tmp_path, "s", EXAMPLES, {})
    assert len(sets.load(tmp_path, "s")[0]) == 2
    assert all(path.name.startswith("v") for path in (tmp_path / "sets" / "s").iterdir())


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 65, "dot.", "space ", "a\nb", "a:b", "CON"])
def test_a_name_that_is_no_folder_is_refused(name, tmp_path):
    with pytest.raises(DataError, match="a set's name has letters, digits"):
        sets.save(tmp_path, name, EXAMPLES, {})
    with pytest.raises(DataError, match="no set "):
        sets.load(tmp_path, name)
    assert not (tmp_path / "sets").exists()


def test_what_cannot_be_a_set_or_is_none_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="the set is empty; widen the filter"):
        sets.save(tmp_path, "s", EXAMPLES[:0], {})
    with pytest.raises(DataError, match="a set needs the column 'id'; there are: label"):
        sets.save(tmp_path, "s", EXAMPLES[["label"]], {})
    with pytest.raises(DataError, match="'a' occurs twice: drop the repeated rows"):
        sets.save(tmp_path, "s", pd.concat([EXAMPLES, EXAMPLES]), {})
    assert sets.names(tmp_path) == []
    with pytest.raises(DataError, match=r"no set 's' in .*; there are: none yet"):
        sets.load(tmp_path, "s")
    sets.save(tmp_path, "other", EXAMPLES, {})
    with pytest.raises(DataError, match=r"no set 's' in .*; there are: other"):
        sets.load(tmp_path, "s")
    with pytest.raises(DataError, match="set 'other' has no version 3; there are: 1"):
        sets.load(tmp_path, "other", 3)


def test_what_was_left_out_is_kept_beside_the_set(tmp_path):
    out = pd.DataFrame({"id": ["c"], "why": ["over the class quota"]})
    sets.save(tmp_path, "s", EXAMPLES, {}, left_out=out)
    sets.save(tmp_path, "s", EXAMPLES, {})
    assert sets.left_out(tmp_path, "s", 1).to_dict("list") == {"id": ["c"], "why": ["over the class quota"]}
    assert not len(sets.left_out(tmp_path, "s", 2))


@pytest.mark.parametrize("text", ["hard v1", "hard-v1", "hard_v1", "hard/v1"])
def test_a_set_is_named_with_or_without_its_version(tmp_path, text):
    for _ in range(2):
        sets.save(tmp_path, "hard", EXAMPLES, {})
    assert sets.named(tmp_path, "hard") == ("hard", 2)
    assert sets.named(tmp_path, text) == ("hard", 1)


def test_a_set_that_is_called_like_a_version_is_found_first(tmp_path):
    sets.save(tmp_path, "hard", EXAMPLES, {})
    sets.save(tmp_path, "hard v1", EXAMPLES, {})
    sets.save(tmp_path, "hard v1", EXAMPLES, {})
    assert sets.named(tmp_path, "hard v1") == ("hard v1", 2)
    with pytest.raises(DataError, match="no set 'soft'"):
        sets.named(tmp_path, "soft v2")
