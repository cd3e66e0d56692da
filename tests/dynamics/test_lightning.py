"""Recorded by Lightning's Trainer: the same as recorded in a plain loop over the same batches."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from hem_core import mining
from hem_core.dynamics.lightning import RecorderCallback
from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError
from hem_core.mining.callbacks.lightning import MiningCallback

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
N = 10


class Net(LightningModule):
    """A linear layer; its step returns whatever `returned` makes of the batch."""

    def __init__(self, returned=None):
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)
        self.returned = returned

    def training_step(self, batch, index):
        ids, inputs, targets = batch
        logits = self.layer(inputs)
        loss = F.cross_entropy(logits, targets)
        whole = {"loss": loss, "ids": ids, "logits": logits, "targets": targets}
        return self.returned(whole, index) if self.returned else whole

    def validation_step(self, batch, index):
        ids, inputs, targets = batch
        return {"loss": self.layer(inputs).sum(), "ids": ids, "logits": self.layer(inputs), "targets": targets}

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)


def examples(prefix="train"):
    chance = torch.Generator().manual_seed(1)
    inputs, targets = torch.randn(N, 3, generator=chance), torch.randint(4, (N,), generator=chance)
    return [(f"{prefix}-{row}", inputs[row], targets[row]) for row in range(N)]


def loader():
    return DataLoader(examples(), batch_size=4, shuffle=True, generator=torch.Generator().manual_seed(2))


def fitted(folder, model, epochs=3, resumed=None, **keys):
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    callback = RecorderCallback(folder / "dynamics", **keys)
    trainer = Trainer(
        max_epochs=epochs,
        callbacks=[callback],
        default_root_dir=folder,
        enable_checkpointing=False,
        **quiet,
    )
    trainer.fit(model, loader(), DataLoader(examples("held-out"), batch_size=4), ckpt_path=resumed)
    return trainer


def test_what_is_recorded_is_what_a_plain_loop_records(tmp_path):
    torch.manual_seed(0)
    net = Net()
    twin = torch.nn.Linear(3, 4)
    twin.load_state_dict(net.layer.state_dict())
    fitted(tmp_path, net)
    recorder, batches = Recorder(tmp_path / "plain"), loader()
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.5)
    for epoch in range(3):
        with recorder.epoch(epoch):
            for ids, inputs, targets in batches:
                logits = twin(inputs)
                recorder.log(ids, logits, targets)
                optimizer.zero_grad()
                F.cross_entropy(logits, targets).backward()
                optimizer.step()
    found, wanted = read(tmp_path / "dynamics"), read(tmp_path / "plain")
    assert found.ids == wanted.ids == [f"train-{row}" for row in range(N)]
    for name in ("confidences", "margins", "hits"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-5, atol=1e-6)
    assert found.confidences.shape == (N, 3)


def test_the_keys_can_be_named(tmp_path):
    def renamed(whole, _):
        return {"loss": whole["loss"], "guid": whole["ids"], "z": whole["logits"], "y": whole["targets"]}

    fitted(tmp_path, Net(renamed), epochs=1, ids="guid", logits="z", targets="y")
    assert read(tmp_path / "dynamics").ids == [f"train-{row}" for row in range(N)]


def test_a_step_that_is_skipped_is_left_out(tmp_path):
    fitted(tmp_path, Net(lambda whole, index: None if index == 1 else whole), epochs=1)
    assert len(read(tmp_path / "dynamics").ids) == N - 4


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (lambda whole, _: whole["loss"], "training_step returned loss; RecorderCallback also needs ids, logits, tar"),
        (lambda whole, _: {key: whole[key] for key in ("loss", "logits", "targets")}, "also needs ids: return"),
    ],
)
def test_what_the_step_does_not_return_is_named(tmp_path, returned, text):
    with pytest.raises(DataError, match=text):
        fitted(tmp_path, Net(returned), epochs=1)


def test_a_resumed_training_goes_on_with_its_epoch(tmp_path):
    fitted(tmp_path, net := Net(), epochs=2).save_checkpoint(tmp_path / "two.ckpt")
    before = read(tmp_path / "dynamics")
    for _again in range(2):
        fitted(tmp_path, net, epochs=3, resumed=tmp_path / "two.ckpt")
    after = read(tmp_path / "dynamics")
    assert after.confidences.shape == (N, 3)
    np.testing.assert_array_equal(after.confidences[:, :2], before.confidences)


def test_what_was_logged_is_kept_when_the_training_raises(tmp_path):
    def failing(whole, index):
        if index == 2:
            raise RuntimeError("out of luck")
        return whole

    with pytest.raises(RuntimeError, match="out of luck"):
        fitted(tmp_path, Net(failing), epochs=1)
    assert len(read(tmp_path / "dynamics").ids) == 8


def test_an_epoch_resumed_in_its_middle_is_recorded_whole(tmp_path):
    """Three batches an epoch; resumed after the first of epoch 1, with a sampler that goes on with the second."""

    def made():
        sampler = mining.HardnessSampler(mining.LossHistory(N), seed=3)
        return [MiningCallback(sampler=sampler)], DataLoader(examples(), sampler=sampler, batch_size=4)

    def trained(folder, resumed=None):
        callbacks, batches = made()
        saved = ModelCheckpoint(tmp_path, filename="{step}", every_n_train_steps=1, save_top_k=-1)
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
        callbacks += [RecorderCallback(folder), saved]
        torch.manual_seed(0)
        Trainer(max_epochs=3, callbacks=callbacks, default_root_dir=tmp_path, **quiet).fit(
            Net(), batches, ckpt_path=resumed
        )
        return read(folder)

    whole = trained(tmp_path / "dynamics")
    assert not np.isnan(whole.confidences).any()
    resumed = trained(tmp_path / "dynamics", tmp_path / "step=4.ckpt")
    np.testing.assert_array_equal(resumed.confidences, whole.confidences)
    assert resumed.targets == whole.targets
