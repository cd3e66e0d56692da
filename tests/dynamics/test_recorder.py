"""The recorder in a plain loop: what it keeps, what it refuses, what it leaves alone."""

import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError

gap = np.nan


def even(n, n_classes=2):
    return torch.zeros(n, n_classes)


def test_a_batch_of_hand_computed_rows(tmp_path):
    recorder = Recorder(tmp_path)
    logits = torch.tensor([[0.0, 0.0, -99.0], [99.0, 0.0, 0.0], [0.0, 2.0, 7.0]])
    recorder.log(["even", "sure", "wrong"], logits, torch.tensor([0, 0, 1]))
    recorder.end_epoch()
    found = read(tmp_path)
    assert found.ids == ["even", "sure", "wrong"]
    np.testing.assert_allclose(found.confidences[:, 0], [0.5, 1.0, np.exp(2) / (1 + np.exp(2) + np.exp(7))], rtol=1e-5)
    assert found.margins.tolist() == [[0.0], [-99.0], [5.0]]
    assert found.hits.tolist() == [[1.0], [1.0], [0.0]]


def test_measures_are_torch_s_softmax_and_argmax(tmp_path):
    chance = torch.Generator().manual_seed(0)
    logits, targets = 5 * torch.randn(100, 7, generator=chance), torch.randint(7, (100,), generator=chance)
    recorder = Recorder(tmp_path)
    recorder.log([f"{index:03d}" for index in range(100)], logits, targets)
    recorder.end_epoch()
    found = read(tmp_path)
    want = logits.softmax(dim=1)[torch.arange(100), targets]
    np.testing.assert_allclose(found.confidences[:, 0], want, rtol=1e-5)
    assert found.hits[:, 0].tolist() == (logits.argmax(dim=1) == targets).float().tolist()
    assert found.margins.dtype == found.hits.dtype == np.float32


def test_an_epoch_in_which_an_example_was_not_seen_is_nan(tmp_path):
    recorder = Recorder(tmp_path)
    for epoch, ids in enumerate((["a", "b"], ["b"], ["c"])):
        with recorder.epoch(epoch):
            recorder.log(ids, even(len(ids)), torch.zeros(len(ids), dtype=torch.int64))
    np.testing.assert_array_equal(read(tmp_path).hits, [[1, gap, gap], [1, 1, gap], [gap, gap, 1]])


def test_of_an_id_seen_twice_in_an_epoch_the_last_holds(tmp_path):
    recorder = Recorder(tmp_path, flush_seconds=0)
    recorder.log(["a", "a"], torch.tensor([[0.0, 1.0], [0.0, 2.0]]), torch.tensor([0, 0]))
    recorder.log(["a", "b"], torch.tensor([[0.0, 3.0], [0.0, 4.0]]), torch.tensor([0, 0]))
    assert read(tmp_path).margins.tolist() == [[3.0], [4.0]]
    recorder.end_epoch()
    assert read(tmp_path).margins.tolist() == [[3.0], [4.0]]
    assert sum(pq.read_metadata(path).num_rows for path in tmp_path.iterdir()) == 2


@pytest.mark.parametrize(
    "ids",
    [["3", "10"], [3, 10], (3, 10), [np.int64(3), np.int64(10)], np.array([3, 10]), torch.tensor([3, 10])],
)
def test_ids_of_any_form_are_kept_as_strings(tmp_path, ids):
    recorder = Recorder(tmp_path)
    recorder.log(ids, even(2), torch.tensor([0, 1]))
    recorder.end_epoch()
    assert read(tmp_path).ids == ["10", "3"]


def test_ids_that_the_caller_reuses_are_copied(tmp_path):
    recorder = Recorder(tmp_path)
    ids, tensor_ids = ["a"], torch.tensor([1])
    recorder.log(ids, even(1), torch.tensor([0]))
    recorder.log(tensor_ids, even(1), torch.tensor([0]))
    ids[0], tensor_ids[0] = "changed", 2
    recorder.end_epoch()
    assert read(tmp_path).ids == ["1", "a"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_logits_of_any_float_type(tmp_path, dtype):
    recorder = Recorder(tmp_path)
    recorder.log(["a"], torch.tensor([[0.0, 30.0]], dtype=dtype), torch.tensor([0], dtype=torch.int32))
    recorder.end_epoch()
    assert read(tmp_path).margins.tolist() == [[30.0]]


def test_the_training_is_left_alone(tmp_path):
    """Same gradients, same random numbers, no graph kept alive, with and without the recorder."""

    def trained(recorder):
        torch.manual_seed(0)
        layer = torch.nn.Linear(4, 3)
        x, y = torch.randn(8, 4), torch.randint(3, (8,))
        logits = layer(x)
        if recorder:
            recorder.log(list("abcdefgh"), logits, y)
            assert not any(each.requires_grad for _, each in recorder._buffer)
        torch.nn.functional.cross_entropy(logits, y).backward()
        return layer.weight.grad, torch.randn(3)

    torch.testing.assert_close(trained(Recorder(tmp_path)), trained(None), rtol=0, atol=0)


def test_an_epoch_named_in_log_ends_the_one_before(tmp_path):
    recorder = Recorder(tmp_path)
    for epoch in (0, 0, 1, 2):
        recorder.log([f"in {epoch}"], even(1), torch.tensor([0]), epoch=epoch)
    recorder.save(tmp_path / "out.parquet")
    found = read(tmp_path / "out.parquet")
    assert found.ids == ["in 0", "in 1", "in 2"]
    np.testing.assert_array_equal(found.hits, [[1, gap, gap], [gap, 1, gap], [gap, gap, 1]])


def test_an_epoch_of_nothing_counts_as_an_epoch(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.end_epoch()
    recorder.log([], even(0), torch.zeros(0, dtype=torch.int64))
    recorder.end_epoch()
    assert read(tmp_path).hits.shape == (0, 2)


def test_save_gives_the_same_as_the_folder(tmp_path):
    recorder = Recorder(tmp_path / "log")
    with recorder.epoch():
        recorder.log(["a", "b"], torch.tensor([[1.0, 3.0], [3.0, 1.0]]), torch.tensor([0, 0]))
    recorder.log(["b"], even(1), torch.tensor([0]))
    path = recorder.save(tmp_path / "dynamics.parquet")
    for name in ("confidences", "margins", "hits"):
        np.testing.assert_array_equal(getattr(read(path), name), getattr(read(recorder.path), name))
    assert pq.read_table(path)["is_correct"].to_pylist() == [[False, None], [True, True]]


def test_what_was_logged_is_kept_when_the_training_raises(tmp_path):
    recorder = Recorder(tmp_path)

    def interrupted():
        with recorder.epoch(0):
            recorder.log(["a"], even(1), torch.tensor([0]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read(tmp_path).ids == ["a"]
    assert Recorder(tmp_path)._next_epoch == 0


def test_nothing_is_copied_off_the_device_before_it_is_time(tmp_path):
    recorder = Recorder(tmp_path, flush_seconds=3600)
    for _ in range(100):
        recorder.log(["a"], even(1), torch.tensor([0]))
    assert list(tmp_path.iterdir()) == []
    recorder.flush_seconds = 0.01
    time.sleep(0.02)
    recorder.log(["a"], even(1), torch.tensor([0]))
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-00000-rank-0-of-1-part-00000.parquet"]


def test_a_nan_names_the_id_and_the_rest_is_kept(tmp_path):
    recorder = Recorder(tmp_path)
    logits = torch.tensor([[0.0, 0.0], [0.0, torch.nan], [torch.inf, 0.0]])
    recorder.log(["fine", "bad", "worse"], logits, torch.tensor([0, 0, 0]), epoch=4)
    with pytest.raises(DataError, match="epoch 4, example 'bad' and 1 more: logits that are NaN or infinite"):
        recorder.end_epoch()
    recorder.end_epoch()
    assert read(tmp_path).ids == ["fine"]


@pytest.mark.parametrize("target", [-100, 2])
def test_a_target_that_is_no_class_names_the_id(tmp_path, target):
    recorder = Recorder(tmp_path)
    recorder.log(["fine", "bad"], even(2), torch.tensor([0, target]))
    with pytest.raises(DataError, match=r"epoch 0, example 'bad': the target is not in \[0, 2\)"):
        recorder.flush()
    assert read(tmp_path).ids == ["fine"]


@pytest.mark.parametrize(
    ("ids", "logits", "targets", "text"),
    [
        (["a"], torch.zeros(2), torch.tensor([0]), r"logits must have shape \(N, K\), K >= 2.*these are \(2,\)"),
        (["a"], torch.zeros(1, 1), torch.tensor([0]), r"these are \(1, 1\).*two columns \(0, z\)"),
        (["a"], torch.zeros(1, 2, dtype=torch.int64), torch.tensor([0]), "a float type"),
        (["a"], torch.zeros(1, 2), torch.zeros(1, 2), r"targets must have shape \(N,\).*log the given class"),
        (["a"], torch.zeros(1, 2), torch.tensor([True]), "an integer type; these are .*bool"),
        (["a"], torch.zeros(2, 2), torch.tensor([0, 0]), "1 ids, 2 rows of logits and 2 targets"),
        ("ab", torch.zeros(2, 2), torch.tensor([0, 0]), "1 ids, 2 rows of logits"),
        ([0.5], torch.zeros(1, 2), torch.tensor([0]), "these include a float"),
        ([True], torch.zeros(1, 2), torch.tensor([0]), "these include a bool"),
        (torch.zeros(1), torch.zeros(1, 2), torch.tensor([0]), r"ids must be N strings or integers; this is a tensor"),
    ],
)
def test_a_batch_of_the_wrong_shape_is_refused(tmp_path, ids, logits, targets, text):
    with pytest.raises(DataError, match=text):
        Recorder(tmp_path).log(ids, logits, targets)


@pytest.mark.parametrize("epoch", [-1, 1.5, True])
def test_an_epoch_that_is_no_number_is_refused(tmp_path, epoch):
    with pytest.raises(DataError, match="an epoch is a number from 0; this one is"):
        Recorder(tmp_path).log(["a"], even(1), torch.tensor([0]), epoch=epoch)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "log").write_text("")
    with pytest.raises(DataError, match=r"the recorder expects a folder; '.*log' is a file"):
        Recorder(tmp_path / "log")


def test_every_rank_writes_its_own_files_and_they_read_as_one(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    ranks = []
    for rank in (0, 1):
        monkeypatch.setenv("RANK", str(rank))
        ranks.append(Recorder(tmp_path))
    for epoch in (0, 1):
        for recorder, ids in zip(ranks, (["a", "c"], ["b", "c"]), strict=True):  # the sampler pads with a double
            with recorder.epoch(epoch):
                recorder.log(ids, even(2), torch.tensor([0, recorder.rank]))
    found = read(tmp_path)
    assert found.ids == ["a", "b", "c"]
    assert found.hits.tolist() == [[1, 1], [1, 1], [0, 0]]


def test_ranks_go_on_after_the_last_epoch_that_all_have_finished(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, n_epochs in ((0, 3), (1, 2)):
        monkeypatch.setenv("RANK", str(rank))
        recorder = Recorder(tmp_path)
        for epoch in range(n_epochs):
            recorder.log([f"rank {rank}"], even(1), torch.tensor([0]), epoch=epoch)
            recorder.end_epoch()
    assert Recorder(tmp_path)._next_epoch == 2


def test_fewer_ranks_than_before_leave_nothing_of_the_others(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in (0, 1):
        monkeypatch.setenv("RANK", str(rank))
        recorder = Recorder(tmp_path)
        for epoch in range(3):
            recorder.log([f"{rank}"], even(1), torch.tensor([0]), epoch=epoch)
            recorder.end_epoch()
    monkeypatch.delenv("WORLD_SIZE")
    monkeypatch.delenv("RANK")
    recorder = Recorder(tmp_path)
    recorder.log(["0"], even(1), torch.tensor([0]), epoch=1)
    recorder.end_epoch()
    np.testing.assert_array_equal(read(tmp_path).hits, [[1, 1], [1, gap]])


@pytest.mark.slow
def test_the_rank_is_that_of_the_process_group(tmp_path):
    asked = f"""
import torch.distributed as dist
dist.init_process_group("gloo", init_method="file://{tmp_path}/meet", rank=0, world_size=1)
from hem_core.dynamics.recorder import Recorder
recorder = Recorder("{tmp_path}/log")
assert (recorder.rank, recorder.n_ranks) == (0, 1)
dist.destroy_process_group()
"""
    environment = {"RANK": "5", "WORLD_SIZE": "9", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", asked], check=True, env=environment)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_logging_on_a_gpu_does_not_wait_for_it(tmp_path):
    logits, targets, ids = torch.randn(64, 10).cuda(), torch.randint(10, (64,)).cuda(), torch.arange(64).cuda()
    recorder = Recorder(tmp_path, flush_seconds=3600)
    recorder.log(ids, logits, targets)
    torch.cuda.set_sync_debug_mode("error")
    try:
        recorder.log(ids, logits, targets)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    recorder.end_epoch()
    found = read(tmp_path).align([str(index) for index in range(64)])
    want = logits.softmax(dim=1).gather(1, targets[:, None])[:, 0].cpu()
    np.testing.assert_allclose(found.confidences[:, 0], want, rtol=1e-5)
