"""JTT, and DFR beside it, on digits that carry a mark which mostly goes with the class."""

import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

from hem_core import mining
from hem_core.errors import MiningError


class Fixed(nn.Module):
    """Predicts class 1 where the input is above 0."""

    def forward(self, inputs):
        return torch.cat([-inputs, inputs], dim=1)


SIGNS = TensorDataset(torch.tensor([[1.0], [2.0], [-1.0], [-3.0]]), torch.tensor([1, 0, 0, 0]))
"""Fixed errs on row 1 alone."""


def recorded(calls):
    def train(dataset, weights, seed):
        calls.append((weights.tolist(), seed))
        return Fixed()

    return train


def test_the_errors_of_the_first_training_weigh_more_in_the_second():
    """One error of four at 5 to 1: weights 5/2 and 1/2, whose mean is 1."""
    calls = []
    twice = mining.jtt(recorded(calls), SIGNS, upweight=5, seed=3)
    assert calls == [([1, 1, 1, 1], 3), ([0.5, 2.5, 0.5, 0.5], 3)]
    assert twice.is_error.tolist() == [False, True, False, False]
    assert (twice.weights.tolist(), twice.off) == (calls[1][0], "")


def test_another_function_can_find_the_errors():
    calls, others = [], []
    mining.jtt(recorded(calls), SIGNS, first=recorded(others))
    assert (len(calls), len(others)) == (1, 1)


def test_targets_come_from_the_argument_the_data_set_or_its_items():
    assert mining.jtt(recorded([]), SIGNS, targets=torch.tensor([0, 1, 0, 0])).is_error.tolist() == [1, 0, 0, 0]

    class Labelled(list):
        targets = (0, 1, 0, 1)

    items = Labelled((row, "not read") for row, _ in SIGNS)
    assert mining.jtt(recorded([]), items).is_error.tolist() == [1, 0, 0, 1]


def test_an_error_that_is_probably_a_wrong_label_is_not_upweighted():
    targets = torch.tensor([0, 0, 0, 0])
    twice = mining.jtt(recorded([]), SIGNS, upweight=3, targets=targets, noise=torch.tensor([0.1, 0.9, 0, 0]))
    assert twice.is_error.tolist() == [1, 1, 0, 0]
    torch.testing.assert_close(twice.weights, torch.tensor([3.0, 1, 1, 1]) / 1.5)


def test_errors_that_are_too_noisy_turn_it_off_and_it_says_so():
    with pytest.warns(UserWarning, match="jtt is off and mines nothing: 30% of what it would pick"):
        twice = mining.jtt(recorded([]), SIGNS, noise=torch.tensor([0, 0.3, 0, 0]))
    assert twice.weights.tolist() == [1, 1, 1, 1]
    assert twice.off.startswith("jtt is off")


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(
        MiningError, match="gets all 4 training examples right, so no example can be up-weighted; pass f"
    ):
        mining.jtt(recorded([]), SIGNS, targets=torch.tensor([1, 1, 0, 0]))
    with pytest.raises(MiningError, match="upweight must be 1 or more; it is 0"):
        mining.jtt(recorded([]), SIGNS, upweight=0)
    with pytest.raises(MiningError, match=r"jtt expects targets \(4,\), one per example and at least one; got 3"):
        mining.jtt(recorded([]), SIGNS, targets=torch.tensor([1, 1, 0]))
    with pytest.raises(MiningError, match=r"jtt expects a model that gives logits \(B, K\); this one gives \(4,\)"):
        mining.jtt(lambda dataset, weights, seed: nn.Flatten(0), SIGNS)
    with pytest.raises(MiningError, match="jtt expects noise of shape"):
        mining.jtt(recorded([]), SIGNS, noise=torch.zeros(3))


def marked_digits(seed):
    """Inputs (N, 65), 5 to 9 against 0 to 4, groups = 2 × target + mark, and rows: train, held out, test.

    The mark agrees with the target in 95% of the training examples, and in half of the others.
    """
    digits = importlib.import_module("sklearn.datasets").load_digits()
    targets = torch.tensor(digits.target >= 5).long()
    generator = torch.Generator().manual_seed(seed)
    train, held_out, test = torch.randperm(len(targets), generator=generator).split([900, 300, 597])
    share = torch.full((len(targets),), 0.5)
    share[train] = 0.95
    mark = torch.where(torch.rand(len(targets), generator=generator) < share, targets, 1 - targets)
    inputs = torch.cat([torch.tensor(digits.data).float() / 16, 2.0 * mark.unsqueeze(1)], dim=1)
    return inputs, targets, 2 * targets + mark, train, held_out, test


def trainer(steps):
    def train(dataset, weights, seed):
        inputs, targets = dataset.tensors
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = nn.Sequential(nn.Linear(65, 64), nn.ReLU(), nn.Linear(64, 2))
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        for _ in range(steps):
            losses = F.cross_entropy(model(inputs), targets, reduction="none")
            optimizer.zero_grad()
            (weights * losses).mean().backward()
            optimizer.step()
        return model

    return train


@pytest.mark.parametrize("seed", [0, 1])
def test_the_worst_group_of_marked_digits_gains_by_jtt_and_more_by_dfr(seed):
    inputs, targets, groups, train, held_out, test = marked_digits(seed)
    dataset = TensorDataset(inputs[train], targets[train])
    once = trainer(60)(dataset, torch.ones(900), seed)
    twice = mining.jtt(trainer(60), dataset, upweight=10, first=trainer(15), seed=seed).model
    features = mining.last_layer_inputs(once, inputs[held_out], "2")
    head = mining.dfr(features, targets[held_out], groups[held_out])

    def worst(model):
        hits = (model(inputs[test]).argmax(dim=1) == targets[test]).float()
        return min(hits[groups[test] == group].mean().item() for group in range(4))

    assert worst(once) < 0.55
    assert worst(twice) > worst(once) + 0.1
    assert worst(mining.with_last_layer(once, "2", head)) > worst(once) + 0.25
