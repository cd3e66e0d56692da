import importlib
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([0, 1, 2, 0, 1, 2])


def test_an_even_split_of_three_to_one():
    """The frequent class has the probability 3/4, the rare one 1/4."""
    losses = mining.BalancedSoftmaxLoss([3, 1], reduction="none")(torch.zeros(2, 2), torch.tensor([0, 1]))
    torch.testing.assert_close(losses, torch.tensor([math.log(4 / 3), math.log(4)]))


def test_it_is_the_share_of_counted_exponentials():
    counts = [100, 10, 1]
    losses = mining.BalancedSoftmaxLoss(counts, reduction="none")(LOGITS, TARGETS)
    for row, label, loss in zip(LOGITS.tolist(), TARGETS.tolist(), losses.tolist(), strict=True):
        weights = [n * math.exp(z) for n, z in zip(counts, row, strict=True)]
        assert loss == pytest.approx(-math.log(weights[label] / sum(weights)), rel=1e-5)


@pytest.mark.parametrize("loss_fn", [mining.BalancedSoftmaxLoss([7, 7, 7]), mining.BalancedSoftmaxLoss([9, 5, 1], 0)])
def test_equal_counts_or_no_strength_are_cross_entropy(loss_fn):
    torch.testing.assert_close(loss_fn(LOGITS, TARGETS), F.cross_entropy(LOGITS, TARGETS))


def test_the_mean_and_the_sum_are_those_of_the_vector():
    none, mean, total = (mining.BalancedSoftmaxLoss([5, 2, 1], reduction=how) for how in ("none", "mean", "sum"))
    torch.testing.assert_close(mean(LOGITS, TARGETS), none(LOGITS, TARGETS).mean())
    torch.testing.assert_close(total(LOGITS, TARGETS), none(LOGITS, TARGETS).sum())


def test_the_counts_are_kept_in_the_state():
    other = mining.BalancedSoftmaxLoss([1, 1, 1])
    other.load_state_dict(mining.BalancedSoftmaxLoss([5, 2, 1]).state_dict())
    torch.testing.assert_close(other(LOGITS, TARGETS), mining.BalancedSoftmaxLoss([5, 2, 1])(LOGITS, TARGETS))


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"class_counts\[1\] is 0; each needs an example"):
        mining.BalancedSoftmaxLoss([3, 0])
    with pytest.raises(MiningError, match="class_counts must be a vector"):
        mining.BalancedSoftmaxLoss(torch.ones(2, 2))
    with pytest.raises(MiningError, match="tau must be 0 or more"):
        mining.BalancedSoftmaxLoss([1, 1], tau=-1)
    with pytest.raises(MiningError, match="class_counts has 2 classes; the logits have 3 columns"):
        mining.BalancedSoftmaxLoss([1, 1])(LOGITS, TARGETS)


def trained(loss_fn, inputs, targets, seed):
    """A small net on all of the long tail in each step, the same for both losses."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(80):
        optimizer.zero_grad()
        loss_fn(net(inputs), targets).backward()
        optimizer.step()
    return net


def test_the_worst_class_of_long_tailed_digits_is_recalled_more_often():
    """Real digits, from 100 examples of a 0 down to 3 of a 9; judged on the rest, all classes alike."""
    digits = importlib.import_module("sklearn.datasets").load_digits()
    inputs, labels = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
    gains = []
    for seed in range(3):
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        rows = [order[labels[order] == k] for k in range(10)]
        sizes = [round(100 * 0.03 ** (k / 9)) for k in range(10)]
        train = torch.cat([row[:n] for row, n in zip(rows, sizes, strict=True)])
        worst = []
        for loss_fn in (nn.CrossEntropyLoss(), mining.BalancedSoftmaxLoss(sizes)):
            net = trained(loss_fn, inputs[train], labels[train], seed)
            hits = [net(inputs[row[100:]]).argmax(dim=1) == k for k, row in enumerate(rows)]
            worst.append(min(hit.float().mean().item() for hit in hits))
        gains.append(worst[1] - worst[0])
    assert min(gains) > 0
    assert sum(gains) / 3 > 0.05
