"""What every selector promises; an author of one tests only what is special to it."""

import warnings

import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.selectors._selector import Selector

MINES = {
    "TopK": lambda **noise: mining.TopK(0.5, 0.1, **noise),
    "TrimmedTopK": lambda **noise: mining.TrimmedTopK(0.5, 0.1, **noise),
    "RankSampling": lambda **noise: mining.RankSampling(1.0, seed=5, **noise),
    "ReducibleLoss": lambda **noise: mining.ReducibleLoss(0.5, **noise),
    "SmallLoss": lambda **noise: mining.SmallLoss(0.5, **noise),
    "Threshold": lambda **noise: mining.Threshold(0.5, **noise),
}
KEEPS_ALL = {
    "TopK": lambda: mining.TopK(keep=1.0),
    "TrimmedTopK": lambda: mining.TrimmedTopK(keep=1.0, trim=0.0),
    "RankSampling": lambda: mining.RankSampling(power=0),
    "ReducibleLoss": lambda: mining.ReducibleLoss(keep=1.0),
    "SmallLoss": lambda: mining.SmallLoss(keep=1.0),
    "Threshold": lambda: mining.Threshold(0.0),
}
every = pytest.mark.parametrize("name", sorted(MINES))


def batch(n=16, seed=0):
    """Losses of which the hardest are not the last, and a reference."""
    chance = torch.Generator().manual_seed(seed)
    return torch.rand(n, generator=chance), torch.rand(n, generator=chance) / 10


def test_every_selector_is_in_the_list():
    found = {name for name in mining.names() if isinstance(getattr(mining, name), type)}
    assert {name for name in found if issubclass(getattr(mining, name), Selector)} == set(MINES) == set(KEEPS_ALL)


@every
@pytest.mark.parametrize("n", [0, 1, 2, 7, 256])
def test_positions_are_ascending_different_and_never_none(name, n):
    losses, reference = batch(n)
    kept = MINES[name]()(losses, reference=reference, progress=0.5)
    assert kept.dtype == torch.int64
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert set(kept.tolist()) <= set(range(n))
    assert len(kept) >= min(n, 1)


@every
def test_keeping_all_is_no_mining_bit_for_bit(name):
    inputs, targets = torch.randn(33, 5, generator=torch.Generator().manual_seed(1)), torch.arange(33) % 5
    plain, mined = inputs.clone().requires_grad_(), inputs.clone().requires_grad_()
    wanted = torch.nn.functional.cross_entropy(plain, targets, reduction="none").mean()
    loss_fn = mining.HardExampleLoss(torch.nn.CrossEntropyLoss(reduction="none"), KEEPS_ALL[name](), start=0, end=1)
    found = loss_fn(mined, targets, reference=torch.zeros(33))
    wanted.backward()
    found.backward()
    assert torch.equal(found, wanted)
    assert torch.equal(mined.grad, plain.grad)
    assert loss_fn.report().fraction_kept == 1


@every
def test_no_global_random_number_is_drawn(name):
    torch.manual_seed(4)
    before = torch.get_rng_state()
    losses, reference = batch()
    MINES[name]()(losses, reference=reference)
    assert torch.equal(torch.get_rng_state(), before)


@every
def test_the_losses_stay_as_they_are(name):
    losses, reference = batch()
    before = losses.clone()
    MINES[name]()(losses.requires_grad_(), reference=reference)
    assert torch.equal(losses, before)
    assert losses.grad is None


@every
def test_the_same_state_gives_the_same_selection(name, tmp_path):
    first, second = MINES[name](), MINES[name]()
    for seed in range(3):
        losses, reference = batch(seed=seed)
        first(losses, reference=reference)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    for seed in range(3, 8):
        losses, reference = batch(seed=seed)
        assert torch.equal(first(losses, reference=reference), second(losses, reference=reference))


@every
def test_the_report_is_what_a_loop_counts(name):
    select = MINES[name]()
    with pytest.raises(MiningError, match=f"{name} has selected nothing yet"):
        select.report()
    losses, reference = batch(16)
    labels = torch.arange(16) % 3
    kept = select(losses, reference=reference, labels=labels).tolist()
    report = select.report()
    dropped = [index for index in range(16) if index not in kept]
    assert report.fraction_kept == len(kept) / 16
    assert report.mean_loss_kept == pytest.approx(sum(losses[kept].tolist()) / len(kept))
    assert report.mean_loss_dropped == pytest.approx(sum(losses[dropped].tolist()) / len(dropped))
    assert report.classes == {label: [k % 3 for k in kept].count(label) for label in {k % 3 for k in kept}}
    assert (report.noise, report.off) == (None, "")


@every
def test_an_estimated_noise_above_a_fifth_turns_it_off_and_says_so(name):
    losses, reference = batch()
    select = MINES[name](noise=0.21)
    with pytest.warns(UserWarning, match=f"{name} is off and mines nothing: 21% of what it would pick is estimated"):
        assert select(losses, reference=reference).tolist() == list(range(16))
    assert select.report().off.startswith(f"{name} is off")
    assert select.report().fraction_kept == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        select(losses, reference=reference)
        assert select.report().off, "said in every report, warned of once"
        assert len(MINES[name](noise=0.2)(losses, reference=reference)) < 16


@every
def test_it_is_the_noise_of_the_picks_that_counts(name):
    losses, reference = batch()
    picks = MINES[name]()(losses, reference=reference)
    in_picks, elsewhere = torch.zeros(16), torch.ones(16)
    in_picks[picks], elsewhere[picks] = 0.5, 0.0
    with pytest.warns(UserWarning, match="50% of what it would pick"):
        assert len((select := MINES[name]())(losses, reference=reference, noise=in_picks)) == 16
    assert select.report().noise == 0.5
    calm = MINES[name]()
    assert torch.equal(calm(losses, reference=reference, noise=elsewhere), picks)
    assert (calm.report().noise, calm.report().off) == (0, "")


@every
def test_what_is_not_a_loss_an_example_is_refused(name):
    select, losses = MINES[name](), torch.rand(4)
    for wrong, text in [
        (losses.mean(), "got a scalar: pass reduction='none'"),
        (losses[None], r"got shape \(1, 4\): flatten or average it"),
        (torch.tensor([1.0, torch.nan]), "a loss that is NaN, at position 1 of 2"),
    ]:
        with pytest.raises(MiningError, match=f"{name} .*{text}"):
            select(wrong, reference=wrong)
    for beside in ("reference", "labels", "noise"):
        with pytest.raises(MiningError, match=rf"{name} expects {beside} of shape \(4,\), as the losses; got \(3,\)"):
            select(losses, **{"reference": losses, beside: losses[:3]})
    with pytest.raises(MiningError, match=r"progress must be a number in 0 \.\. 1; got 5"):
        select(losses, reference=losses, progress=5)
