"""The Trainer of transformers in two real processes: what shards an epoch twice is refused, what is right resumes."""

import json
import textwrap

import pytest

pytestmark = pytest.mark.slow


WORK = textwrap.dedent("""
    import json, os, sys, warnings
    warnings.simplefilter("ignore")
    import torch
    import torch.nn.functional as F
    from torch.utils.data import DataLoader
    from accelerate import Accelerator
    from transformers import Trainer, TrainingArguments
    from hem_core import mining
    from hem_core.errors import MiningError
    from hem_core.mining.callbacks.transformers import mine

    folder, rank, N = sys.argv[1], int(os.environ["RANK"]), 24
    data = mining.WithIndex([{"word": row, "labels": row % 3} for row in range(N)])

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(N, 3)
            torch.nn.init.zeros_(self.table.weight)
            self.seen = []

        def forward(self, word, labels):
            self.seen.append(word.tolist())
            logits = self.table(word)
            return {"loss": F.cross_entropy(logits, labels), "logits": logits}

    def arguments(**options):
        quiet = {"report_to": [], "disable_tqdm": True, "logging_strategy": "no", "use_cpu": True, "seed": 0}
        plain = {"optim": "sgd", "learning_rate": 5.0, "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
        size = {"num_train_epochs": 3, "per_device_train_batch_size": 4, "ddp_backend": "gloo"}
        return TrainingArguments(output_dir=f"{folder}/out", **quiet, **plain, **size, **options)

    def trained(sampler, resumed=None, **options):
        net = Net()
        trainer = mine(Trainer(net, arguments(**options), train_dataset=data), sampler=sampler)
        trainer.train(resume_from_checkpoint=resumed)
        return net

    found = {"refused": {}}
    early = mining.HardnessSampler(mining.LossHistory(N), seed=2)  # one for all, made before the processes met
    arguments()
    for made in (
        mining.HardnessSampler(mining.LossHistory(N)),
        mining.PrunedSampler(mining.LossHistory(N), epochs=3),
        mining.MixtureSampler(N, range(4), epochs=3),
        mining.RepeatFactorSampler([0] * N),
    ):
        try:
            trained(made, save_strategy="no")
        except MiningError as error:
            found["refused"][type(made).__name__] = str(error)
    found["seen"] = trained(early, save_strategy="steps", save_steps=1).seen
    sampler = mining.HardnessSampler(mining.LossHistory(N), seed=2, rank=0, world_size=1)
    found["rest"] = trained(sampler, f"{folder}/out/checkpoint-5", save_strategy="no").seen
    found["losses"] = [each.history.losses.tolist() for each in (early, sampler)]
    found["prepared"] = []
    for place in ({}, {"rank": 0, "world_size": 1}):
        loader = DataLoader(data, sampler=mining.RepeatFactorSampler([0] * N, **place), batch_size=4)
        try:
            found["prepared"].append(mining.check_ranks(Accelerator(cpu=True).prepare(loader)) is loader.sampler)
        except MiningError as error:
            found["prepared"].append(str(error))
    with open(f"{folder}/{rank}.json", "w") as file:
        json.dump(found, file)
    torch.distributed.destroy_process_group()
""")


@pytest.fixture(scope="module")
def ranks(tmp_path_factory, run_twice):
    folder = tmp_path_factory.mktemp("ranks")
    run_twice(WORK, folder)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("name", ["HardnessSampler", "PrunedSampler", "MixtureSampler", "RepeatFactorSampler"])
def test_a_sampler_that_took_its_rank_from_torch_is_refused_with_the_way_out(ranks, name):
    for rank, found in enumerate(ranks):
        text = found["refused"][name]
        assert text.startswith(f"{name} draws for rank {rank} of 2, and the Trainer deals its batches to 2 ranks again")
        assert text.endswith("an epoch would be 1/2 of the data. Make the sampler with rank=0, world_size=1")


def test_a_loader_that_accelerate_prepared_is_checked_too(ranks):
    for rank, found in enumerate(ranks):
        twice, once = found["prepared"]
        assert twice.startswith(
            f"RepeatFactorSampler draws for rank {rank} of 2 and BatchSamplerShard splits its draws"
        )
        assert "accelerate: do not prepare this loader" in twice
        assert once is True


def test_the_ranks_together_draw_an_epoch(ranks):
    first, second = (found["seen"] for found in ranks)
    assert len(first) == len(second) == 9
    assert sorted(index for batch in first[:3] + second[:3] for index in batch) == list(range(24))


def test_a_training_resumed_within_an_epoch_is_the_same_on_every_rank(ranks):
    for found in ranks:
        assert found["rest"] == found["seen"][5:]
        assert found["losses"][0] == found["losses"][1]
