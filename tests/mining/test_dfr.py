import importlib

import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

GENERATOR = torch.Generator().manual_seed(0)
FEATURES = torch.randn(80, 3, generator=GENERATOR)
TARGETS = (FEATURES[:, 0] + FEATURES[:, 1] > 0).long()
GROUPS = 10 * TARGETS + (torch.arange(80) % 7 == 0)


def test_groups_of_equal_size_are_all_used():
    """Nothing is left to chance, and the layer is scikit-learn's logistic regression of all rows.

    Of two classes that has one vector, their difference, whose square is twice the sum of the two squares.
    """
    linear_model = importlib.import_module("sklearn.linear_model")
    features, targets = FEATURES[:40], torch.arange(40) % 2
    scaled = ((features - features.mean(dim=0)) / features.std(dim=0, correction=0)).double().numpy()
    theirs = linear_model.LogisticRegression(C=1 / (0.05 * 40), tol=1e-10, max_iter=10_000).fit(scaled, targets.numpy())
    head = mining.dfr(features, targets, targets, penalty=0.1)
    logits = head(features)
    torch.testing.assert_close(
        logits[:, 1] - logits[:, 0], torch.tensor(theirs.decision_function(scaled)).float(), rtol=0, atol=1e-4
    )


def test_the_larger_groups_are_cut_to_the_smallest():
    """Where a feature is the group alone, the chance of a class is its share of the balanced draw: even."""
    groups = torch.tensor([0] * 30 + [1] * 3)
    head = mining.dfr(torch.ones(33, 2), groups, groups)
    torch.testing.assert_close(head(torch.ones(1, 2)).softmax(dim=1), torch.tensor([[0.5, 0.5]]))


def test_the_names_of_the_groups_do_not_matter_and_the_seed_does():
    one = mining.dfr(FEATURES, TARGETS, GROUPS, seed=1)
    assert torch.equal(one.weight, mining.dfr(FEATURES, TARGETS, GROUPS * 3 - 7, seed=1).weight)
    assert not torch.equal(one.weight, mining.dfr(FEATURES, TARGETS, GROUPS, seed=2).weight)


def test_no_global_chance_is_used():
    state = torch.get_rng_state()
    mining.dfr(FEATURES, TARGETS, GROUPS)
    assert torch.equal(torch.get_rng_state(), state)


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"expected groups \(80,\) int64; got \(3,\)"):
        mining.dfr(FEATURES, TARGETS, GROUPS[:3])
    with pytest.raises(MiningError, match="penalty must be 0 or more, n_draws 1 or more"):
        mining.dfr(FEATURES, TARGETS, GROUPS, n_draws=0)
