"""A training that dies and goes on: nothing finished is lost, nothing is counted twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder

N, BATCH, EPOCHS = 40, 4, 4


def batches(epoch):
    """The batches of one epoch: ids, logits, targets, known from the epoch's number alone."""
    chance = torch.Generator().manual_seed(epoch)
    order = torch.randperm(N, generator=chance)
    logits = torch.randn(N, 3, generator=chance)
    for rows in order.split(BATCH):
        yield rows, logits[rows], rows % 3


def train(folder, *, start=0, stop=EPOCHS):
    recorder = Recorder(folder)
    for epoch in range(start, stop):
        with recorder.epoch(epoch):
            for batch in batches(epoch):
                recorder.log(*batch)


def assert_same(found, want):
    assert list(found.ids) == list(want.ids)
    for name in ("confidences", "margins", "hits"):
        np.testing.assert_array_equal(getattr(found, name), getattr(want, name))


@pytest.fixture
def undisturbed(tmp_path):
    train(tmp_path / "undisturbed")
    return read(tmp_path / "undisturbed")


def test_without_numbers_it_goes_on_after_the_last_finished_epoch(tmp_path, undisturbed):
    train(tmp_path / "log", stop=2)
    dead = Recorder(tmp_path / "log", flush_seconds=0)
    for batch in list(batches(7))[:3]:
        dead.log(*batch)
    recorder = Recorder(tmp_path / "log")
    for epoch in range(2, EPOCHS):
        for batch in batches(epoch):
            recorder.log(*batch)
        recorder.end_epoch()
    assert_same(read(tmp_path / "log"), undisturbed)


def test_resumed_from_an_earlier_checkpoint_later_epochs_are_replaced(tmp_path, undisturbed):
    recorder = Recorder(tmp_path / "log")
    for epoch in range(6):
        with recorder.epoch(epoch):
            for batch in batches(epoch if epoch < 2 else 100 + epoch):
                recorder.log(*batch)
    train(tmp_path / "log", start=2)
    assert_same(read(tmp_path / "log"), undisturbed)


def test_an_epoch_begun_again_is_replaced(tmp_path, undisturbed):
    recorder = Recorder(tmp_path / "log")
    with recorder.epoch(0):
        for batch in batches(99):
            recorder.log(*batch)
    recorder.log(*next(batches(99)), epoch=0)
    train(tmp_path / "log")
    assert_same(read(tmp_path / "log"), undisturbed)


def test_a_write_cut_short_is_not_read_and_is_cleared_up(tmp_path, undisturbed):
    train(tmp_path / "log", stop=2)
    cut = tmp_path / "log" / "epoch-00002-rank-0-of-1.parquet.tmp"
    cut.write_bytes(b"PAR1 half a file")
    assert read(tmp_path / "log").n_epochs == 2
    train(tmp_path / "log", start=2)
    assert not cut.exists()
    assert_same(read(tmp_path / "log"), undisturbed)


def test_killed_between_the_whole_file_and_its_parts_counts_once(tmp_path):
    recorder = Recorder(tmp_path, flush_seconds=0)
    recorder.log(["a"], torch.zeros(1, 2), torch.tensor([0]))
    part = next(tmp_path.iterdir())
    kept = part.read_bytes()
    recorder.end_epoch()
    part.write_bytes(kept)
    assert read(tmp_path).hits.tolist() == [[1.0]]
    assert Recorder(tmp_path)._next_epoch == 1


TRAINING = """
import sys
sys.path[:0] = {path!r}
from test_resume import batches
from hem_core.dynamics.recorder import Recorder
recorder = Recorder({folder!r}, flush_seconds=0)
for epoch in range(1000):
    with recorder.epoch(epoch):
        for number, (ids, logits, targets) in enumerate(batches(epoch)):
            recorder.log(ids, logits, targets)
            print(epoch, number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("n_lines", [3, 10, 24, 31])
def test_sigkill_loses_no_finished_epoch_and_nothing_that_was_flushed(tmp_path, undisturbed, n_lines):
    folder = tmp_path / "log"
    script = TRAINING.format(path=[str(Path(__file__).parent), *sys.path], folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as training:
        lines = [training.stdout.readline() for _ in range(n_lines)]
        time.sleep(0.002 * n_lines)
        os.kill(training.pid, signal.SIGKILL)
        lines += training.stdout.read().splitlines(keepends=True)
    # The kill can cut the last line short ("12 3" said as "12 "): only a whole line says that a batch was logged.
    logged = [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]

    found = read(folder).align([str(row) for row in range(N)])
    for epoch, number in logged:
        rows, logits, targets = list(batches(epoch))[number]
        want = logits.softmax(dim=1).gather(1, targets[:, None])[:, 0]
        np.testing.assert_allclose(found.confidences[rows, epoch], want, rtol=1e-5)

    train(folder, start=min(logged[-1][0], EPOCHS - 1))
    assert_same(read(folder), undisturbed)


def test_an_epoch_resumed_in_its_middle_is_whole(tmp_path, undisturbed):
    """Killed after 7 of 10 batches of epoch 2; the checkpoint knows 5 of them, so 6 and 7 are logged again."""
    dead = Recorder(tmp_path / "log", flush_seconds=0)
    for epoch in (0, 1):
        with dead.epoch(epoch):
            for batch in batches(epoch):
                dead.log(*batch)
    for rows, logits, targets in list(batches(2))[:5]:
        dead.log(rows, logits, targets, epoch=2)
    for rows, logits, targets in list(batches(2))[5:7]:
        dead.log(rows, logits + 1.5 * torch.eye(3)[targets], targets, epoch=2)  # what the checkpoint does not know of
    recorder = Recorder(tmp_path / "log")
    for epoch, start in ((2, 5), (3, 0)):
        with recorder.epoch(epoch, resume=start > 0):
            for batch in list(batches(epoch))[start:]:
                recorder.log(*batch)
    assert_same(read(tmp_path / "log"), undisturbed)


def test_a_finished_epoch_is_resumed_from_a_checkpoint_within_it_and_later_ones_go(tmp_path, undisturbed):
    train(tmp_path / "log", stop=3)
    whole = read(tmp_path / "log")
    recorder = Recorder(tmp_path / "log")
    recorder.resume(1)
    for batch in list(batches(1))[8:]:
        recorder.log(*batch)
    assert read(tmp_path / "log").n_epochs == 2
    recorder.end_epoch()
    found = read(tmp_path / "log")
    np.testing.assert_array_equal(found.confidences, whole.confidences[:, :2])
    train(tmp_path / "log", start=2)
    assert_same(read(tmp_path / "log"), undisturbed)


def test_every_rank_resumes_its_own_part(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")

    def made(rank):
        monkeypatch.setenv("RANK", str(rank))
        return Recorder(tmp_path, flush_seconds=0)

    for rank, id in enumerate("ab"):
        made(rank).log([id], torch.zeros(1, 2), torch.tensor([0]), epoch=0)
    again = [made(rank) for rank in range(2)]
    for recorder in again:
        recorder.resume(0)
    for recorder, id in zip(again, "cd", strict=True):
        recorder.log([id], torch.zeros(1, 2), torch.tensor([1]))
        recorder.end_epoch()
    assert read(tmp_path).ids == ["a", "b", "c", "d"]
