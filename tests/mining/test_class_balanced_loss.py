import math

import pytest
import torch
import torch.nn.functional as F

from hem_core import mining
from hem_core.errors import MiningError

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([0, 1, 2, 0, 1, 2])


def test_the_effective_numbers_of_1_and_2_examples():
    """beta 1/2: 1 example counts 1, 2 count 3/2; weights 1 and 2/3, whose mean over the three examples is 7/9."""
    weights = mining.ClassBalancedLoss([1, 2], beta=0.5).weights
    torch.testing.assert_close(weights, torch.tensor([9 / 7, 6 / 7]))


def test_beta_0_is_cross_entropy_and_beta_1_the_inverse_count():
    same = mining.ClassBalancedLoss([50, 20, 1], beta=0)
    torch.testing.assert_close(same(LOGITS, TARGETS), F.cross_entropy(LOGITS, TARGETS))
    torch.testing.assert_close(mining.ClassBalancedLoss([30, 10], beta=1).weights, torch.tensor([2 / 3, 2.0]))


@pytest.mark.parametrize("beta", [0, 0.9, 0.9999, 1 - 1e-12, 1])
def test_the_weights_have_mean_1_over_the_training_examples(beta):
    counts = torch.tensor([5000, 300, 2])
    weights = mining.ClassBalancedLoss(counts, beta=beta).weights
    assert float((counts * weights).sum() / counts.sum()) == pytest.approx(1, rel=1e-5)


def test_weights_are_in_proportion_to_the_paper_s():
    counts, beta = [5000, 300, 2], 0.999
    weights = mining.ClassBalancedLoss(counts, beta=beta).weights.tolist()
    paper = [(1 - beta) / (1 - beta**n) for n in counts]
    assert [weight / weights[0] for weight in weights] == pytest.approx([each / paper[0] for each in paper], rel=1e-5)


def test_each_loss_is_multiplied_by_the_weight_of_its_class():
    losses = mining.ClassBalancedLoss([3, 1], beta=1, reduction="none")(torch.zeros(2, 2), torch.tensor([0, 1]))
    torch.testing.assert_close(losses, math.log(2) * torch.tensor([2 / 3, 2.0]))


def test_gamma_makes_it_focal():
    counts = [40, 9, 2]
    weighted = mining.ClassBalancedLoss(counts, beta=0.9, gamma=2, reduction="none")
    focal = mining.FocalLoss(gamma=2, reduction="none")(LOGITS, TARGETS)
    torch.testing.assert_close(weighted(LOGITS, TARGETS), weighted.weights[TARGETS] * focal)


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"beta must be in 0 \.\. 1; it is 2"):
        mining.ClassBalancedLoss([1, 1], beta=2)
    with pytest.raises(MiningError, match="class_counts has 2 classes; the logits have 3 columns"):
        mining.ClassBalancedLoss([1, 1])(LOGITS, TARGETS)
