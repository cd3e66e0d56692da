"""Mining in the Trainer of transformers: the same batches, weights and losses as in a plain loop."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.callbacks.transformers import mine

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
N, EPOCHS = 22, 3
DATA = [{"word": row, "labels": row % 3} for row in range(N)]


class Net(torch.nn.Module):
    """A table of logits; keeps which words came together while it was trained."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(N, 3)
        torch.nn.init.zeros_(self.table.weight)
        self.seen = []

    def forward(self, word, labels):
        if self.training:
            self.seen.append(word.tolist())
        logits = self.table(word)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


def arguments(folder, **options):
    quiet = {"report_to": [], "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no", "use_cpu": True}
    plain = {"optim": "sgd", "learning_rate": 5.0, "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
    wanted = {"num_train_epochs": EPOCHS, "per_device_train_batch_size": 8} | quiet | plain | options
    return TrainingArguments(output_dir=str(folder / "out"), **wanted)


def sampled():
    return mining.HardnessSampler(mining.LossHistory(N), seed=2)


def plain_loop():
    net, sampler = Net().train(), sampled()
    optimizer = torch.optim.SGD(net.parameters(), lr=5.0)
    for _ in range(EPOCHS):
        for batch in DataLoader(mining.WithIndex(DATA), sampler=sampler, batch_size=8):
            index = batch.pop("index")
            losses = F.cross_entropy(net(**batch)["logits"], batch["labels"], reduction="none")
            sampler.history.update(index, losses)
            optimizer.zero_grad()
            sampler.reduce(losses, index).backward()
            optimizer.step()
    return net, sampler


def test_the_batches_and_the_model_are_those_of_the_plain_loop(tmp_path):
    net, sampler = Net(), sampled()
    data = {"train_dataset": mining.WithIndex(DATA), "eval_dataset": mining.WithIndex(DATA)}
    trainer = Trainer(net, arguments(tmp_path, eval_strategy="epoch"), **data)
    assert mine(trainer, sampler=sampler) is trainer
    trainer.train()
    assert "eval_loss" in trainer.evaluate()
    twin, other = plain_loop()
    assert net.seen == twin.seen
    assert twin.seen[:3] != twin.seen[3:6] != twin.seen[6:]
    torch.testing.assert_close(net.table.weight, twin.table.weight)
    torch.testing.assert_close(sampler.history.losses, other.history.losses)
    assert sampler.history.counts.tolist() == other.history.counts.tolist(), "evaluation is not taken in"


def test_the_loss_takes_the_place_of_the_model_s_and_hears_of_the_progress(tmp_path):
    loss = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), mining.TopK(0.5))
    heard, tell = [], loss.set_progress
    loss.set_progress = lambda progress: (heard.append(progress), tell(progress))
    net = Net()
    mine(Trainer(net, arguments(tmp_path, num_train_epochs=4), train_dataset=DATA), loss=loss).train()
    assert heard == pytest.approx([step / 12 for step in range(12)])
    assert loss.report().off == "progress 0.92 is outside of 0.1 .. 0.9"


def test_small_batches_that_make_one_step_are_averaged(tmp_path):
    """A first step from zeros on all rows: the gradient of a row is 5 / N x (onehot - 1/3), however it is cut."""
    for size, steps in ((22, 1), (11, 2)):
        net, sampler = Net(), sampled()
        options = {"per_device_train_batch_size": size, "gradient_accumulation_steps": steps, "num_train_epochs": 1}
        mine(
            Trainer(net, arguments(tmp_path, **options), train_dataset=mining.WithIndex(DATA)), sampler=sampler
        ).train()
        wanted = 5 / N * (F.one_hot(torch.arange(N) % 3, 3) - 1 / 3)
        torch.testing.assert_close(net.table.weight.detach(), wanted)


@pytest.mark.parametrize("at", [3, 4, 5])
def test_a_resumed_training_goes_on_with_the_same_batches(tmp_path, at):
    """Broken off after 3 of 9 steps, between two epochs, or within one: after 5 the last batch is drawn already."""
    options = {"save_strategy": "steps", "save_steps": at, "max_steps": at}
    for rest in ({}, {"max_steps": 9, "save_strategy": "no"}):
        net = Net()
        trainer = mine(
            Trainer(net, arguments(tmp_path, **options | rest), train_dataset=mining.WithIndex(DATA)), sampler=sampled()
        )
        trainer.train(resume_from_checkpoint=bool(rest))
    assert net.seen == plain_loop()[0].seen[at:]
    (max((tmp_path / "out").glob("checkpoint-*")) / "mining.pt").unlink()
    with pytest.raises(
        MiningError, match=r"resumes with the state of mining, and there is no .*checkpoint-\d.mining.pt"
    ):
        trainer.train(resume_from_checkpoint=True)


def test_a_training_resumed_from_another_folder_takes_the_state_from_there(tmp_path):
    """The checkpoint was moved, and output_dir holds one of the same step of another training, with seed 7."""
    options = {"save_strategy": "steps", "save_steps": 4, "max_steps": 4}
    for folder, seed in (("ours", 2), ("other", 7)):
        sampler = mining.HardnessSampler(mining.LossHistory(N), seed=seed)
        data = {"train_dataset": mining.WithIndex(DATA)}
        mine(Trainer(Net(), arguments(tmp_path / folder, **options), **data), sampler=sampler).train()
    (tmp_path / "ours" / "out" / "checkpoint-4").rename(tmp_path / "moved")
    net = Net()
    rest = arguments(tmp_path / "other", max_steps=9)
    trainer = mine(Trainer(net, rest, train_dataset=mining.WithIndex(DATA)), sampler=sampled())
    trainer.train(resume_from_checkpoint=str(tmp_path / "moved"))
    assert net.seen == plain_loop()[0].seen[4:]


def test_reports_stand_in_the_log_of_the_training(tmp_path):
    sampler = sampled()
    quiet = {"logging_strategy": "steps", "logging_steps": 3, "eval_strategy": "epoch"}
    data = {"train_dataset": mining.WithIndex(DATA), "eval_dataset": mining.WithIndex(DATA)}
    trainer = mine(Trainer(Net(), arguments(tmp_path, **quiet), **data), sampler=sampler)
    trainer.train()
    logged = [row for row in trainer.state.log_history if "loss" in row]
    assert [row["step"] for row in logged] == [3, 6, 9]
    assert logged[0]["mining/fraction_kept"] == 1
    assert logged[-1]["mining/fraction_kept"] == pytest.approx(sampler.report().fraction_kept)
    assert not any("mining/fraction_kept" in row for row in trainer.state.log_history if "eval_loss" in row)


def test_a_row_without_a_label_is_not_mined(tmp_path):
    data = [row | {"labels": -100 if row["word"] == 5 else row["labels"]} for row in DATA]
    sampler = sampled()
    mine(Trainer(Net(), arguments(tmp_path), train_dataset=mining.WithIndex(data)), sampler=sampler).train()
    assert sampler.history.losses.isnan().nonzero().tolist() == [[5]]


def test_a_sampler_that_deals_to_ranks_itself_is_refused(tmp_path):
    sampler = mining.HardnessSampler(mining.LossHistory(N), rank=0, world_size=2)
    with pytest.raises(
        MiningError, match=r"draws for rank 0 of 2, and the Trainer .* Make the sampler with rank=0, wo"
    ):
        mine(Trainer(Net(), arguments(tmp_path), train_dataset=mining.WithIndex(DATA)), sampler=sampler)


def test_what_cannot_be_mined_is_refused(tmp_path):
    loss = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), mining.TopK(0.5))
    with pytest.raises(MiningError, match="expects either loss= or sampler=; got both, or neither"):
        mine(Trainer(Net(), arguments(tmp_path), train_dataset=DATA))
    own = Trainer(Net(), arguments(tmp_path), train_dataset=DATA, compute_loss_func=lambda *_, **__: 0)
    with pytest.raises(MiningError, match="replaces compute_loss_func"):
        mine(own, loss=loss)
    with pytest.raises(
        MiningError, match=r"a training batch has .* but no 'index'; give the Trainer train_dataset=With"
    ):
        mine(Trainer(Net(), arguments(tmp_path), train_dataset=DATA), sampler=sampled()).train()
