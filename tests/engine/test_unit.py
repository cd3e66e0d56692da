from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core.engine.inputs import batches, open_inputs
from hem_core.engine.network import choose_device, place
from hem_core.engine.plan import Plan
from hem_core.engine.unit import Job, read_failures, score_unit, write_unit
from hem_core.errors import ModelError


def rows_of(folder, *, is_picture):
    table, facts = pa.table({"image": ["x.npy"]}), {"medium": "array", "is_picture": is_picture}
    return open_inputs(table, facts, root=folder, dataset=None, channels=3, resize=None)


def items(dataset):
    return open_inputs(pa.table({}), {"medium": "dataset"}, root=Path(), dataset=dataset, channels=3, resize=None)


def job_of(folder, pictures, model, *, batch_size=4, unit_size=10, bad_labels=None):
    np.save(folder / "x.npy", pictures)
    inputs = rows_of(folder, is_picture=True)
    network, _k = place(model, torch.device("cpu"), inputs.read(range(2)).values, is_picture=True, layer=None)
    n = len(pictures)
    plan = Plan(folder, n, unit_size, batch_size, "key")
    return Job(plan, [f"e{i}" for i in range(n)], np.arange(n) % 10, bad_labels or {}, network, inputs)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (23, 8, 8), dtype=np.uint8)


def test_a_unit_holds_what_a_plain_forward_gives(tmp_path, model, pictures):
    job = job_of(tmp_path, pictures, model)
    scored = score_unit(job, 1)
    x = torch.from_numpy(pictures[10:20])[:, None].float() / 255
    with torch.no_grad():
        logits = model.eval()(x)
        features = model[:-1](x)
    targets = torch.arange(10, 20) % 10
    assert scored.indices == list(range(10, 20))
    torch.testing.assert_close(scored.columns["loss"], F.cross_entropy(logits, targets, reduction="none"))
    torch.testing.assert_close(scored.embeddings.float(), features, atol=2e-3, rtol=2e-3)
    error = logits.softmax(1) - F.one_hot(targets, 10)
    norm = torch.cat([features, torch.ones(10, 1)], dim=1).norm(dim=1)
    torch.testing.assert_close(scored.columns["grand_last_layer"], error.norm(dim=1) * norm)


def test_scores_do_not_depend_on_the_batch(tmp_path, model, pictures):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = score_unit(job_of(tmp_path / "a", pictures, model, batch_size=1, unit_size=23), 0)
    many = score_unit(job_of(tmp_path / "b", pictures, model, batch_size=16, unit_size=23), 0)
    for name, values in one.columns.items():
        torch.testing.assert_close(values, many.columns[name], atol=1e-5, rtol=1e-5)


def test_the_last_unit_is_short_and_bad_labels_are_left_out(tmp_path, model, pictures):
    job = job_of(tmp_path, pictures, model, bad_labels={21: "no label"})
    scored = score_unit(job, 2)
    assert scored.indices == [20, 22]
    assert scored.failures == [(21, "no label")]


def test_a_shard_is_the_proof_and_carries_key_and_failures(tmp_path, model, pictures):
    job = job_of(tmp_path, pictures, model, bad_labels={0: "no label"})
    assert not job.plan.is_done(0)
    path = write_unit(job, 0, score_unit(job, 0))
    assert job.plan.is_done(0)
    assert not Plan(tmp_path, 23, 10, 4, "other key").is_done(0)
    assert read_failures(path) == [(0, "no label")]
    assert pq.read_table(path)["index"].to_pylist() == list(range(1, 10))
    assert np.load(job.plan.embeddings(0)).shape == (9, 64)
    path.write_bytes(b"")
    assert not job.plan.is_done(0)


def test_a_unit_written_twice_is_the_same_bytes(tmp_path, model, pictures):
    job = job_of(tmp_path, pictures, model)
    first = write_unit(job, 0, score_unit(job, 0)).read_bytes()
    assert write_unit(job, 0, score_unit(job, 0)).read_bytes() == first


class Poisoned(nn.Module):
    """Gives NaN for pictures whose first pixel is white."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        flat = x.flatten(1)
        return torch.where(flat[:, :1] == 1, torch.nan, self.head(flat))


def test_an_output_of_nan_is_a_failure_of_that_example_alone(tmp_path):
    pictures = np.zeros((6, 8, 8), np.uint8)
    pictures[4, 0, 0] = 255
    job = job_of(tmp_path, pictures, Poisoned())
    job.targets[:] = 0
    scored = score_unit(job, 0)
    assert scored.indices == [0, 1, 2, 3, 5]
    assert scored.failures == [(4, "the model's output is NaN or infinite")]
    assert len(scored.embeddings) == len(scored.hashes) == 5


def test_inputs_with_nan_are_set_aside_before_the_model(tmp_path):
    rows = np.ones((4, 3), np.float32)
    rows[2, 1] = np.nan
    np.save(tmp_path / "x.npy", rows)
    batch = rows_of(tmp_path, is_picture=False).read(range(1, 4))
    assert batch.indices == [1, 3]
    assert batch.failures == [(2, "the input has a NaN or infinite number")]
    assert len(batch.values) == len(batch.hashes) == 2


def test_batches_of_arrays_are_the_same_however_many_are_read_at_once(tmp_path):
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    rows[20, 1] = np.nan
    np.save(tmp_path / "x.npy", rows)
    inputs, wanted = rows_of(tmp_path, is_picture=False), [*range(5), *range(7, 50)]
    alone = [inputs.read(wanted[start : start + 4]) for start in range(0, len(wanted), 4)]
    found = list(batches(inputs, wanted, 4))
    assert [(batch.indices, batch.hashes, batch.failures) for batch in found] == [
        (batch.indices, batch.hashes, batch.failures) for batch in alone
    ]
    assert all(torch.equal(one.values, other.values) for one, other in zip(found, alone, strict=True))
    assert sum(len(batch.failures) for batch in found) == 1
    assert list(batches(inputs, [], 4)) == []


def test_batches_come_in_order_and_skip_nothing():
    data = [(torch.tensor([float(i)]), 0) for i in range(11)]
    found = [
        value for batch in batches(items(data), [0, 2, 3, 5, 7, 8, 10], 3) for value in batch.values[:, 0].tolist()
    ]
    assert found == [0, 2, 3, 5, 7, 8, 10]


def test_a_dataset_that_reads_many_at_once_is_asked_for_many():
    class Bulk(list):
        asked = ()

        def __getitems__(self, indices):
            Bulk.asked = (*Bulk.asked, tuple(indices))
            return [self[index] for index in indices]

    list(batches(items(Bulk([(torch.zeros(1), 0)] * 5)), [0, 1, 4], 2))
    assert Bulk.asked == ((0, 1), (4,))


def test_a_model_that_rejects_the_batch_says_its_shape(tmp_path, pictures):
    with pytest.raises(ModelError, match=r"the model failed on a batch of shape \(2, 1, 8, 8\)"):
        job_of(tmp_path, pictures, nn.Sequential(nn.Flatten(), nn.Linear(9, 2)))


class Own(nn.Module):
    """Wants its pictures its own way."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def preprocess(self, batch):
        assert batch.dtype == torch.uint8
        return batch.float() - 128

    def forward(self, x):
        return self.net(x)


def test_a_model_may_prepare_its_own_pictures(tmp_path, pictures):
    model = Own()
    job = job_of(tmp_path, pictures, model)
    with torch.no_grad():
        expected = model.net(torch.from_numpy(pictures[:10]).float() - 128).argmax(1)
    assert score_unit(job, 0).columns["predicted"].tolist() == expected.tolist()


def test_devices_and_precisions_that_are_not_there(model):
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(ModelError, match="no device 'gpu'; use cpu, cuda"):
        choose_device("gpu")
    sample = torch.zeros(1, 8, 8, 1, dtype=torch.uint8)
    with pytest.raises(ModelError, match="no precision 'int8'; there are: fp32, bf16"):
        place(model, torch.device("cpu"), sample, is_picture=True, layer=None, precision="int8")
    with pytest.raises(ModelError, match="bf16 is for CUDA devices"):
        place(model, torch.device("cpu"), sample, is_picture=True, layer=None, precision="bf16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for CUDA where there is none")
def test_cuda_where_there_is_none_says_so():
    with pytest.raises(ModelError, match="sees no CUDA device; use --device cpu"):
        choose_device("cuda")


@pytest.mark.gpu
def test_cuda_gives_the_scores_of_the_cpu(tmp_path, model, pictures):
    cpu = score_unit(job_of(tmp_path, pictures, model), 0)
    inputs = rows_of(tmp_path, is_picture=True)
    network, _k = place(model, torch.device("cuda"), inputs.read(range(2)).values, is_picture=True, layer=None)
    job = Job(Plan(tmp_path, 23, 10, 4, "key"), [f"e{i}" for i in range(23)], np.arange(23) % 10, {}, network, inputs)
    cuda = score_unit(job, 0)
    for name, values in cpu.columns.items():
        torch.testing.assert_close(values, cuda.columns[name].cpu(), atol=1e-3, rtol=1e-3)
