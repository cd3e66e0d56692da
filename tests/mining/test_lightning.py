"""Mining in Lightning's Trainer: the same batches, weights and losses as in a plain loop."""

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.callbacks.lightning import MiningCallback

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
N, EPOCHS = 22, 4


def parts():
    chance = torch.Generator().manual_seed(1)
    data = TensorDataset(torch.randn(N, 3, generator=chance), torch.arange(N) % 4)
    history = mining.LossHistory(N)
    sampler = mining.HardnessSampler(history, seed=2)
    return history, sampler, DataLoader(mining.WithIndex(data), sampler=sampler, batch_size=8)


def layer():
    made = torch.nn.Linear(3, 4)
    torch.nn.init.constant_(made.weight, 0.1)
    torch.nn.init.zeros_(made.bias)
    return made


class Net(LightningModule):
    """Trains on the sampler's weights, or on a HardExampleLoss."""

    def __init__(self, sampler=None, loss=None):
        super().__init__()
        self.layer, self.sampler, self.loss, self.seen = layer(), sampler, loss, []

    def training_step(self, batch, _):
        x, y, index = batch
        self.seen.append(index.tolist())
        if self.loss is not None:
            return self.loss(self.layer(x), y)
        losses = F.cross_entropy(self.layer(x), y, reduction="none")
        return {"loss": self.sampler.reduce(losses, index), "losses": losses.detach(), "index": index}

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def fitted(folder, net, loader, callback, epochs=EPOCHS, resumed=None, checkpoint=None, **options):
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    callbacks = [callback] if checkpoint is None else [callback, checkpoint]
    quiet |= {"enable_checkpointing": checkpoint is not None}
    trainer = Trainer(max_epochs=epochs, callbacks=callbacks, default_root_dir=folder, **quiet | options)
    trainer.fit(net, loader, ckpt_path=resumed)
    return trainer


def plain(epochs=EPOCHS):
    history, sampler, loader = parts()
    net, seen = layer(), []
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for _ in range(epochs):
        for x, y, index in loader:
            seen.append(index.tolist())
            losses = F.cross_entropy(net(x), y, reduction="none")
            history.update(index, losses)
            optimizer.zero_grad()
            sampler.reduce(losses, index).backward()
            optimizer.step()
    return seen, net, history


def test_the_batches_and_the_model_are_those_of_the_plain_loop(tmp_path):
    history, sampler, loader = parts()
    net = Net(sampler)
    fitted(tmp_path, net, loader, MiningCallback(sampler=sampler, history=history))
    seen, twin, known = plain()
    assert net.seen == seen
    assert seen[:3] != seen[3:6] != seen[6:9]
    torch.testing.assert_close(net.layer.weight, twin.weight)
    torch.testing.assert_close(history.losses, known.losses)


def test_a_resumed_training_goes_on_with_the_same_batches(tmp_path):
    history, sampler, loader = parts()
    begun = fitted(tmp_path, Net(sampler), loader, MiningCallback(sampler=sampler, history=history), epochs=2)
    begun.save_checkpoint(tmp_path / "two.ckpt")
    history, sampler, loader = parts()
    net = Net(sampler)
    callback = MiningCallback(sampler=sampler, history=history)
    fitted(tmp_path, net, loader, callback, resumed=tmp_path / "two.ckpt")
    assert net.seen == plain()[0][6:]


def test_the_loss_hears_of_the_progress(tmp_path):
    loss = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), mining.TopK(0.5))
    heard, tell = [], loss.set_progress
    loss.set_progress = lambda progress: (heard.append(progress), tell(progress))
    _, _, loader = parts()
    fitted(tmp_path, Net(loss=loss), loader, MiningCallback(loss=loss))
    assert heard == pytest.approx([step / 12 for step in range(12)])
    assert loss.report().off == "progress 0.92 is outside of 0.1 .. 0.9"


def test_what_the_step_does_not_return_is_named(tmp_path):
    history, sampler, loader = parts()
    loss = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), mining.TopK(0.5), start=0, end=1)
    with pytest.raises(MiningError, match=r"training_step returned loss; .* also needs losses, index: return them"):
        fitted(tmp_path, Net(sampler, loss), loader, MiningCallback(history=history))


@pytest.mark.parametrize("at", [4, 5, 6])
def test_a_training_resumed_within_an_epoch_goes_on_after_its_last_batch(tmp_path, at):
    """Three batches an epoch; saved after the first or second of epoch 1, or at its end."""
    history, sampler, loader = parts()
    saved = ModelCheckpoint(tmp_path, filename="{step}", every_n_train_steps=1, save_top_k=-1)
    fitted(tmp_path, Net(sampler), loader, MiningCallback(sampler=sampler, history=history), checkpoint=saved)
    history, sampler, loader = parts()
    net = Net(sampler)
    trainer = fitted(tmp_path, net, loader, MiningCallback(history=history), resumed=tmp_path / f"step={at}.ckpt")
    seen, twin, known = plain()
    assert net.seen == seen[at:]
    assert trainer.global_step == 12
    torch.testing.assert_close(net.layer.weight, twin.weight)
    torch.testing.assert_close(history.losses, known.losses)
    assert torch.equal(history.counts, known.counts)


def test_reports_reach_the_loggers(tmp_path):
    history, sampler, loader = parts()
    logger = CSVLogger(tmp_path)
    fitted(tmp_path, Net(sampler), loader, MiningCallback(sampler=sampler, history=history), logger=logger)
    rows = pd.read_csv(tmp_path / "lightning_logs" / "version_0" / "metrics.csv")
    assert rows["step"].tolist() == [3, 6, 9, 12]
    assert rows["mining/fraction_kept"].iloc[0] == 1
    assert rows["mining/fraction_kept"].iloc[-1] == pytest.approx(sampler.report().fraction_kept)
    loss = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), mining.TopK(0.5))
    logger = CSVLogger(tmp_path, "of_the_loss")
    fitted(tmp_path, Net(loss=loss), loader, MiningCallback(loss=loss), logger=logger, log_every_n_steps=4)
    rows = pd.read_csv(tmp_path / "of_the_loss" / "version_0" / "metrics.csv")
    kept = rows.dropna(subset="mining/loss/fraction_kept").set_index("step")["mining/loss/fraction_kept"]
    assert kept.to_dict() == {4: 0.5, 8: 0.5, 12: 1.0}


def test_another_sampler_than_the_loader_s_is_refused(tmp_path):
    _, sampler, loader = parts()
    with pytest.raises(MiningError, match="HardnessSampler of the DataLoader is not the sampler of MiningCallback"):
        fitted(tmp_path, Net(sampler), loader, MiningCallback(sampler=parts()[1]))


def test_a_sampler_for_more_ranks_than_there_are_is_refused(tmp_path):
    sampler = mining.RepeatFactorSampler([0] * N, rank=0, world_size=2)
    loader = DataLoader(mining.WithIndex(torch.zeros(N, 3)), sampler=sampler, batch_size=8)
    with pytest.raises(MiningError, match="made as rank 0 of 2; this process is rank 0 of 1: make the sampler after"):
        fitted(tmp_path, Net(sampler), loader, MiningCallback())


def test_a_sampler_that_is_made_anew_every_epoch_is_the_one_that_is_saved(tmp_path):
    class Reloading(Net):
        def train_dataloader(self):
            self.sampler = mining.RepeatFactorSampler([0] * N)
            data = TensorDataset(torch.zeros(N, 3), torch.zeros(N, dtype=torch.int64))
            return DataLoader(mining.WithIndex(data), sampler=self.sampler, batch_size=8)

    net, callback = Reloading(), MiningCallback()
    fitted(tmp_path, net, None, callback, epochs=2, reload_dataloaders_every_n_epochs=1)
    assert callback.sampler is net.sampler
    assert callback.state_dict()["sampler"]["taken"] == N
