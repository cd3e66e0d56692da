"""Each sampler on numbers that can be checked in the head, and what is special to it."""

import itertools

import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.samplers._class_quota import quota


def history_of(losses):
    history = mining.LossHistory(len(losses))
    history.update(torch.arange(len(losses)), torch.tensor(losses, dtype=torch.float32))
    return history


def times(sampler, epochs):
    """How often each example came, on average an epoch."""
    counts = torch.zeros(sampler.n)
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        counts += torch.bincount(torch.tensor(list(sampler)), minlength=sampler.n)
    return counts / epochs


@pytest.mark.slow
def test_hard_examples_are_drawn_in_proportion_to_their_loss_and_all_alike():
    sampler = mining.HardnessSampler(history_of([5, 1, 1, 1]), uniform_mix=0.5)
    torch.testing.assert_close(times(sampler, 2000), torch.tensor([1.75, 0.75, 0.75, 0.75]), atol=0.05, rtol=0)


def test_no_example_comes_more_often_than_max_repeat():
    sampler = mining.HardnessSampler(history_of([1000] + [1] * 19), uniform_mix=0.1, max_repeat=3)
    for epoch in range(20):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert drawn.count(0) == 3, "wants 18 of 20"
        assert len(drawn) == 20


def test_the_first_epoch_and_a_mix_of_one_are_permutations_of_weight_one():
    for sampler in (
        mining.HardnessSampler(mining.LossHistory(50)),
        mining.HardnessSampler(history_of(range(50)), uniform_mix=1.0),
    ):
        assert sorted(sampler) == list(range(50))
        losses = torch.rand(7, generator=torch.Generator().manual_seed(0))
        assert torch.equal(sampler.reduce(losses, torch.arange(7)), losses.mean())


def test_an_unseen_example_counts_with_the_mean():
    history = mining.LossHistory(3)
    history.update(torch.tensor([0, 1]), torch.tensor([3.0, 1.0]))
    torch.testing.assert_close(
        mining.HardnessSampler(history, uniform_mix=0.5)._expected(),
        torch.tensor([0.5 + 0.75, 0.5 + 0.25, 0.5 + 0.5], dtype=torch.float64),
    )


@pytest.mark.parametrize("make", ["hardness", "pruned"])
def test_the_weighted_mean_is_on_average_the_plain_mean(make):
    losses = torch.tensor([6.0, 3.0, 1.0, 1.0, 0.5, 0.5] * 20)
    if make == "hardness":
        sampler = mining.HardnessSampler(history_of(losses.tolist()), uniform_mix=0.4)
    else:
        sampler = mining.PrunedSampler(history_of(losses.tolist()), epochs=10**6, prune=0.4)
    gradient = torch.zeros(120)
    for epoch in range(300):
        sampler.set_epoch(epoch)
        index = torch.tensor(list(sampler))
        gradient.index_add_(0, index, sampler.weights[index] / len(index))
    shares = gradient.reshape(20, 6).sum(dim=0) / 300  # (120,) -> (6,), of each loss
    torch.testing.assert_close(shares, torch.full((6,), 1 / 6), atol=0.006, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("make", ["hardness", "pruned"])
def test_the_weighted_mean_of_five_examples_is_unbiased(make):
    """Mean loss 20: weights scaled to mean 1 in every epoch gave 21.6 (hardness) and 14.1 (pruned)."""
    losses = torch.tensor([96.0, 1, 1, 1, 1])
    if make == "hardness":
        sampler = mining.HardnessSampler(history_of(losses.tolist()), uniform_mix=0.3, max_repeat=5)
    else:
        sampler = mining.PrunedSampler(history_of([0, 5, 5, 5, 5]), epochs=10**6, prune=0.4)
    means = []
    for epoch in range(4000):
        sampler.set_epoch(epoch)
        index = torch.tensor(list(sampler))
        means.append(float(sampler.reduce(losses[index], index)))
    found = torch.tensor(means)
    assert abs(float(found.mean()) - 20) < 4 * float(found.std()) / len(found) ** 0.5


def test_a_draw_weighs_at_most_one_over_the_uniform_part():
    sampler = mining.HardnessSampler(history_of([1000] + [0] * 99), uniform_mix=0.25)
    list(sampler)
    assert sampler.weights.max() / sampler.weights[sampler.plan().indices].mean() <= 4.001


def test_class_quotas_go_with_the_root_of_the_natural_share():
    """Shares .9 and .1 have the roots 3 : 1, so .75 and .25; half of the draws are natural, half by quota."""
    labels = torch.tensor([0] * 90 + [1] * 10)
    sampler = mining.HardnessSampler(history_of([1] * 100), class_quota="sqrt", labels=labels)
    drawn = times(sampler, 200)
    assert drawn[90:].sum() == pytest.approx(0.5 * 10 + 0.5 * 25, abs=0.3)
    report = sampler.report()
    assert report.classes[0] + report.classes[1] == 100
    torch.testing.assert_close(sampler.weights, torch.ones(100))
    sampler = mining.HardnessSampler(history_of([1] * 90 + [9] * 10), class_quota="sqrt", labels=labels)
    assert times(sampler, 200)[90:].sum() == pytest.approx(17.5, abs=0.3), "hardness counts within the class alone"


def test_a_quota_is_within_half_and_four_times_the_natural_share():
    """Shares .99 and .01: the roots would give .9087 and .0913, above four times .01; .9087 + .04 = .9487."""
    _, shares = quota(torch.tensor([0] * 990 + [7] * 10))
    assert shares.tolist() == pytest.approx([0.9087 / 0.9487, 0.04 / 0.9487], abs=1e-4)


def test_a_quota_without_labels_is_not_silent():
    with pytest.warns(UserWarning, match="class_quota='sqrt' has no effect without labels: pass labels="):
        mining.HardnessSampler(mining.LossHistory(3), class_quota="sqrt")
    with pytest.raises(MiningError, match="no class quota 'root'; there are: 'sqrt', None"):
        mining.HardnessSampler(mining.LossHistory(3), class_quota="root")
    with pytest.raises(MiningError, match="uniform_mix is above 0"):
        mining.HardnessSampler(mining.LossHistory(3), uniform_mix=0)


@pytest.mark.slow
def test_what_is_hard_is_never_pruned_and_what_is_easy_weighs_more():
    sampler = mining.PrunedSampler(history_of([9, 9, 1, 1, 1, 1, 1, 1]), epochs=10**6, prune=0.375)
    torch.testing.assert_close(
        times(sampler, 2000), torch.tensor([1.0, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), atol=0.05, rtol=0
    )


def test_pruning_ends_with_the_last_eighth_of_the_epochs_and_the_length_stays():
    """Sixteen epochs: 0 .. 13 prune (0 has no losses yet, so prunes uniformly), 14 and 15 sample uniformly."""
    history = mining.LossHistory(20)
    sampler = mining.PrunedSampler(history, epochs=16, prune=0.25)
    history.update(torch.arange(20), torch.tensor([9.0] * 5 + [1.0] * 15))
    for epoch in range(16):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert len(drawn) == len(set(drawn)) == len(sampler) == 15
        assert bool(sampler.report().off) == (epoch >= 14)
        if epoch < 14:
            assert set(range(5)) <= set(drawn)
    assert "epoch 15 is among the last 12.5% of 16, which sample uniformly" in sampler.report().off


def test_at_most_three_quarters_of_the_easy_part_are_pruned_and_the_rest_elsewhere():
    """Two of five are left out: .75 of the one below the mean, 1.25 of the other four, which so keep 2.75 / 4."""
    sampler = mining.PrunedSampler(history_of([0, 5, 5, 5, 5]), epochs=10**6, prune=0.4)
    torch.testing.assert_close(times(sampler, 2000), torch.tensor([0.25] + [0.6875] * 4), atol=0.05, rtol=0)
    assert len(list(mining.PrunedSampler(history_of([0, 0, 0, 0, 5]), epochs=9, prune=0.75))) == 2
    with pytest.raises(MiningError, match=r"prune must be a number in 0 \.\. 0\.75; got 0\.8"):
        mining.PrunedSampler(mining.LossHistory(5), epochs=9, prune=0.8)


def test_losses_that_are_all_alike_prune_all_alike():
    sampler = mining.PrunedSampler(history_of([0.1] * 30), epochs=9, prune=0.5)
    assert len(set(sampler)) == 15
    torch.testing.assert_close(sampler.weights, torch.ones(30))


def test_every_batch_is_half_hard_and_nobody_comes_five_times():
    sampler = mining.MixtureSampler(100, hard=range(20), epochs=8)
    for epoch in range(7):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        for start in range(0, 100, 10):
            assert sum(index < 20 for index in drawn[start : start + 10]) == 5
        counts = torch.bincount(torch.tensor(drawn), minlength=100)
        assert counts[:20].min() >= 2
        assert counts[:20].max() <= 3
        assert counts[20:].max() == 1
    sampler.set_epoch(7)
    assert sorted(sampler) == list(range(100))
    assert sampler.report().off.startswith("epoch 7 is within the last 12.5% of the steps of 8 epochs")


def test_a_small_hard_set_is_repeated_four_times_and_spread_over_the_epoch():
    drawn = list(mining.MixtureSampler(100, hard=[7, 8], epochs=100))
    assert (drawn.count(7), drawn.count(8)) == (4, 4)
    where = [position for position, index in enumerate(drawn) if index in (7, 8)]
    assert where == [12, 24, 37, 49, 62, 74, 87, 99]


def test_the_natural_end_is_cut_within_an_epoch():
    """Three epochs of 80: 12.5% of 240 steps are 30, so the last epoch mixes 50 and is natural for 30."""
    sampler = mining.MixtureSampler(80, hard=range(10), epochs=3)
    for epoch, mixed in enumerate([80, 80, 50]):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert sum(index < 10 for index in drawn[:mixed]) == min(mixed // 2, 40 if mixed == 80 else 30)
        assert len(set(drawn[mixed:])) == 80 - mixed
        assert torch.bincount(torch.tensor(drawn)).max() <= 4


@pytest.mark.parametrize("hard", [[], range(5), [9]])
def test_a_hard_set_is_a_part_of_the_data(hard):
    with pytest.raises(MiningError, match=r"hard must be some of the 5 examples|knows indices 0 \.\. 4; got 9"):
        mining.MixtureSampler(5, hard=torch.tensor(list(hard), dtype=torch.int64), epochs=3)


@pytest.mark.slow
def test_a_rare_class_is_repeated_by_the_root_of_how_rare_it_is():
    """One of a hundred, threshold .0225: sqrt(.0225 / .01) = 1.5, so once or twice an epoch."""
    sampler = mining.RepeatFactorSampler([0] * 99 + [1], threshold=0.0225)
    assert sampler.factors.tolist() == pytest.approx([1.0] * 99 + [1.5])
    assert times(sampler, 1000)[99] == pytest.approx(1.5, abs=0.06)


def test_an_image_has_the_factor_of_its_rarest_class():
    images = [{0}, {0, 1}, [0], (), {0, 2}, {0, 2}, {0}, {0}]
    assert mining.RepeatFactorSampler(images, threshold=0.5).factors.tolist() == pytest.approx(
        [1, 2, 1, 1, 2**0.5, 2**0.5, 1, 1]
    )


def test_repeats_of_an_example_do_not_follow_each_other():
    """Fifty examples three times each: side by side they would make a hundred pairs, in random order two."""
    sampler = mining.HardnessSampler(history_of([9] * 50 + [0] * 250), uniform_mix=0.01, max_repeat=3)
    drawn = list(sampler)
    assert sum(first == second for first, second in itertools.pairwise(drawn)) < 15


def test_a_loss_below_zero_counts_as_none():
    sampler = mining.HardnessSampler(history_of([-5, 1, 1]), uniform_mix=0.5)
    assert sampler._expected().tolist() == [0.5, 1.25, 1.25]
