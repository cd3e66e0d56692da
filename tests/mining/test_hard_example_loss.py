"""HardExampleLoss: the mean of what is kept, and when that is all."""

import pytest
import torch
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError


def made(**options):
    return mining.HardExampleLoss(nn.L1Loss(reduction="none"), mining.TopK(0.5), **options)


OUTPUT, TARGET = torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.zeros(4)


@pytest.mark.parametrize(("progress", "loss"), [(0, 3), (0.09, 3), (0.1, 4.5), (0.9, 4.5), (0.91, 3), (1, 3)])
def test_it_mines_from_start_to_end_and_not_outside(progress, loss):
    loss_fn = made()
    loss_fn.set_progress(progress)
    assert loss_fn(OUTPUT, TARGET) == loss
    report = loss_fn.report()
    assert report.fraction_kept == (0.5 if loss == 4.5 else 1)
    assert bool(report.off) == (loss == 3)


def test_only_what_is_kept_gets_a_gradient():
    output = OUTPUT.clone().requires_grad_()
    made(start=0, end=1)(output, TARGET).backward()
    assert output.grad.tolist() == [0, 0, 0.5, 0.5]


def test_in_evaluation_all_count_and_the_report_stays_the_training_s():
    loss_fn = made(start=0, end=1)
    loss_fn(OUTPUT, TARGET)
    assert loss_fn.eval()(OUTPUT, TARGET) == 3
    assert loss_fn.report().fraction_kept == 0.5


def test_an_unknown_progress_is_not_passed_by():
    with pytest.raises(MiningError, match=r"between 10% and 90% .* call set_progress\(step / total\), or .* start=0"):
        made()(OUTPUT, TARGET)
    with pytest.raises(MiningError, match="has seen no training batch yet"):
        made().report()
    with pytest.raises(MiningError, match="progress must be a number"):
        made().set_progress(3)
    with pytest.raises(MiningError, match=r"end must be a number in 0\.5 \.\. 1; got 0\.2"):
        made(start=0.5, end=0.2)


def test_a_scalar_loss_is_refused():
    with pytest.raises(MiningError, match="got a scalar: pass reduction='none'"):
        mining.HardExampleLoss(nn.L1Loss(), mining.TopK(), start=0, end=1)(OUTPUT, TARGET)


def test_pixels_are_flattened_and_those_to_ignore_count_nowhere():
    """Four pixels of two classes: sure and right, sure and wrong, a coin flip, and one without a class."""
    logits = torch.tensor([[[[50.0, 0.0], [0.0, 0.0]], [[0.0, 50.0], [0.0, 0.0]]]])  # (1, 2, 2, 2)
    target = torch.tensor([[[0, 0], [1, 255]]])
    pixels = nn.CrossEntropyLoss(reduction="none", ignore_index=255)
    loss_fn = mining.HardExampleLoss(pixels, mining.Threshold(0.357, min_kept=1), start=0, end=1)
    assert loss_fn(logits, target) == pytest.approx((50 + torch.tensor(2).log().item()) / 2)
    assert loss_fn.report().n == 3
    assert loss_fn.report().classes == {0: 1, 1: 1}
    assert loss_fn.eval()(logits, target) == pytest.approx((0 + 50 + torch.tensor(2).log().item()) / 3)
    every = mining.HardExampleLoss(pixels, mining.Threshold(0, min_kept=99), start=0, end=1)
    assert every(logits, torch.full((1, 2, 2), 255)) == 0


def test_reference_and_noise_reach_the_selector():
    loss_fn = mining.HardExampleLoss(nn.L1Loss(reduction="none"), mining.ReducibleLoss(0.25), start=0, end=1)
    assert loss_fn(OUTPUT, TARGET, reference=torch.tensor([0.0, 0.0, 0.0, 5.5])) == 3
    with pytest.warns(UserWarning, match="ReducibleLoss is off"):
        assert loss_fn(OUTPUT, TARGET, reference=torch.zeros(4), noise=torch.ones(4)) == 3
    assert loss_fn.report().off


def test_the_state_holds_the_progress_and_the_selector(tmp_path):
    def sampled():
        return mining.HardExampleLoss(nn.L1Loss(reduction="none"), mining.RankSampling(seed=2))

    first, second = sampled(), sampled()
    first.set_progress(0.4)
    for _ in range(3):
        first(OUTPUT, TARGET)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.progress == 0.4
    assert [first(OUTPUT, TARGET).item() for _ in range(9)] == [second(OUTPUT, TARGET).item() for _ in range(9)]
