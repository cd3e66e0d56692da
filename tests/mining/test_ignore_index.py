"""A target that is to be ignored counts nowhere: as if its example were not in the batch."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.samplers._class_quota import quota

COUNTS = [50, 30, 20]
LOSSES = {
    "FocalLoss": lambda **options: mining.FocalLoss(alpha=[1.0, 2.0, 3.0], **options),
    "BalancedSoftmaxLoss": lambda **options: mining.BalancedSoftmaxLoss(COUNTS, **options),
    "ClassBalancedLoss": lambda **options: mining.ClassBalancedLoss(COUNTS, beta=0.9, gamma=1, **options),
    "LDAMLoss": lambda **options: mining.LDAMLoss(COUNTS, start=0, **options),
}
every = pytest.mark.parametrize("name", sorted(LOSSES))


def batch(ignored):
    chance = torch.Generator().manual_seed(0)
    return torch.randn(6, 3, generator=chance), torch.tensor([0, ignored, 2, 1, ignored, 0])


@every
@pytest.mark.parametrize(("options", "ignored"), [({}, -100), ({"ignore_index": 255}, 255), ({"ignore_index": 1}, 1)])
@pytest.mark.parametrize("is_training", [True, False])
def test_a_batch_with_ignored_targets_is_the_batch_without_them(name, options, ignored, is_training):
    logits, targets = batch(ignored)
    left = targets != ignored
    for reduction in ("mean", "sum"):
        loss_fn = LOSSES[name](reduction=reduction, **options).train(is_training)
        whole, part = logits.clone().requires_grad_(), logits[left].clone().requires_grad_()
        found, wanted = loss_fn(whole, targets), loss_fn(part, targets[left])
        torch.testing.assert_close(found, wanted)
        found.backward()
        wanted.backward()
        torch.testing.assert_close(whole.grad[left], part.grad)
        assert not whole.grad[~left].any()
    losses = LOSSES[name](reduction="none", **options).train(is_training)(logits, targets)
    assert losses[~left].tolist() == [0.0] * int((~left).sum())


@every
def test_of_ignored_targets_alone_the_mean_is_zero(name):
    logits = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = LOSSES[name]()(logits, torch.tensor([-100, -100]))
    loss.backward()
    assert loss == 0
    assert not logits.grad.any()


@every
def test_a_target_that_is_no_class_is_named_with_the_option(name):
    logits, targets = batch(255)
    with pytest.raises(
        MiningError, match=r"target 255 is not a class in 0 \.\. 2; .* ignore_index=255 \(it is -100 now"
    ):
        LOSSES[name]()(logits, targets)


def test_without_weights_it_is_torch_s_own_mean():
    logits, targets = batch(-100)
    torch.testing.assert_close(mining.FocalLoss(gamma=0)(logits, targets), F.cross_entropy(logits, targets))


@pytest.mark.parametrize("ignored", [-100, 7])
def test_an_ignored_target_is_no_member_of_its_group(ignored):
    logits, targets = batch(ignored)
    groups, left = torch.tensor([0, 0, 0, 1, 1, 1]), targets != ignored
    first, second = (mining.GroupDROLoss([3, 3], step_size=1.0, ignore_index=ignored) for _ in range(2))
    torch.testing.assert_close(first(logits, targets, groups), second(logits[left], targets[left], groups[left]))
    torch.testing.assert_close(first.group_weights, second.group_weights)


def mined(loss_fn, **options):
    return mining.HardExampleLoss(loss_fn, mining.TopK(keep=0.5), start=0, end=1, **options)


def by_lambda(ignored):
    return lambda input, target: F.cross_entropy(input, target, reduction="none", ignore_index=ignored)


@pytest.mark.parametrize(
    ("loss_fn", "ignored", "options"),
    [
        (nn.CrossEntropyLoss(reduction="none", ignore_index=255), 255, {}),
        (nn.CrossEntropyLoss(reduction="none"), -100, {}),
        (by_lambda(255), 255, {"ignore_index": 255}),
        (by_lambda(-100), -100, {}),
        (mining.FocalLoss(gamma=0, reduction="none"), -100, {}),
        (mining.FocalLoss(gamma=0, reduction="none", ignore_index=9), 9, {}),
    ],
)
def test_the_hardest_half_is_of_those_that_count(loss_fn, ignored, options):
    """Four of six count, so two are kept; with the other two it would be three."""
    logits, targets = batch(ignored)
    losses = F.cross_entropy(logits[targets != ignored], targets[targets != ignored], reduction="none")
    found = mined(loss_fn, **options)
    torch.testing.assert_close(found(logits, targets), losses.topk(2).values.mean())
    assert (found.report().n, found.report().n_kept) == (4, 2)
    assert set(found.report().classes) <= {0, 1, 2}
    torch.testing.assert_close(found.eval()(logits, targets), losses.mean())


def test_pixels_are_ignored_too():
    chance = torch.Generator().manual_seed(1)
    logits, targets = torch.randn(2, 3, 4, 4, generator=chance), torch.randint(3, (2, 4, 4), generator=chance)
    targets[:, 0] = 255
    found = mined(by_lambda(255), ignore_index=255)
    losses = F.cross_entropy(logits[:, :, 1:], targets[:, 1:], reduction="none")
    torch.testing.assert_close(found(logits, targets), losses.flatten().topk(12).values.mean())


@pytest.mark.parametrize(
    "loss_fn",
    [
        lambda input, target: F.cross_entropy(input.transpose(1, 2), target, reduction="none"),
        lambda input, target: F.cross_entropy(input.flatten(0, 1), target.flatten(), reduction="none"),
    ],
)
def test_tokens_whose_classes_come_last_are_ignored_too(loss_fn):
    """(B, T, K), as language models give them; three of five tokens of each row count."""
    chance = torch.Generator().manual_seed(1)
    logits, targets = torch.randn(2, 5, 3, generator=chance), torch.randint(3, (2, 5), generator=chance)
    targets[:, 3:] = -100
    losses = F.cross_entropy(logits[:, :3].flatten(0, 1), targets[:, :3].flatten(), reduction="none")
    found = mined(loss_fn)
    torch.testing.assert_close(found(logits, targets), losses.topk(3).values.mean())
    assert found.report().n == 6
    logits[0, 1] = torch.nan
    skipping = mined(loss_fn, on_nan="skip")
    good = losses[[0, 2, 3, 4, 5]]
    torch.testing.assert_close(skipping(logits.requires_grad_(), targets), good.topk(2).values.mean())
    skipping(logits, targets).backward()
    assert logits.grad.isfinite().all()


def test_a_lambda_that_ignores_what_the_loss_does_not_know_of_is_refused():
    logits, targets = batch(255)
    with pytest.raises(
        MiningError, match=r"target 255 is not a class in 0 \.\. 2; .*HardExampleLoss\(…, ignore_index=255"
    ):
        mined(by_lambda(255))(logits, targets)


def test_a_number_to_be_predicted_is_no_class_and_is_not_ignored():
    error = torch.nn.L1Loss(reduction="none")
    found = mined(error)(torch.tensor([0.0, 0.0]), torch.tensor([-100, 3]))
    assert found == 100


def test_what_has_no_label_has_no_class_quota_and_no_repeats():
    """Shares 9/16 and 1/16 have the roots 3 : 1, so .75 and .25 of the labelled 10/16; 6/16 have no label and stay."""
    labels = torch.tensor([0] * 9 + [1] + [-100] * 6)
    _, shares = quota(labels)
    assert shares.tolist() == pytest.approx([6 / 16, 0.75 * 10 / 16, 0.25 * 10 / 16])
    sampler = mining.RepeatFactorSampler(torch.tensor([0] * 7 + [-100]), threshold=1.0)
    assert sampler.factors.tolist() == pytest.approx([(8 / 7) ** 0.5] * 7 + [1.0])
    list(sampler)


def test_the_reference_loss_of_what_has_no_label_is_unknown():
    model, data = nn.Linear(2, 2), [(torch.zeros(2, 2), torch.tensor([0, -100]), torch.tensor([0, 1]))]
    with pytest.warns(UserWarning, match="saw 1 of 2 examples; the other 1 are NaN, and ReducibleLoss takes them last"):
        found = mining.reference_losses(model, data, 2)
    assert found.isnan().tolist() == [False, True]


def test_an_example_without_a_reference_comes_last():
    select = mining.ReducibleLoss(keep=0.5)
    losses, reference = torch.tensor([9.0, 2.0, 0.1, 1.0]), torch.tensor([torch.nan, 0.2, 0.1, 0.4])
    assert select(losses, reference=reference).tolist() == [1, 3]
    assert mining.ReducibleLoss(keep=0.75)(losses, reference=reference).tolist() == [1, 2, 3]
