import math

import pytest
import torch
import torch.nn.functional as F

from hem_core import mining
from hem_core.errors import MiningError

EVEN = torch.zeros(2, 2)
BOTH = torch.tensor([0, 1])


def test_a_sixteenth_of_the_examples_asks_twice_the_margin():
    torch.testing.assert_close(mining.LDAMLoss([160, 10]).margins, torch.tensor([0.25, 0.5]))


def test_the_margin_is_taken_from_the_label_s_logit_before_the_scale():
    """Even logits less a margin of 1/4 or 1/2, times 4: a gap of 1 or 2."""
    losses = mining.LDAMLoss([160, 10], scale=4, reduction="none")(EVEN, BOTH)
    torch.testing.assert_close(losses, torch.tensor([math.log(1 + math.e), math.log(1 + math.e**2)]))


def test_without_margin_it_is_scaled_cross_entropy():
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 1, 2, 0, 1])
    loss = mining.LDAMLoss([9, 5, 2], max_margin=0, scale=3)(logits, targets)
    torch.testing.assert_close(loss, F.cross_entropy(3 * logits, targets))


def test_the_weights_come_on_at_the_start_and_not_before():
    loss_fn = mining.LDAMLoss([3, 1], beta=1, start=0.8, reduction="none")
    plain = loss_fn(EVEN, BOTH)
    loss_fn.set_progress(0.79)
    assert torch.equal(loss_fn(EVEN, BOTH), plain)
    loss_fn.set_progress(0.8)
    torch.testing.assert_close(loss_fn(EVEN, BOTH), plain * torch.tensor([2 / 3, 2.0]))


def test_epochs_count_from_0():
    loss_fn = mining.LDAMLoss([3, 1], beta=1, reduction="none")
    before = loss_fn(EVEN, BOTH)
    loss_fn.set_epoch(7, 10)
    assert torch.equal(loss_fn(EVEN, BOTH), before)
    loss_fn.set_epoch(8, 10)
    assert not torch.equal(loss_fn(EVEN, BOTH), before)


def test_a_start_of_1_never_weighs():
    loss_fn = mining.LDAMLoss([3, 1], beta=1, start=1, reduction="none")
    before = loss_fn(EVEN, BOTH)
    loss_fn.set_progress(1)
    assert torch.equal(loss_fn(EVEN, BOTH), before)


def test_a_resumed_training_goes_on_with_the_weights():
    late, other = mining.LDAMLoss([3, 1], beta=1), mining.LDAMLoss([3, 1], beta=1)
    late.set_progress(0.9)
    other.load_state_dict(late.state_dict())
    assert torch.equal(other(EVEN, BOTH), late(EVEN, BOTH))
    assert not torch.equal(other(EVEN, BOTH), mining.LDAMLoss([3, 1], beta=1)(EVEN, BOTH))


def test_in_eval_mode_it_is_scaled_cross_entropy():
    loss_fn = mining.LDAMLoss([160, 10]).eval()
    loss_fn.set_progress(1)
    torch.testing.assert_close(loss_fn(EVEN, BOTH), torch.tensor(math.log(2)))


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"progress is the share of the training that is done, in 0 \.\. 1; it is 3"):
        mining.LDAMLoss([3, 1]).set_progress(3)
    with pytest.raises(MiningError, match="max_margin must be 0 or more and scale above 0"):
        mining.LDAMLoss([3, 1], scale=0)
    with pytest.raises(MiningError, match=r"start must be in 0 \.\. 1; it is 40"):
        mining.LDAMLoss([3, 1], start=40)
