"""Two real processes that talk over gloo: each trains on its half and they plan the next epoch alike."""

import json
import subprocess
import sys
import textwrap

import pytest
import torch

from hem_core import mining

pytestmark = pytest.mark.slow

N = 13
LOSSES = torch.arange(N) * 0.5
WORK = textwrap.dedent("""
    import datetime, json, sys
    import torch
    import torch.distributed as dist
    from hem_core import Recorder, mining
    from hem_core.errors import DataError, MiningError

    folder, rank = sys.argv[1], int(sys.argv[2])
    limit = datetime.timedelta(seconds=60)
    early = {
        "HardnessSampler": mining.HardnessSampler(mining.LossHistory(13)),
        "PrunedSampler": mining.PrunedSampler(mining.LossHistory(13), epochs=10),
        "MixtureSampler": mining.MixtureSampler(13, [1, 4], epochs=10),
        "RepeatFactorSampler": mining.RepeatFactorSampler([0] * 11 + [1, 1]),
    }
    recorder = Recorder(f"{folder}/recording")
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2, timeout=limit)
    history, losses = mining.LossHistory(13, ema=0.5), torch.arange(13) * 0.5
    samplers = {
        "HardnessSampler": mining.HardnessSampler(history, seed=1),
        "PrunedSampler": mining.PrunedSampler(history, epochs=10, seed=1),
        "MixtureSampler": mining.MixtureSampler(13, [1, 4], epochs=10, seed=1),
        "RepeatFactorSampler": mining.RepeatFactorSampler([0] * 11 + [1, 1], threshold=0.5, seed=1),
    }
    refused = {}
    for name, sampler in early.items():
        try:
            list(torch.utils.data.DataLoader(range(13), sampler=sampler))
        except MiningError as error:
            refused[name] = str(error)
    try:
        recorder.log([rank], torch.zeros(1, 2), torch.tensor([0]))
    except DataError as error:
        refused["Recorder"] = str(error)
    drawn, plans = {name: [] for name in samplers}, {name: [] for name in samplers}
    for epoch in range(3):
        for name, sampler in samplers.items():
            sampler.set_epoch(epoch)
            own = list(sampler)
            drawn[name].append(own)
            plans[name].append(sampler.plan().indices.tolist())
            index = torch.tensor(own)
            if sampler.history is not None:
                history.update(index, losses[index] / (epoch + 1))
    history.sync()
    losses_known, counts = history.losses.tolist(), history.counts.tolist()
    history.update(torch.tensor([rank, 12]), torch.tensor([1.0, 2.0 + rank]))
    state = history.state_dict(all_ranks=True)
    if rank == 0:
        torch.save(state, f"{folder}/history.pt")
    dist.barrier()
    saved = torch.load(f"{folder}/history.pt", weights_only=True)
    other = mining.LossHistory(13, ema=0.5)
    other.load_state_dict(saved)
    own = [torch.equal(other.losses, history.losses), torch.equal(other.counts, history.counts)]
    other.sync()
    synced = other.losses.tolist()
    layer, target = torch.nn.Linear(2, 3), torch.tensor([0, 1])
    cross_entropy = torch.nn.CrossEntropyLoss(reduction="none")
    layer.loss = mining.HardExampleLoss(cross_entropy, mining.TrimmedTopK(), start=0, end=1)
    layer.forward = lambda x: layer.loss(torch.nn.functional.linear(x, layer.weight, layer.bias), target)
    shared = torch.nn.parallel.DistributedDataParallel(layer)
    shared(torch.ones(2, 2)).backward()
    model_state = shared.state_dict()
    shared.load_state_dict(model_state, strict=True)
    are_tensors = all(map(torch.is_tensor, model_state.values()))
    resumed = {"own": own, "synced": synced, "strict": are_tensors, "refused": refused}
    found = {"drawn": drawn, "plans": plans, "losses": losses_known, "counts": counts, **resumed}
    with open(f"{folder}/{rank}.json", "w") as file:
        json.dump(found, file)
    dist.destroy_process_group()
""")


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    started = [
        subprocess.Popen([sys.executable, "-c", WORK, str(folder), str(rank)], stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    return [json.loads((folder / f"{rank}.json").read_text()) | {"folder": folder} for rank in range(2)]


@pytest.mark.parametrize("name", ["HardnessSampler", "PrunedSampler", "MixtureSampler", "RepeatFactorSampler"])
def test_both_plan_alike_and_each_takes_its_half(ranks, name):
    first, second = ranks
    assert first["plans"][name] == second["plans"][name]
    for plan, mine, yours in zip(first["plans"][name], first["drawn"][name], second["drawn"][name], strict=True):
        assert [index for pair in zip(mine, yours, strict=True) for index in pair] == plan
        assert len(plan) == len(first["plans"][name][0])


def test_the_first_epoch_of_both_together_is_whole(ranks):
    assert set(ranks[0]["plans"]["HardnessSampler"][0]) == set(range(N))


def test_after_a_sync_both_know_what_each_has_seen(ranks):
    assert ranks[0]["losses"] == ranks[1]["losses"]
    assert ranks[0]["counts"] == ranks[1]["counts"]
    names = ("HardnessSampler", "PrunedSampler")
    seen = [index for rank in ranks for name in names for epoch in rank["drawn"][name] for index in epoch]
    assert ranks[0]["counts"] == [seen.count(index) for index in range(N)]
    for index, loss in enumerate(ranks[0]["losses"]):
        assert LOSSES[index] / 3 - 1e-6 <= loss <= LOSSES[index] + 1e-6


def test_both_prune_by_what_both_have_seen(ranks):
    """HardnessSampler's first epoch has shown all to one of the two; 7 .. 12 are above the mean of 3, 10 are drawn."""
    first, second = (set(rank["drawn"]["PrunedSampler"][0]) for rank in ranks)
    assert set(range(7, N)) <= first | second
    assert len(first) == len(second) == 5
    assert not first & second


@pytest.mark.parametrize("name", ["HardnessSampler", "PrunedSampler", "MixtureSampler", "RepeatFactorSampler"])
def test_a_sampler_made_before_the_process_group_is_refused_when_it_is_iterated(ranks, name):
    for rank, found in enumerate(ranks):
        assert found["refused"][name] == (
            f"{name} was made before torch.distributed was initialised, as rank 0 of 1; this process is rank {rank} of "
            "2: make the sampler after init_process_group (in Lightning: in train_dataloader), or pass "
            f"rank={rank}, world_size=2"
        )


def test_a_recorder_made_before_the_process_group_is_refused(ranks):
    for rank, found in enumerate(ranks):
        text = f"this Recorder was made as rank 0 of 1, and this process is rank {rank} of 2: the ranks would overwrite"
        assert found["refused"]["Recorder"].startswith(text)


def test_every_rank_has_its_own_history_back_from_the_state_that_one_wrote(ranks):
    assert [found["own"] for found in ranks] == [[True, True], [True, True]]
    assert ranks[0]["synced"] == ranks[1]["synced"]


def test_a_state_of_two_ranks_is_shared_where_there_is_one(ranks):
    """Rank 0 saw examples 0 and 12 since the sync, rank 1 examples 1 and 12: as if they had synced."""
    folder = ranks[0]["folder"]
    history = mining.LossHistory(N, ema=0.5)
    history.load_state_dict(torch.load(f"{folder}/history.pt", weights_only=True))
    assert history.losses.tolist() == pytest.approx(ranks[0]["synced"])
    assert sum(history.counts.tolist()) == sum(ranks[0]["counts"]) + 4


def test_the_state_of_a_loss_in_a_ddp_model_is_tensors_and_loads_strictly(ranks):
    assert all(found["strict"] for found in ranks)
