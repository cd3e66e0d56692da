import math

import pytest
import torch
import torch.nn.functional as F

from hem_core import mining
from hem_core.errors import MiningError

LOGITS = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([0, 1, 2, 3, 0, 1, 2])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_gamma_0_is_cross_entropy(reduction):
    losses = mining.FocalLoss(gamma=0, reduction=reduction)(LOGITS, TARGETS)
    torch.testing.assert_close(losses, F.cross_entropy(LOGITS, TARGETS, reduction=reduction))


def test_an_even_split_keeps_a_quarter_of_its_loss_with_gamma_2():
    loss = mining.FocalLoss(gamma=2)(torch.zeros(3, 2), torch.tensor([0, 1, 0]))
    torch.testing.assert_close(loss, torch.tensor(math.log(2) / 4))


def test_alpha_weighs_the_class_of_the_label():
    losses = mining.FocalLoss(gamma=0, alpha=[1, 3], reduction="none")(torch.zeros(2, 2), torch.tensor([0, 1]))
    torch.testing.assert_close(losses, torch.tensor([math.log(2), 3 * math.log(2)]))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_the_gradient_of_a_sure_hit_and_of_a_sure_miss_is_finite(gamma):
    logits = torch.tensor([[1000.0, 0.0], [-1000.0, 0.0], [50.0, 0.0]], requires_grad=True)
    mining.FocalLoss(gamma=gamma)(logits, torch.tensor([0, 0, 0])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_the_gradient_is_that_of_the_formula():
    logits = LOGITS.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: mining.FocalLoss(gamma=1.5, reduction="none")(z, TARGETS), logits)


def test_no_examples_give_no_losses_and_the_mean_0():
    none = torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)
    assert mining.FocalLoss(reduction="none")(*none).shape == (0,)
    assert mining.FocalLoss()(*none) == 0


def test_half_precision_is_counted_in_float32():
    losses = mining.FocalLoss(reduction="none")(LOGITS.bfloat16(), TARGETS)
    assert losses.dtype == torch.float32


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match="gamma must be 0 or more; it is -1"):
        mining.FocalLoss(gamma=-1)
    with pytest.raises(MiningError, match="no reduction 'max'; there are: none, mean, sum"):
        mining.FocalLoss(reduction="max")
    with pytest.raises(MiningError, match=r"alpha must be \(K,\) weights"):
        mining.FocalLoss(alpha=torch.ones(2, 2))
    with pytest.raises(MiningError, match="alpha has 3 weights; the logits have 4 columns"):
        mining.FocalLoss(alpha=[1, 1, 1])(LOGITS, TARGETS)
    with pytest.raises(MiningError, match=r"expected logits \(N, K\) and targets \(N,\) int64; got .* float32"):
        mining.FocalLoss()(LOGITS, TARGETS.float())
