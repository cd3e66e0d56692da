"""Scores that read logits: rows worked out by hand, then another library or a naive loop."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import log_loss

from hem_core.errors import DataError
from hem_core.scores.el2n import el2n
from hem_core.scores.energy import energy
from hem_core.scores.entropy import entropy
from hem_core.scores.grand_last_layer import grand_last_layer
from hem_core.scores.least_confidence import least_confidence
from hem_core.scores.loss import loss
from hem_core.scores.margin import margin
from hem_core.scores.top2_gap import top2_gap

close = torch.testing.assert_close


def logits_of(*rows_of_probs):
    return torch.tensor(rows_of_probs, dtype=torch.float64).log().float()


def random_logits(n=50, n_classes=7, seed=1):
    chance = torch.Generator().manual_seed(seed)
    return 4 * torch.randn(n, n_classes, generator=chance), torch.randint(n_classes, (n,), generator=chance)


def test_loss_of_probabilities_a_half_and_a_quarter():
    logits = logits_of([0.5, 0.5], [0.25, 0.75])
    close(loss(logits, torch.tensor([0, 0])), torch.tensor([math.log(2), math.log(4)]))


def test_loss_is_torch_s_and_its_mean_is_scikit_learn_s():
    logits, targets = random_logits()
    want = torch.nn.functional.cross_entropy(logits.double(), targets, reduction="none")
    close(loss(logits, targets), want.float(), rtol=1e-5, atol=0)
    want = log_loss(targets, logits.double().softmax(dim=1), labels=range(7))
    assert loss(logits, targets).mean().item() == pytest.approx(want, rel=1e-5)


def test_loss_of_a_sure_row_is_the_small_number_that_it_is():
    """-log p_y is 0 in float32 from 17 nats on: a third of the rows of a good model would be tied."""
    logits = torch.tensor([[20.0, 0.0], [40.0, 0.0], [80.0, 0.0]])
    found = loss(logits, torch.tensor([0, 0, 0]))
    close(found, torch.tensor([math.exp(-20), math.exp(-40), math.exp(-80)]), rtol=1e-5, atol=0)


def test_loss_of_float16_logits_does_not_saturate():
    """In float16 a probability of 1e-13 is 0, its log infinite, and 30 nats and 29.99 are a tie."""
    logits = torch.tensor([[0.0, 30.0], [0.0, 60_000.0], [0.01, 30.0]], dtype=torch.float16)
    found = loss(logits, torch.tensor([0, 0, 0]))
    close(found[:2], torch.tensor([30.0, 60_000.0]))
    assert found[2] < found[0]


def test_margin_of_hand_computed_rows():
    logits = torch.tensor([[5.0, 2.0, 1.0], [5.0, 2.0, 1.0], [3.0, 3.0, -1.0]])
    close(margin(logits, torch.tensor([0, 2, 1])), torch.tensor([-3.0, 4.0, 0.0]))


def test_margin_against_a_loop():
    logits, targets = random_logits()
    want = [
        max(value for k, value in enumerate(row) if k != target) - row[target]
        for row, target in zip(logits.tolist(), targets.tolist(), strict=True)
    ]
    close(margin(logits, targets), torch.tensor(want))


def test_margin_of_one_class_says_that_a_binary_model_has_two():
    with pytest.raises(DataError, match=r"needs logits of 2 or more classes; these have 1; .* columns \(0, z\)"):
        margin(torch.zeros(3, 1), torch.zeros(3, dtype=torch.int64))


def test_entropy_of_even_sure_and_half_ruled_out():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [90.0, 0.0, 0.0, 0.0], [0.0, 0.0, -torch.inf, -torch.inf]])
    close(entropy(logits), torch.tensor([1.0, 0.0, 0.5]))


def test_entropy_of_one_and_of_two_classes():
    close(entropy(torch.tensor([[3.0]])), torch.tensor([0.0]))
    close(entropy(torch.zeros(1, 2)), torch.tensor([1.0]))


def test_entropy_is_scipy_s_of_the_probabilities_not_of_the_raw_logits():
    logits, _ = random_logits()
    close(
        entropy(logits),
        torch.from_numpy(scipy_entropy(logits.softmax(dim=1), axis=1)) / math.log(7),
        check_dtype=False,
    )
    close(entropy(logits + 100), entropy(logits), rtol=1e-4, atol=1e-5)


def test_entropy_is_a_share_for_any_number_of_classes():
    for n_classes in (2, 10, 1000):
        close(entropy(torch.zeros(1, n_classes)), torch.tensor([1.0]))


def test_least_confidence_of_hand_computed_rows():
    close(least_confidence(logits_of([0.5, 0.3, 0.2], [0.1, 0.1, 0.8])), torch.tensor([0.5, 0.2]))


def test_least_confidence_against_numpy():
    logits, _ = random_logits()
    exp = np.exp(logits.double().numpy())
    want = 1 - (exp / exp.sum(axis=1, keepdims=True)).max(axis=1)
    close(least_confidence(logits), torch.from_numpy(want), check_dtype=False, rtol=1e-5, atol=1e-6)


def test_top2_gap_of_hand_computed_rows():
    close(top2_gap(logits_of([0.5, 0.3, 0.2], [0.4, 0.2, 0.4])), torch.tensor([0.8, 1.0]))


def test_top2_gap_of_one_class_has_no_second():
    close(top2_gap(torch.tensor([[3.0], [-3.0]])), torch.zeros(2))


def test_top2_gap_against_a_sorted_loop():
    logits, _ = random_logits()
    want = []
    for row in logits.softmax(dim=1).tolist():
        first, second, *_ = sorted(row, reverse=True)
        want.append(1 - (first - second))
    close(top2_gap(logits), torch.tensor(want))


def test_of_two_classes_least_confidence_is_half_of_top2_gap():
    logits, _ = random_logits(n_classes=2)
    close(2 * least_confidence(logits), top2_gap(logits))


def test_el2n_of_an_even_split_a_sure_hit_and_a_sure_miss():
    logits = torch.tensor([[0.0, 0.0], [50.0, 0.0], [50.0, 0.0]])
    close(el2n(logits, torch.tensor([0, 0, 1])), torch.tensor([0.5**0.5, 0.0, 2**0.5]))


def test_el2n_is_the_length_and_not_its_square():
    logits, targets = random_logits()
    error = logits.softmax(dim=1).numpy() - np.eye(7, dtype=np.float32)[targets.numpy()]
    close(el2n(logits, targets), torch.from_numpy(np.linalg.norm(error, axis=1)))


def test_grand_last_layer_of_a_hand_computed_row():
    """Error (-1/2, 1/2), input (2, 2) with the bias's 1: length 3; the gradient's length is 3 / sqrt 2."""
    found = grand_last_layer(torch.zeros(1, 2), torch.tensor([0]), torch.tensor([3.0]))
    close(found, torch.tensor([3 / 2**0.5]))


def test_grand_last_layer_is_the_length_of_each_example_s_gradient():
    torch_chance = torch.Generator().manual_seed(3)
    features = torch.randn(40, 16, generator=torch_chance)
    weights = {
        "weight": torch.randn(5, 16, generator=torch_chance),
        "bias": torch.randn(5, generator=torch_chance),
    }
    targets = torch.randint(5, (40,), generator=torch_chance)

    def loss_of_one(head, feature, target):
        logits = torch.nn.functional.linear(feature, **head)
        return torch.nn.functional.cross_entropy(logits, target)

    gradients = torch.func.vmap(torch.func.grad(loss_of_one), in_dims=(None, 0, 0))(weights, features, targets)
    want = (gradients["weight"].square().sum(dim=(1, 2)) + gradients["bias"].square().sum(dim=1)).sqrt()
    logits = torch.nn.functional.linear(features, **weights)
    head_input_norm = torch.cat([features, torch.ones(40, 1)], dim=1).norm(dim=1)
    close(grand_last_layer(logits, targets, head_input_norm), want, rtol=1e-5, atol=1e-6)


def test_energy_of_hand_computed_rows():
    close(energy(torch.tensor([[0.0, 0.0], [5.0, -torch.inf]])), torch.tensor([-math.log(2), -5.0]))


def test_energy_with_a_temperature_is_the_paper_s():
    logits, _ = random_logits()
    want = -2 * torch.log(torch.exp(logits.double() / 2).sum(dim=1))
    close(energy(logits, temperature=2), want, check_dtype=False)


def test_energy_survives_logits_that_overflow_in_float16_and_float32():
    close(energy(torch.tensor([[65_504.0, 0.0]], dtype=torch.float16)), torch.tensor([-65_504.0]))
    close(energy(torch.tensor([[1e30, 0.0]])), torch.tensor([-1e30]))


def test_energy_refuses_a_temperature_of_nought():
    with pytest.raises(DataError, match="score 'energy' needs a temperature above 0; this one is 0"):
        energy(torch.zeros(1, 2), temperature=0)


def test_the_hardest_of_a_ranking_is_the_one_that_is_wrong():
    """The trap of an argsort the wrong way round: the largest score belongs to the sure miss."""
    logits = torch.tensor([[9.0, 0.0], [0.0, 9.0], [0.0, 1.0]])
    targets = torch.tensor([0, 0, 0])
    for score in (loss, margin, el2n):
        assert score(logits, targets).argsort(descending=True).tolist() == [1, 2, 0]


def test_scores_are_not_divided_by_the_largest_of_the_batch():
    """One outlier must not squeeze the others: their scores stay what they were."""
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1e6, 0.0]])
    targets = torch.tensor([0, 0, 1])
    for score in (loss, margin, el2n):
        close(score(logits, targets)[:2], score(logits[:2], targets[:2]))


def test_a_batch_of_one_stays_a_vector():
    one, target = torch.zeros(1, 3), torch.tensor([0])
    assert margin(one, target).shape == loss(one, target).shape == top2_gap(one).shape == (1,)
