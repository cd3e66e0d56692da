"""Lightning's DDP in two real processes: what shards an epoch twice is refused, what is right resumes as it was."""

import json
import textwrap

import pytest

pytestmark = pytest.mark.slow


WORK = textwrap.dedent("""
    import json, os, sys, warnings
    warnings.simplefilter("ignore")
    import torch
    import torch.nn.functional as F
    from torch.utils.data import DataLoader, TensorDataset
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.callbacks import ModelCheckpoint
    from hem_core import mining
    from hem_core.errors import MiningError
    from hem_core.mining.callbacks.lightning import MiningCallback

    folder, rank, N = sys.argv[1], int(os.environ["RANK"]), 24
    data = TensorDataset(torch.randn(N, 3, generator=torch.Generator().manual_seed(0)), torch.arange(N) % 4)

    class Net(LightningModule):
        def __init__(self, sampler=None):
            super().__init__()
            torch.manual_seed(0)
            self.layer, self.sampler, self.seen, self.history = torch.nn.Linear(3, 4), sampler, [], None

        def train_dataloader(self):
            if self.sampler is None:
                self.history = mining.LossHistory(N)
                self.sampler = mining.HardnessSampler(self.history, seed=3)
            return DataLoader(mining.WithIndex(data), sampler=self.sampler, batch_size=4)

        def training_step(self, batch, _):
            x, y, index = batch
            self.seen.append(index.tolist())
            losses = F.cross_entropy(self.layer(x), y, reduction="none")
            if self.history is not None:
                self.history.update(index, losses)
            return self.sampler.reduce(losses, index)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.5)

    def fit(net, resumed=None, **options):
        saved = ModelCheckpoint(folder, filename="{step}", every_n_train_steps=1, save_top_k=-1)
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = Trainer(accelerator="cpu", strategy="ddp", devices=2, max_epochs=3, default_root_dir=folder,
                          callbacks=[MiningCallback(), saved], **quiet, **options)
        trainer.fit(net, ckpt_path=resumed)
        return trainer

    def refusal(*arguments, **options):
        try:
            fit(*arguments, **options)
        except MiningError as error:
            return str(error)

    found = {}
    early = mining.RepeatFactorSampler([0] * N)
    found["made too early"] = refusal(Net(early), use_distributed_sampler=False)
    found["made too early, and dealt"] = refusal(Net(early))
    found["dealt twice"] = {}
    for made in (
        mining.HardnessSampler(mining.LossHistory(N)),
        mining.PrunedSampler(mining.LossHistory(N), epochs=3),
        mining.MixtureSampler(N, range(4), epochs=3),
        mining.RepeatFactorSampler([0] * N),
    ):
        found["dealt twice"][type(made).__name__] = refusal(Net(made))
    whole = Net()
    fit(whole, use_distributed_sampler=False)
    found |= {"seen": whole.seen, "losses": whole.history.losses.tolist(), "counts": whole.history.counts.tolist()}
    rest = Net()
    fit(rest, resumed=f"{folder}/step=5.ckpt", use_distributed_sampler=False)
    found |= {"rest": rest.seen, "rest_losses": rest.history.losses.tolist()}
    found["weights"] = [net.layer.weight.tolist() for net in (whole, rest)]
    with open(f"{folder}/{rank}.json", "w") as file:
        json.dump(found, file)
""")


@pytest.fixture(scope="module")
def ranks(tmp_path_factory, run_twice):
    folder = tmp_path_factory.mktemp("ranks")
    run_twice(WORK, folder)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def test_a_sampler_made_before_the_ranks_were_known_is_refused_with_the_way_out(ranks):
    for rank, found in enumerate(ranks):
        assert (
            f"RepeatFactorSampler was made as rank 0 of 1; this process is rank {rank} of 2" in found["made too early"]
        )
        assert "in Lightning: in train_dataloader" in found["made too early"]
        assert "use_distributed_sampler=False" in found["made too early, and dealt"]


@pytest.mark.parametrize("name", ["HardnessSampler", "PrunedSampler", "MixtureSampler", "RepeatFactorSampler"])
def test_an_epoch_dealt_twice_is_refused_with_the_way_out(ranks, name):
    for rank, found in enumerate(ranks):
        text = found["dealt twice"][name]
        assert text.startswith(
            f"{name} draws for rank {rank} of 2 and DistributedSamplerWrapper splits its draws between 2"
        )
        assert "an epoch would be 1/2 of the data" in text
        assert "Trainer(use_distributed_sampler=False)" in text


def test_the_ranks_together_draw_an_epoch(ranks):
    first, second = (found["seen"] for found in ranks)
    assert len(first) == len(second) == 9
    epoch = [index for batch in first[:3] + second[:3] for index in batch]
    assert sorted(epoch) == list(range(24))


def test_a_training_resumed_within_an_epoch_is_the_same_on_every_rank(ranks):
    """Saved by rank 0 after 5 of 9 steps, in the middle of epoch 1; every rank has its own history back."""
    for found in ranks:
        assert found["rest"] == found["seen"][5:]
        assert found["rest_losses"] == found["losses"]
        assert found["weights"][0] == found["weights"][1]
    assert ranks[0]["counts"] != ranks[1]["counts"], "since the last sync each has seen its own part"
