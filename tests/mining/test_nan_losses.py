"""A loss that is NaN: refused, or passed over where mixed precision overflows now and then."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError

nan, inf = float("nan"), float("inf")


def mined(**options):
    cross_entropy = nn.CrossEntropyLoss(reduction="none")
    return mining.HardExampleLoss(cross_entropy, mining.TopK(keep=0.5), start=0, end=1, **options)


def logits_with_an_overflow():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [inf, inf], [0.0, 0.0], [3.0, 0.0]])
    return logits.requires_grad_(), torch.tensor([0, 0, 0, 1, 1])


def test_by_default_it_is_refused_and_the_way_out_is_named():
    with pytest.raises(MiningError, match=r"a loss that is NaN, at position 2 of 5: .*on_nan='skip'"):
        mined()(*logits_with_an_overflow())
    with pytest.raises(MiningError, match="no on_nan 'drop'; there are: raise, skip"):
        mined(on_nan="drop")


def test_skipped_it_counts_nowhere_and_leaves_no_gradient():
    """Losses .13, 1.31, NaN, .69, 3.05: the hardest half of four."""
    logits, targets = logits_with_an_overflow()
    loss_fn = mined(on_nan="skip")
    loss = loss_fn(logits, targets)
    loss.backward()
    good = torch.tensor([0, 1, 3, 4])
    losses = F.cross_entropy(logits.detach()[good], targets[good], reduction="none")
    torch.testing.assert_close(loss, losses[[1, 3]].mean())
    assert logits.grad.isfinite().all()
    assert not logits.grad[[0, 2, 3]].any()
    report = loss_fn.report()
    assert (report.n, report.n_kept, report.n_skipped) == (4, 2, 1)
    assert report.numbers()["n_skipped"] == 1
    torch.testing.assert_close(loss_fn.eval()(logits, targets), losses.mean())


def test_a_batch_of_nothing_else_gives_nan_for_the_scaler_to_skip():
    loss_fn = mined(on_nan="skip")
    assert loss_fn(torch.full((3, 2), nan), torch.zeros(3, dtype=torch.int64)).isnan()
    assert loss_fn.report().off == "no loss is finite"


def test_a_training_in_mixed_precision_survives_an_overflow():
    """One batch of four overflows whole, one in part; the weights stay finite and the others are trained on."""
    torch.manual_seed(0)
    model, scaler = nn.Linear(3, 2), torch.amp.GradScaler("cpu", init_scale=2.0**10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = mining.LossHistory(32, on_nan="skip")
    sampler = mining.HardnessSampler(history, seed=0)
    inputs, targets = torch.randn(32, 3), torch.arange(32) % 2
    inputs[5], inputs[9:13] = inf, nan
    before = model.weight.detach().clone()
    for index in torch.arange(32).split(8):
        losses = F.cross_entropy(model(inputs[index]), targets[index], reduction="none")
        history.update(index, losses)
        loss = sampler.reduce(losses, index)
        assert loss.isfinite()
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    assert model.weight.isfinite().all()
    assert not torch.equal(model.weight, before)
    assert history.n_skipped == 5
    assert history.losses.isnan().nonzero()[:, 0].tolist() == [5, 9, 10, 11, 12]


def test_an_infinite_loss_is_passed_over_by_the_history_alone():
    history = mining.LossHistory(2, on_nan="skip")
    history.update(torch.tensor([0, 1]), torch.tensor([inf, 2.0]))
    assert history.counts.tolist() == [0, 1]
    with pytest.raises(MiningError, match=r"the loss of example 0 is infinite: .*on_nan='skip'"):
        mining.LossHistory(2).update(torch.tensor([0, 1]), torch.tensor([inf, 2.0]))


def test_reduce_may_be_told_what_the_history_was_not():
    sampler = mining.RepeatFactorSampler([0, 0, 1, 1])
    losses, index = torch.tensor([1.0, nan, 3.0]), torch.tensor([0, 1, 2])
    assert sampler.reduce(losses, index, on_nan="skip") == 2
    with pytest.raises(MiningError, match="a loss that is NaN, at position 1 of 3"):
        sampler.reduce(losses, index)


@pytest.mark.parametrize("select", [mining.TopK(), mining.TrimmedTopK(), mining.RankSampling(), mining.SmallLoss(0.5)])
def test_a_selector_may_be_told_to_skip_too(select):
    losses = torch.tensor([nan, 3.0, 1.0, nan, 2.0, 4.0])
    labels = torch.arange(6)
    kept = select(losses, labels=labels, on_nan="skip")
    twin = type(select)(0.5) if isinstance(select, mining.SmallLoss) else type(select)()
    assert kept.tolist() == [[1, 2, 4, 5][position] for position in twin(losses[[1, 2, 4, 5]]).tolist()]
    assert set(select.report().classes) == set(kept.tolist())
    assert select(torch.full((2,), nan), on_nan="skip").tolist() == []


def test_an_infinite_loss_is_skipped_as_a_nan_is():
    logits = torch.tensor([[-torch.inf, 0.0], [2.0, 0.0], [1.0, 0.0], [0.0, 0.0]], requires_grad=True)
    targets = torch.tensor([0, 1, 1, 1])
    loss_fn = mined(on_nan="skip")
    loss = loss_fn(logits, targets)
    good = F.cross_entropy(logits.detach()[1:], targets[1:], reduction="none")
    torch.testing.assert_close(loss.detach(), good.topk(2).values.mean())
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[0].tolist() == [0, 0]
    assert logits.grad.isfinite().all()
    assert loss_fn.report().n_skipped == 1
    losses = torch.tensor([1.0, torch.inf, 3.0, 2.0])
    assert mining.TopK(keep=0.5)(losses, on_nan="skip").tolist() == [2, 3]
    sampler = mining.HardnessSampler(mining.LossHistory(4, on_nan="skip"))
    assert sampler.reduce(losses, torch.arange(4)) == 2


def test_the_weighted_mean_of_an_empty_batch_is_zero_and_has_a_gradient():
    losses = torch.zeros(0, requires_grad=True)
    mean = mining.HardnessSampler(mining.LossHistory(4)).reduce(losses, torch.zeros(0, dtype=torch.int64))
    mean.backward()
    assert mean == 0
