import importlib
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError

FEATURES = torch.randn(60, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 5.0, 0.2, 1.0]) + 3
TARGETS = (FEATURES[:, 0] + 0.3 * FEATURES[:, 3] > 4.5).long() + 2 * (FEATURES[:, 1] > 10).long()


def test_it_is_scikit_learn_s_balanced_logistic_regression():
    linear_model = importlib.import_module("sklearn.linear_model")
    targets = TARGETS.clamp(max=2)
    scaled = (FEATURES - FEATURES.mean(dim=0)) / FEATURES.std(dim=0, correction=0)
    theirs = linear_model.LogisticRegression(C=1 / (0.05 * 60), class_weight="balanced", tol=1e-10, max_iter=10_000)
    theirs.fit(scaled.double().numpy(), targets.numpy())
    ours = mining.balanced_head(FEATURES, targets, penalty=0.05)(FEATURES).softmax(dim=1)
    expected = torch.tensor(theirs.predict_proba(scaled.double().numpy())).float()
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-4)


def test_features_that_say_nothing_leave_an_even_chance_however_rare_a_class_is():
    targets = torch.tensor([0] * 9 + [1])
    head = mining.balanced_head(torch.ones(10, 2), targets)
    torch.testing.assert_close(head(torch.ones(1, 2)).softmax(dim=1), torch.tensor([[0.5, 0.5]]))


def test_a_rare_class_weighs_as_much_as_a_frequent_one():
    """A feature that is 1 for all of the rare class and for a third of the other: 1 against 1/3."""
    features = torch.tensor([0.0] * 6 + [1.0] * 3 + [1.0] * 3).unsqueeze(1)
    targets = torch.tensor([0] * 9 + [1] * 3)
    probs = mining.balanced_head(features, targets, penalty=0)(torch.tensor([[1.0]])).softmax(dim=1)
    torch.testing.assert_close(probs, torch.tensor([[1 / 4, 3 / 4]]), rtol=0, atol=1e-3)


def test_a_class_without_examples_still_has_its_logit():
    assert mining.balanced_head(FEATURES, TARGETS.clamp(max=1), n_classes=5)(FEATURES).shape == (60, 5)


def test_equal_arguments_give_equal_layers_and_no_global_chance_is_used():
    state = torch.get_rng_state()
    with torch.no_grad():
        one, two = mining.balanced_head(FEATURES, TARGETS), mining.balanced_head(FEATURES, TARGETS)
    assert torch.equal(one.weight, two.weight)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.weight.requires_grad
    assert mining.balanced_head(FEATURES.bfloat16(), TARGETS).weight.dtype == torch.bfloat16


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(
        MiningError, match=r"expected features \(N, D\) and targets \(N,\) int64; got \(60,\) and \(60,\)"
    ):
        mining.balanced_head(FEATURES[:, 0], TARGETS)
    with pytest.raises(MiningError, match="row 2 of the features has a NaN or an infinite value"):
        mining.balanced_head(torch.tensor([[1.0], [2.0], [math.nan]]), torch.tensor([0, 1, 0]))
    with pytest.raises(MiningError, match="the 60 examples have fewer than 2 classes, so nothing can be learned"):
        mining.balanced_head(FEATURES, TARGETS * 0)
    with pytest.raises(MiningError, match=r"targets are class indices in 0 \.\. 1; got 0 \.\. 3"):
        mining.balanced_head(FEATURES, TARGETS, n_classes=2)
    with pytest.raises(MiningError, match="penalty must be 0 or more; it is -1"):
        mining.balanced_head(FEATURES, TARGETS, penalty=-1)


def test_the_worst_class_of_long_tailed_digits_is_recalled_more_often():
    """Real digits, from 100 examples of a 0 down to 3 of a 9; judged on the rest, all classes alike."""
    digits = importlib.import_module("sklearn.datasets").load_digits()
    inputs, labels = torch.tensor(digits.data).float() / 16, torch.tensor(digits.target)
    sizes = [round(100 * 0.03 ** (k / 9)) for k in range(10)]
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    rows = [order[labels[order] == k] for k in range(10)]
    train = torch.cat([row[:n] for row, n in zip(rows, sizes, strict=True)])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(80):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs[train]), labels[train]).backward()
        optimizer.step()
    head = mining.balanced_head(mining.last_layer_inputs(model, inputs[train], "2"), labels[train])
    worst = [
        min((net(inputs[row[100:]]).argmax(dim=1) == k).float().mean().item() for k, row in enumerate(rows))
        for net in (model, mining.with_last_layer(model, "2", head))
    ]
    assert worst[1] > worst[0] + 0.1
