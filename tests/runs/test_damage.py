"""A complete run is one whose files are there and read: else the same command makes them again, to the same bytes."""

import hashlib
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from sklearn.datasets import load_digits

from hem_core.cli import main
from hem_core.errors import RunError
from hem_core.runs import weak_slices
from hem_core.runs.score import score
from hem_core.store.damage import trouble
from hem_core.store.run import open_run

FILES = ("scores.parquet", "catalog.parquet", "failures.parquet", "neighbours.npz", "projection.parquet",
         "thumbnails.bin", "thumbnails.npy", "shards/00000.parquet", "embeddings/00000.npy")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of 16 digits, so few that its map takes no layout, and the call that makes it."""
    home = tmp_path_factory.mktemp("whole")
    pixels, target = load_digits(return_X_y=True)
    np.savez(home / "few.npz", images=(pixels[:16].reshape(-1, 8, 8) * 15).astype(np.uint8), labels=target[:16])

    def make():
        torch.manual_seed(0)  # the model is new in every call
        return score("demo_models.digits:model", home / "few.npz", out=home / "run", has_probes=False, oos="none")

    return make().folder, make


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def turn_a_bit(path):
    """One bit of a column's values: a page ends with them, and its header, which has no checksum, comes before."""
    content, columns = bytearray(path.read_bytes()), pq.ParquetFile(path).metadata.row_group(0)
    column = columns.column(columns.num_columns // 3)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start + column.total_compressed_size - 1] ^= 1
    path.write_bytes(content)


HARMS = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: -max(1, path.stat().st_size // 4)]),
}


@pytest.mark.parametrize("harm", HARMS)
def test_the_same_command_makes_again_what_was_lost(made, harm):
    folder, make = made
    before = {name: digest(folder / name) for name in FILES}
    for name in FILES[:7]:
        HARMS[harm](folder / name)
    found = set(trouble(folder, open_run(folder).info))
    assert {*FILES[:5], "thumbnails.npy"} <= found <= set(FILES[:7])  # the offsets tell that the pictures were cut
    make()
    assert {name: digest(folder / name) for name in FILES} == before


def test_what_the_shards_lost_is_scored_again(made):
    folder, make = made
    before = digest(folder / "scores.parquet")
    for name in ("shards/00000.parquet", "embeddings/00000.npy", "scores.parquet"):
        HARMS["cut"](folder / name)
    make()
    assert digest(folder / "scores.parquet") == before


@pytest.mark.parametrize("name", ["scores.parquet", "catalog.parquet"])
def test_a_single_turned_bit_is_found_and_said(made, name):
    folder, make = made
    before = digest(folder / name)
    turn_a_bit(folder / name)
    with pytest.raises(RunError, match=rf"{name} cannot be read .*; run the same `hem score` command again"):
        open_run(folder).table()
    make()
    assert digest(folder / name) == before


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("neighbours.npz", lambda run: run.neighbours("0")),
        ("thumbnails.npy", lambda run: run.thumbnail(0)),
        ("thumbnails.bin", lambda run: run.thumbnail(0)),
        ("projection.parquet", lambda run: run.table(["x"])),
        ("embeddings/00000.npy", lambda run: run.embeddings()),
        ("failures.parquet", lambda run: run.failures()),
    ],
)
def test_whoever_looks_at_a_cut_file_is_told_the_way_out(made, name, look):
    folder, _ = made
    content = (folder / name).read_bytes()
    HARMS["cut"](folder / name)
    with pytest.raises(RunError, match=r"run the same `hem score` command again to rebuild it"):
        look(open_run(folder))
    (folder / name).write_bytes(content)


def test_the_command_line_says_so_in_a_line(made, monkeypatch, capsys):
    folder, _ = made
    content = (folder / "scores.parquet").read_bytes()
    HARMS["cut"](folder / "scores.parquet")
    for word in ("labels", "select"):
        monkeypatch.setattr(sys, "argv", ["hem", word, str(folder)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr().err
        assert (end.value.code, "Traceback" in printed) == (2, False), (word, printed)
        assert "same `hem score` command again" in " ".join(printed.split())
    (folder / "scores.parquet").write_bytes(content)


@pytest.mark.parametrize(
    ("name", "harm"),
    [*(("embeddings/00000.npy", harm) for harm in HARMS), ("slices.parquet", "empty"), ("slices.parquet", "cut")],
)
def test_a_file_that_only_some_pages_read_is_made_again_too(made, name, harm):
    folder, make = made
    before = digest(folder / name)
    HARMS[harm](folder / name)
    if name == "slices.parquet":
        with pytest.raises(RunError, match=r"slices.parquet cannot be read .*; run the same `hem score` command again"):
            weak_slices.read(folder)
    make()
    assert digest(folder / name) == before


@pytest.mark.parametrize("name", ["scores.parquet", "thumbnails.npy", "neighbours.npz", "embeddings/00000.npy"])
def test_a_folder_in_the_place_of_a_file_is_named_and_left_alone(made, name):
    folder, make = made
    (folder / name).rename(folder / "aside.tmp")
    (folder / name).mkdir()
    (folder / name / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match=f"{name} is a folder, where the run keeps a file: move it away"):
        make()
    assert (folder / name / "mine.txt").read_text() == "mine"
    (folder / name / "mine.txt").unlink()
    (folder / name).rmdir()
    (folder / "aside.tmp").rename(folder / name)
    make()
