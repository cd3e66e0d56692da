"""Each selector on numbers that can be checked in the head, and against a naive loop."""

import random

import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

LOSSES = torch.tensor([0.1, 9.0, 0.7, 0.2, 0.7])


def random_losses(n, seed):
    chance = random.Random(seed)
    return [chance.choice([0.0, 0.5, 1.0, 2.0, chance.random()]) for _ in range(n)]


@pytest.mark.parametrize(
    ("keep", "drop_top", "kept"),
    [(0.4, 0, [1, 2]), (0.6, 0, [1, 2, 4]), (0.4, 0.2, [2, 4]), (0.0, 0, [1]), (1.0, 0.2, [0, 2, 3, 4]), (1, 1, [0])],
)
def test_top_k_of_five(keep, drop_top, kept):
    assert mining.TopK(keep, drop_top)(LOSSES).tolist() == kept


def test_top_k_is_the_naive_loop_s_with_ties_to_the_lower_position():
    for seed in range(20):
        losses = random_losses(n := 3 + seed, seed)
        ranked = sorted(range(n), key=lambda index: (-losses[index], index))
        wanted = sorted(ranked[round(0.1 * n) :][: max(1, round(0.3 * n))])
        assert mining.TopK(0.3, 0.1)(torch.tensor(losses)).tolist() == wanted


def test_a_trimmed_batch_without_a_tail_loses_nothing_where_top_k_drops_its_hardest():
    select = mining.TrimmedTopK(keep=0.5, trim=0.25)
    select(torch.tensor([5.0, 6.0, 7.0, 8.0]))
    calm = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert select(calm).tolist() == [2, 3]
    assert mining.TopK(keep=0.5, drop_top=0.25)(calm).tolist() == [1, 2]


def test_the_window_forgets():
    select = mining.TrimmedTopK(keep=1, trim=0.25, window=4)
    select(torch.tensor([5.0, 6.0, 7.0, 8.0]))
    assert select(torch.tensor([1.0, 2.0, 3.0, 4.0])).tolist() == [0, 1, 2], "4 of the last four is trimmed"


@pytest.mark.slow
def test_rank_sampling_keeps_each_rank_as_often_as_its_power_says():
    select = mining.RankSampling(power=2, window=4, seed=1)
    times = torch.zeros(4)
    for _ in range(4000):
        times[select(torch.tensor([1.0, 2.0, 3.0, 4.0]))] += 1
    torch.testing.assert_close(times / 4000, torch.tensor([1 / 16, 4 / 16, 9 / 16, 1.0]), atol=0.03, rtol=0)


def test_rank_sampling_compares_with_the_batches_before():
    select = mining.RankSampling(power=1000)
    select(torch.full((9,), 10.0))
    assert select(torch.tensor([1.0, 2.0])).tolist() == [1], "nobody is drawn at 2 / 11, so the hardest is kept"
    assert len(select(torch.tensor([10.0, 11.0, 1.0]))) == 1, "(12 / 14) ** 1000 is never drawn"


def test_reducible_loss_leaves_out_what_nobody_can_learn():
    losses, reference = torch.tensor([9.0, 1.0, 0.5, 0.0]), torch.tensor([9.0, 0.2, 0.5, 0.1])
    assert mining.ReducibleLoss(keep=0.25)(losses, reference=reference).tolist() == [1]
    with pytest.raises(MiningError, match=r"ReducibleLoss expects reference=\(B,\).*got none: pass reference="):
        mining.ReducibleLoss()(losses)


@pytest.mark.parametrize(("progress", "n"), [(0.0, 5), (0.05, 4), (0.1, 3), (0.7, 3), (None, 3)])
def test_small_loss_forgets_more_and_more_until_the_ramp_ends(progress, n):
    kept = mining.SmallLoss(keep=0.6, ramp=0.1)(LOSSES, progress=progress)
    assert kept.tolist() == sorted([0, 3, 2, 4, 1][:n])


@pytest.mark.parametrize(
    ("min_loss", "min_kept", "kept"), [(0.7, 1, [1, 2, 4]), (99, 2, [1, 2]), (99, 9, [0, 1, 2, 3, 4])]
)
def test_threshold_of_five(min_loss, min_kept, kept):
    assert mining.Threshold(min_loss, min_kept=min_kept)(LOSSES).tolist() == kept


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: mining.TopK(keep=1.5), r"keep must be a number in 0 \.\. 1; got 1\.5"),
        (lambda: mining.TopK(drop_top=-1), "drop_top must be a number"),
        (lambda: mining.TopK(noise=7), "noise must be a number"),
        (lambda: mining.TrimmedTopK(trim=2), "trim must be a number"),
        (lambda: mining.TrimmedTopK(window=0), "window must be a whole number of at least 1; got 0"),
        (lambda: mining.RankSampling(power=-1), r"power must be a number in 0 \.\. inf"),
        (lambda: mining.SmallLoss(ramp=2), "ramp must be a number"),
        (lambda: mining.Threshold(1, min_kept=0.5), r"min_kept must be a whole number of at least 1; got 0\.5"),
    ],
)
def test_an_option_outside_of_its_range_is_named(make, text):
    with pytest.raises(MiningError, match=text):
        make()
