"""Two real processes that talk over gloo: each trains on its half and they plan the next epoch alike."""

import json
import subprocess
import sys
import textwrap

import pytest
import torch

N = 13
LOSSES = torch.arange(N) * 0.5
WORK = textwrap.dedent("""
    import datetime, json, sys
    import torch
    import torch.distributed as dist
    from hem_core import mining

    folder, rank = sys.argv[1], int(sys.argv[2])
    limit = datetime.timedelta(seconds=60)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2, timeout=limit)
    history, losses = mining.LossHistory(13, ema=0.5), torch.arange(13) * 0.5
    samplers = {
        "HardnessSampler": mining.HardnessSampler(history, seed=1),
        "PrunedSampler": mining.PrunedSampler(history, epochs=10, seed=1),
        "MixtureSampler": mining.MixtureSampler(13, [1, 4], epochs=10, seed=1),
        "RepeatFactorSampler": mining.RepeatFactorSampler([0] * 11 + [1, 1], threshold=0.5, seed=1),
    }
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
    found = {"drawn": drawn, "plans": plans, "losses": history.losses.tolist(), "counts": history.counts.tolist()}
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
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


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
