"""What every sampler promises; an author of one tests only what is special to it."""

import itertools
import warnings

import pytest
import torch
from torch.utils.data import DataLoader

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.samplers._epoch_sampler import EpochSampler

N = 40
LABELS = torch.tensor([0] * 30 + [1] * 10)


def history():
    known = mining.LossHistory(N)
    known.update(torch.arange(N), torch.tensor([0.1 * (index % 10) ** 2 for index in range(N)]))
    return known


MINES = {
    "HardnessSampler": lambda **options: mining.HardnessSampler(history(), labels=LABELS, **options),
    "PrunedSampler": lambda **options: mining.PrunedSampler(history(), epochs=80, labels=LABELS, **options),
    "MixtureSampler": lambda **options: mining.MixtureSampler(N, range(8), epochs=80, labels=LABELS, **options),
    "RepeatFactorSampler": lambda **options: mining.RepeatFactorSampler(LABELS, threshold=0.5, **options),
}
IS_NATURAL = {
    "HardnessSampler": lambda **options: mining.HardnessSampler(history(), uniform_mix=1.0, **options),
    "PrunedSampler": lambda **options: mining.PrunedSampler(history(), epochs=80, prune=0.0, **options),
    "MixtureSampler": lambda **options: mining.MixtureSampler(N, range(8), epochs=80, natural_last=1.0, **options),
    "RepeatFactorSampler": lambda **options: mining.RepeatFactorSampler(LABELS, threshold=0.0, **options),
}
MINED = {  # what each draws more of, or never leaves out, and what not
    "HardnessSampler": (9, 0),
    "PrunedSampler": (9, 0),
    "MixtureSampler": (3, 30),
    "RepeatFactorSampler": (35, 3),
}
every = pytest.mark.parametrize("name", sorted(MINES))


def drawn(sampler, epoch=0):
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_sampler_is_in_the_list():
    found = {name for name in mining.names() if isinstance(getattr(mining, name), type)}
    assert {name for name in found if issubclass(getattr(mining, name), EpochSampler)} == set(MINES) == set(IS_NATURAL)


@every
def test_the_same_seed_epoch_and_rank_give_the_same_indices(name):
    assert drawn(MINES[name](seed=3), 2) == drawn(MINES[name](seed=3), 2)
    assert drawn(MINES[name](seed=3), 2) != drawn(MINES[name](seed=4), 2)
    assert drawn(MINES[name](seed=3), 2) != drawn(MINES[name](seed=3), 1)
    assert drawn(MINES[name](seed=0), 1) != drawn(MINES[name](seed=1), 0)


@every
def test_an_epoch_under_way_keeps_its_plan_and_the_next_follows_by_itself(name):
    sampler = MINES[name]()
    first = drawn(sampler, 0)
    if sampler.history is not None:
        sampler.history.update(torch.arange(N), torch.arange(N, 0, -1.0))
    sampler.set_epoch(0)
    assert list(sampler) == first
    second = list(sampler)
    assert sampler.epoch == 1
    assert second != first


@every
def test_an_epoch_that_is_broken_off_is_followed_by_the_next_one(name):
    """As with `limit_train_batches`, and nobody calls set_epoch: five draws an epoch, and not the same five."""
    sampler, wanted = MINES[name](), MINES[name]()
    parts = [list(itertools.islice(sampler, 5)) for _ in range(3)]
    assert parts == [drawn(wanted, epoch)[:5] for epoch in range(3)]
    sampler.set_epoch(1)
    assert list(sampler) == drawn(wanted, 1), "unless set_epoch says which"


@every
@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
def test_ranks_are_disjoint_together_whole_and_take_as_many(name, world_size):
    ranks = [MINES[name](rank=rank, world_size=world_size) for rank in range(world_size)]
    parts = [drawn(sampler, 5) for sampler in ranks]
    assert {len(part) for part in parts} == {len(ranks[0])} == {ranks[0].total // world_size}
    plan = ranks[0].plan().indices.tolist()
    assert plan == ranks[-1].plan().indices.tolist()
    assert sorted(index for part in parts for index in part) == sorted(plan)
    assert [part[0] for part in parts] == plan[:world_size]
    natural = [drawn(IS_NATURAL[name](rank=rank, world_size=world_size), 5) for rank in range(world_size)]
    together = sorted(index for part in natural for index in part)
    assert set(together) == set(range(N))
    assert len(together) - N < world_size, "filled up so that all take as many"


@every
def test_without_mining_it_is_a_permutation_of_weight_one(name):
    sampler = IS_NATURAL[name]()
    assert sorted(drawn(sampler)) == list(range(N))
    losses = torch.rand(N, generator=torch.Generator().manual_seed(1), requires_grad=True)
    weighed = sampler.reduce(losses, torch.arange(N))
    assert torch.equal(weighed, losses.mean())
    (gradient,) = torch.autograd.grad(weighed, losses)
    assert torch.equal(gradient, torch.autograd.grad(losses.mean(), losses)[0])


@every
def test_no_global_random_number_is_drawn(name):
    torch.manual_seed(4)
    before = torch.get_rng_state()
    sampler = MINES[name]()
    sampler.reduce(torch.rand(3, generator=torch.Generator()), torch.tensor(drawn(sampler)[:3]))
    assert torch.equal(torch.get_rng_state(), before)


@every
def test_the_weights_have_mean_one_in_expectation(name):
    """Not in every epoch: scaled to that, hard examples would count too little or too much (a ratio's bias)."""
    sampler = MINES[name]()
    assert torch.equal(sampler.weights, torch.ones(N)), "before the first epoch"
    means = []
    for epoch in range(60):
        index = torch.tensor(drawn(sampler, epoch))
        means.append(float(sampler.reduce(torch.ones(len(index)), index)))
        assert means[-1] == pytest.approx(1, abs=0.15)
        assert sampler.weights.min() > 0
    assert sum(means) / 60 == pytest.approx(1, abs=0.01)


@every
def test_reduce_is_the_naive_weighted_mean(name):
    sampler = MINES[name]()
    index = torch.tensor(drawn(sampler)[:6])
    losses = torch.tensor([1.0, 2, 3, 4, 5, 6])
    wanted = sum(sampler.weights[i].item() * loss for i, loss in zip(index.tolist(), losses.tolist(), strict=True)) / 6
    assert sampler.reduce(losses, index) == pytest.approx(wanted)
    with pytest.raises(MiningError, match=f"{name} .*got a scalar: pass reduction='none'"):
        sampler.reduce(losses.mean(), index)
    with pytest.raises(MiningError, match="an index for each loss; got 2, 6"):
        sampler.reduce(losses, index[:2])
    with pytest.raises(MiningError, match=r"knows indices 0 \.\. 39; got 40"):
        sampler.reduce(losses[:1], torch.tensor([N]))


@every
def test_the_length_stays_whatever_the_losses_do(name):
    sampler = MINES[name]()
    loader = DataLoader(mining.WithIndex(torch.arange(N)), sampler=sampler, batch_size=7)
    for epoch in range(81):
        sampler.set_epoch(epoch)
        assert sum(1 for _ in loader) == len(loader)
        if sampler.history is not None:
            index = torch.arange(epoch % N)
            sampler.history.update(index, index * 10.0**-epoch)


@every
@pytest.mark.parametrize("at", [0, 5, 17])
def test_the_state_resumes_to_the_same_selection(name, at, tmp_path):
    """Broken off after 17 of an epoch, or between two: the epoch begins again, or the next one comes, and all after."""
    first, second = MINES[name](seed=9), MINES[name](seed=9)
    began = iter(first) if at else iter(())
    before = [next(began) for _ in range(at)] if at != 5 else list(began)
    if first.history is not None:
        first.history.update(torch.tensor(before, dtype=torch.int64), torch.ones(len(before)) * 7)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    resumed = list(second)
    assert resumed[:at] == before or at == 5
    first.set_epoch(1 if at == 5 else 0)
    assert resumed == list(first)
    assert list(second) == list(first)
    assert torch.equal(second.weights, first.weights)


@every
@pytest.mark.parametrize("sets_epoch", [False, True])
def test_a_state_saved_within_an_epoch_resumes_after_the_draws_that_were_counted(name, sets_epoch, tmp_path):
    """The DataLoader has drawn 3 batches of 6 ahead; the training took 2 of them before the state was saved."""
    first, second = MINES[name](seed=9), MINES[name](seed=9)
    whole = drawn(MINES[name](seed=9))
    ahead = iter(first)
    assert [next(ahead) for _ in range(18)] == whole[:18]
    for _batch in range(2):
        first.advance(6)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    if sets_epoch:
        second.set_epoch(0)
    assert list(second) == whole[12:]
    assert list(second) == drawn(MINES[name](seed=9), 1), "the next epoch is whole"
    assert len(second) == len(first)


@every
def test_an_epoch_that_was_counted_to_its_end_is_followed_by_the_next(name):
    first, second = MINES[name](), MINES[name]()
    first.advance(len(list(first)))
    second.load_state_dict(first.state_dict())
    assert list(second) == drawn(MINES[name](), 1)


@every
def test_a_state_of_other_data_or_ranks_is_refused(name):
    sampler = MINES[name]()
    list(sampler)
    other = mining.MixtureSampler(7, [1], epochs=3)
    with pytest.raises(MiningError, match=r"this MixtureSampler draws 7 of 7 examples; the state has \d+ of 40"):
        other.load_state_dict(sampler.state_dict())


@every
def test_the_report_is_what_a_loop_counts(name):
    sampler = MINES[name]()
    with pytest.raises(MiningError, match=f"{name} has drawn nothing yet"):
        sampler.report()
    index = drawn(sampler)
    report = sampler.report()
    assert report.fraction_kept == len(set(index)) / N
    assert report.classes == {label: sum(int(LABELS[i]) == label for i in index) for label in (0, 1)}
    if sampler.history is not None:
        losses = sampler.history.losses.tolist()
        assert report.mean_loss_kept == pytest.approx(sum(losses[i] for i in index) / len(index))
        left = [losses[i] for i in range(N) if i not in index]
        assert report.mean_loss_dropped == (
            pytest.approx(sum(left) / len(left)) if left else pytest.approx(float("nan"), nan_ok=True)
        )


@every
def test_an_estimated_noise_above_a_fifth_turns_it_off_and_says_so(name):
    sampler = MINES[name](noise=0.21)
    with pytest.warns(UserWarning, match=f"{name} is off and mines nothing: 21% of what it would pick is estimated"):
        index = drawn(sampler)
    times = torch.bincount(torch.tensor(index), minlength=N)
    assert times.max() - times.min() <= 1
    assert torch.equal(sampler.weights, torch.ones(N))
    assert sampler.report().off.startswith(f"{name} is off")
    assert len(index) == len(MINES[name]())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(sampler, 1)
        assert sampler.report().off, "said in every report, warned of once"
        calm = MINES[name](noise=0.2)
        assert drawn(calm) == drawn(MINES[name]())
        assert (calm.report().noise, calm.report().off) == (0.2, "")


@every
def test_it_is_the_noise_of_what_is_mined_that_counts(name):
    hard, easy = MINED[name]
    of_hard = torch.tensor([1.0 if index % 10 == hard % 10 or name[0] in "MR" else 0.0 for index in range(N)])
    if name == "MixtureSampler":
        of_hard = (torch.arange(N) < 8).float()
    if name == "RepeatFactorSampler":
        of_hard = LABELS.float()
    assert (of_hard[hard], of_hard[easy]) == (1, 0)
    with pytest.warns(UserWarning, match=f"{name} is off"):
        drawn(sampler := MINES[name](noise=of_hard))
    assert sampler.report().noise > 0.2
    calm = MINES[name](noise=0.3 * (torch.arange(N) == easy).float())
    assert drawn(calm) == drawn(MINES[name]())
    assert calm.report().noise < 0.01


@every
def test_what_it_cannot_work_with_is_named(name):
    for options, text in [
        ({"rank": 1}, "pass both rank and world_size, or neither; got rank=1, world_size=None"),
        ({"rank": 2, "world_size": 2}, r"rank must be in 0 \.\. 1 \(world_size - 1\); got 2"),
        ({"noise": 3}, "noise must be a number"),
        ({"noise": torch.zeros(3)}, r"noise must have one value per example, \(40,\); got shape \(3,\)"),
        ({"noise": torch.full((N,), torch.nan)}, r"noise must be a probability in 0 \.\. 1"),
    ]:
        with pytest.raises(MiningError, match=text):
            MINES[name](**options)
    with pytest.raises(MiningError, match="epoch must be a whole number of at least 0; got -1"):
        MINES[name]().set_epoch(-1)


def test_draws_that_never_come_back_are_warned_of_where_there_are_ranks():
    """As under a wrapper that deals rank 0's half once more; half of the other rank's draws are counted in, too."""
    known = mining.LossHistory(N)
    sampler = mining.HardnessSampler(known, rank=0, world_size=2)
    own = drawn(sampler)
    known.update(torch.tensor(own), torch.ones(20))
    with pytest.warns(
        UserWarning, match=r"of the 40 draws of the last epoch 20 reached .* mining\.check_ranks\(loader\)"
    ):
        drawn(sampler, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(sampler, 2)
        whole = mining.HardnessSampler(known, rank=0, world_size=2)
        plan = whole.plan().indices
        list(whole)
        known.update(plan, torch.ones(40))
        drawn(whole, 1)
        next(iter(whole))
        drawn(whole, 3)
