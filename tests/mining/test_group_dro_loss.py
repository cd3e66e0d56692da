import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError

EVEN = torch.zeros(4, 2)
TARGETS = torch.tensor([0, 1, 0, 1])
GROUPS = torch.tensor([0, 0, 0, 1])


def given(losses, groups):
    """Arguments whose losses are these: the 'logits' are the losses themselves."""
    return torch.tensor(losses), torch.zeros(len(losses), dtype=torch.int64), torch.tensor(groups)


def identity(logits, _targets):
    return logits


def test_the_groups_count_alike_at_first_however_many_examples_they_have():
    """Group 0: mean 2 of (1, 3); group 1: 6. Half of each is 4."""
    loss_fn = mining.GroupDROLoss([5, 5], identity, step_size=0)
    assert loss_fn(*given([1.0, 3.0, 6.0], [0, 0, 1])) == 4


def test_a_weight_grows_by_the_exponential_of_its_group_s_loss():
    """log 3 against 0 at step size 1: the weights become 3/4 and 1/4, and the loss 3/4 log 3."""
    loss_fn = mining.GroupDROLoss([5, 5], identity, step_size=1)
    loss = loss_fn(*given([math.log(3), 0.0], [0, 1]))
    torch.testing.assert_close(loss_fn.group_weights, torch.tensor([0.75, 0.25]))
    torch.testing.assert_close(loss, torch.tensor(0.75 * math.log(3)))


def test_it_is_the_loop_of_the_paper():
    generator = torch.Generator().manual_seed(0)
    loss_fn = mining.GroupDROLoss([9, 4, 1], step_size=0.5)
    weights = [1 / 3] * 3
    for _ in range(5):
        logits, targets = torch.randn(12, 4, generator=generator), torch.randint(4, (12,), generator=generator)
        groups = torch.randint(3, (12,), generator=generator)
        losses = F.cross_entropy(logits, targets, reduction="none")
        means = {g: losses[groups == g].mean().item() for g in set(groups.tolist())}
        weights = [q * math.exp(0.5 * means.get(g, 0)) for g, q in enumerate(weights)]
        weights = [q / sum(weights) for q in weights]
        expected = sum(weights[g] * mean for g, mean in means.items())
        assert loss_fn(logits, targets, groups).item() == pytest.approx(expected, rel=1e-5)
    assert loss_fn.group_weights.tolist() == pytest.approx(weights, rel=1e-5)


def test_the_adjustment_leans_to_the_small_group():
    """Equal losses, adjustments 2 / sqrt 4 = 1 and 2 / sqrt 1 = 2: the weights are as 1 to e."""
    loss_fn = mining.GroupDROLoss([4, 1], identity, step_size=1, adjustment=2)
    loss_fn(*given([1.0, 1.0], [0, 1]))
    torch.testing.assert_close(loss_fn.group_weights, torch.tensor([1 / (1 + math.e), math.e / (1 + math.e)]))


def test_a_group_that_is_not_in_the_batch_keeps_its_weight_in_proportion():
    loss_fn = mining.GroupDROLoss([4, 1, 1], identity, step_size=1, adjustment=2)
    loss_fn(*given([0.0], [0]))
    torch.testing.assert_close(loss_fn.group_weights, torch.tensor([math.e, 1, 1]) / (math.e + 2))


def test_the_mean_is_that_of_the_vector():
    vector = mining.GroupDROLoss([3, 1], reduction="none")(EVEN, TARGETS, GROUPS)
    assert vector.shape == (4,)
    torch.testing.assert_close(vector.mean(), mining.GroupDROLoss([3, 1])(EVEN, TARGETS, GROUPS))


def test_an_absent_group_and_an_infinite_loss_leave_the_weights_finite():
    loss_fn = mining.GroupDROLoss([5, 5, 5], identity, step_size=1)
    loss_fn(*given([math.log(2), torch.inf], [0, 1]))
    torch.testing.assert_close(loss_fn.group_weights, torch.tensor([0.5, 0.25, 0.25]))


def test_judging_moves_no_weight():
    loss_fn = mining.GroupDROLoss([5, 5], identity, step_size=1).eval()
    loss_fn(*given([3.0, 0.0], [0, 1]))
    assert loss_fn.group_weights.tolist() == [0.5, 0.5]


def test_a_resumed_training_has_the_same_weights():
    one, two = mining.GroupDROLoss([5, 5], identity, step_size=1), mining.GroupDROLoss([5, 5], identity)
    one(*given([3.0, 0.0], [0, 1]))
    two.load_state_dict(one.state_dict())
    assert torch.equal(one.group_weights, two.group_weights)
    assert two.report() == one.report()
    assert one.report()["losses"] == [3.0, 0.0]


def test_it_helps_the_group_that_the_mean_forgets():
    """One number, two groups that want other signs; nine to one. The mean learns the nine, group DRO the middle."""
    inputs, groups = torch.ones(100, 1), (torch.arange(100) % 10 == 0).long()
    worst = []
    for loss_fn in (None, mining.GroupDROLoss(torch.bincount(groups), step_size=0.1)):
        head = nn.Linear(1, 2, bias=False)
        nn.init.zeros_(head.weight)
        optimizer = torch.optim.SGD(head.parameters(), lr=0.5)
        for _ in range(300):
            logits = head(inputs)
            loss = F.cross_entropy(logits, groups) if loss_fn is None else loss_fn(logits, groups, groups)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        worst.append(F.cross_entropy(head(inputs)[groups == 1], groups[groups == 1]).item())
    assert worst[0] > 2
    assert worst[1] < 0.8


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"got \(\) and \(4,\) int64; pass reduction='none'"):
        mining.GroupDROLoss([3, 1], nn.CrossEntropyLoss())(EVEN, TARGETS, GROUPS)
    with pytest.raises(
        MiningError, match=r"expected losses \(N,\) and groups \(N,\) int64; got \(4,\) and \(3,\) int64"
    ):
        mining.GroupDROLoss([3, 1])(EVEN, TARGETS, GROUPS[:3])
    with pytest.raises(MiningError, match=r"group_counts\[1\] is 0"):
        mining.GroupDROLoss([3, 0])
    with pytest.raises(MiningError, match="step_size and adjustment must be 0 or more; they are -1, 0"):
        mining.GroupDROLoss([3, 1], step_size=-1)
