import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.store.atomic import (
    OF_ANOTHER_MACHINE,
    growing_table,
    remove_leftovers,
    temporary_name,
    write_array,
    write_arrays,
    write_bytes,
    write_json,
    write_table,
    write_with,
)
from hem_core.store.mapped import map_npz

WRITER = """
import sys
from hem_core.store.atomic import write_bytes
k = 0
while True:
    write_bytes(sys.argv[1], bytes([k % 251]) * 1_000_000)
    k += 1
"""


def test_json_is_readable_text_and_nan_is_refused(tmp_path):
    assert (
        write_json(tmp_path / "new" / "a.json", {"ü": [1, None]}).read_text("utf-8")
        == '{\n "ü": [\n  1,\n  null\n ]\n}\n'
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", float("nan"))
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_table_gives_the_same_bytes_again_and_row_groups_of_65536(tmp_path):
    frame = pd.DataFrame({"a": np.arange(70_000)}, index=np.arange(70_000)[::-1])
    first = write_table(tmp_path / "1.parquet", frame).read_bytes()
    assert write_table(tmp_path / "2.parquet", pa.table({"a": np.arange(70_000)})).read_bytes() == first
    metadata = pq.read_metadata(tmp_path / "1.parquet")
    assert [metadata.row_group(k).num_rows for k in range(2)] == [65_536, 4_464]
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert pq.read_schema(tmp_path / "1.parquet").names == ["a"]


def test_numbers_that_hardly_recur_are_stored_without_a_dictionary(tmp_path):
    lists = {
        "top_probs": pa.FixedSizeListArray.from_arrays(pa.array(np.linspace(0, 1, 6)), 2),
        "top_classes": pa.FixedSizeListArray.from_arrays(pa.array([0, 1, 1, 0, 0, 1]), 2),
    }
    table = pa.table({"loss": np.linspace(0, 1, 3), "label": ["cat", "dog", "cat"]} | lists)
    row_group = pq.read_metadata(write_table(tmp_path / "a.parquet", table)).row_group(0)
    columns = [row_group.column(k) for k in range(row_group.num_columns)]
    has_dictionary = {each.path_in_schema.split(".")[0]: "RLE_DICTIONARY" in each.encodings for each in columns}
    assert has_dictionary == {"loss": False, "label": True, "top_probs": False, "top_classes": True}
    assert pq.read_table(tmp_path / "a.parquet").equals(table)


def test_a_table_that_grows_is_there_when_it_is_whole(tmp_path):
    with growing_table(tmp_path / "a.parquet", metadata={"hem.key": "k"}) as add:
        for start in (0, 3):
            add(pa.table({"a": np.arange(start, start + 3)}))
        assert not (tmp_path / "a.parquet").exists()
    assert pq.read_table(tmp_path / "a.parquet")["a"].to_pylist() == list(range(6))
    assert pq.read_metadata(tmp_path / "a.parquet").num_row_groups == 2
    assert pq.read_schema(tmp_path / "a.parquet").metadata == {b"hem.key": b"k"}


def test_a_table_that_gets_a_part_of_another_schema_leaves_nothing(tmp_path):
    def grow():
        with growing_table(tmp_path / "a.parquet", metadata={}) as add:
            add(pa.table({"a": [1]}))
            add(pa.table({"b": [1]}))

    with pytest.raises(ValueError, match="schema"):
        grow()
    assert list(tmp_path.iterdir()) == []


def test_arrays_come_back_mapped_and_the_same_bytes_again(tmp_path):
    one, two = np.arange(6, dtype=np.int32).reshape(2, 3), np.float32([[1.5]])
    first = write_arrays(tmp_path / "1.npz", one=one, two=two, none=np.empty((0, 3)))
    assert write_arrays(tmp_path / "2.npz", one=one, two=two, none=np.empty((0, 3))).read_bytes() == first.read_bytes()
    back = map_npz(first)
    assert isinstance(back["one"], np.memmap)
    np.testing.assert_array_equal(back["one"], one)
    np.testing.assert_array_equal(back["two"], two)
    assert back["none"].shape == (0, 3)
    np.savez_compressed(tmp_path / "3.npz", one=np.asfortranarray(one))
    np.testing.assert_array_equal(map_npz(tmp_path / "3.npz")["one"], one)
    np.testing.assert_array_equal(np.load(write_array(tmp_path / "a.npy", one)), one)


def test_a_writer_that_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    write_bytes(tmp_path / "a", b"old")

    def fail(file):
        file.write(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_with(tmp_path / "a", fail)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_a_killed_writer_leaves_a_whole_file_and_leftovers_can_be_removed(tmp_path):
    path = tmp_path / "a.bin"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for wait in (0.0, 0.003, 0.007):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], env=environment)
        deadline = time.monotonic() + 60
        before = path.stat().st_mtime_ns if path.exists() else 0
        while not path.exists() or path.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        content = path.read_bytes()
        assert content == content[:1] * 1_000_000
    (tmp_path / f".b.{os.getppid()}-0.tmp").touch()
    (tmp_path / f".c.{process.pid}-0.tmp").touch()
    assert remove_leftovers(tmp_path) >= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".b.{os.getppid()}-0.tmp", "a.bin"]


def test_a_file_that_another_machine_may_be_writing_stays_for_an_hour(tmp_path):
    path = tmp_path / "a.bin"
    with temporary_name(path) as ours:
        pid, here, token = ours.name.split(".")[-2].split("-")
    elsewhere = "0" * len(here) if here != "0" * len(here) else "1" * len(here)
    others = [tmp_path / f".{name}.bin.{pid}-{elsewhere}-{token}.tmp" for name in ("new", "old")]
    for other in others:
        other.touch()
    an_hour_ago = time.time() - OF_ANOTHER_MACHINE - 1
    os.utime(others[1], (an_hour_ago, an_hour_ago))
    assert remove_leftovers(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == [others[0].name]
