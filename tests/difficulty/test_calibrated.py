import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from hem_core.difficulty.calibrated import error_probability, error_probability_from_repeats
from hem_core.errors import HemError
from hem_core.stats.monotone import basis, curve, fit_weights
from hem_core.stats.percentile import percentile


class World:
    """Two Gaussians at (-1.2, 0) and (1.2, 0), 10% of the labels turned round; a fresh model draws its boundary
    at a normally distributed place, so that its error on each example has a known probability."""

    def __init__(self, n=3000, seed=0):
        self.draw = np.random.default_rng(seed)
        is_right_side = self.draw.random(n) < 0.5
        x = np.where(is_right_side, 1.2, -1.2) + self.draw.normal(size=n)
        is_flipped = self.draw.random(n) < 0.1
        self.against = np.where(is_right_side ^ is_flipped, -x, x)  # how far on the side of the other label
        self.true = np.array([0.5 * (1 + math.erf(far / 0.5 / math.sqrt(2))) for far in self.against])

    def fresh(self, repeats):
        losses = self.against[:, None] + 0.5 * self.draw.normal(size=(len(self.against), repeats))
        return losses, (losses > 0).astype(float)

    def evidence(self):
        noise = self.draw.normal(size=(3, len(self.against)))
        confidence = self.against + noise[0]
        confidence[self.draw.random(len(confidence)) < 0.1] = np.nan
        neighbours = np.round(15 / (1 + np.exp(-2 * self.against + 1.5 * noise[1]))) / 15
        return {"confidence_mean": confidence, "neighbour_disagreement": neighbours, "noise": noise[2]}


def ece(prob, true, n_bins=15):
    bins = np.array_split(np.argsort(prob), n_bins)
    return sum(len(rows) * abs(prob[rows].mean() - true[rows].mean()) for rows in bins) / len(prob)


def rank_mean(columns):
    return np.nanmean([percentile(column) for column in columns], axis=0)


@pytest.mark.parametrize("seed", [0, 1])
def test_in_a_world_with_known_errors_it_is_reliable_and_ranks_better_than_the_rank_mean(seed):
    world = World(seed=seed)
    evidence = world.evidence()
    prob = error_probability(evidence, world.fresh(1)[1][:, 0], seed=seed, n_bootstrap=0)["prob"]
    assert ece(prob, world.true) <= 0.03
    assert ece(prob, world.fresh(1)[1][:, 0]) <= 0.03  # another model's errors
    assert spearmanr(prob, world.true)[0] > spearmanr(rank_mean(evidence.values()), world.true)[0] + 0.05


def test_of_two_repeats_each_is_explained_by_the_other():
    world = World()
    evidence = world.evidence()
    del evidence["noise"]
    losses, errors = world.fresh(2)
    prob = error_probability_from_repeats(losses, errors, evidence, n_bootstrap=2)["prob"]
    assert ece(prob, world.true) <= 0.03
    ranked = rank_mean([*evidence.values(), *losses.T])
    assert spearmanr(prob, world.true)[0] >= spearmanr(ranked, world.true)[0] - 0.002


def test_an_own_loss_as_evidence_would_be_circular_and_is_not_what_repeats_do():
    losses, errors = World().fresh(2)
    circular = error_probability({"loss": losses[:, 0]}, errors[:, 0], n_bootstrap=0)["prob"]
    honest = error_probability_from_repeats(losses, errors, n_bootstrap=2)["prob"]
    another = World().fresh(3)[1][:, 2]
    assert ((circular > 0.5) == errors[:, 0]).mean() > 0.95
    assert ece(circular, another) > ece(honest, another) + 0.02


def test_nobody_s_own_error_is_in_its_probability():
    correlations = []
    for seed in range(10):
        draw = np.random.default_rng(seed)
        errors = (draw.random(40) < 0.3).astype(float)
        noise = {name: draw.normal(size=40) for name in "abcd"}
        prob = error_probability(noise, errors, n_bootstrap=0)["prob"]
        correlations.append(np.corrcoef(prob, errors)[0, 1])
    assert np.mean(correlations) < 0.1  # fitted on all rows it would be .22


def test_the_interval_holds_the_truth_where_the_evidence_tells_all():
    draw = np.random.default_rng(1)
    known = draw.normal(size=3000)
    true = 1 / (1 + np.exp(2 - 2 * known))
    found = error_probability({"known": known}, (draw.random(3000) < true).astype(float))
    held = (found["low"] <= true) & (true <= found["high"])
    assert held.mean() > 0.7
    assert (found["low"] <= found["prob"]).all()
    assert (found["prob"] <= found["high"]).all()
    assert 0.02 < (found["high"] - found["low"]).mean() < 0.1


def test_more_evidence_never_lowers_the_probability():
    draw = np.random.default_rng(0)
    ranks = draw.random((800, 3))
    wrong = (draw.random(800) < ranks[:, 0] ** 3).astype(float)
    columns = basis(ranks)
    weights = fit_weights(columns, wrong, np.ones(800))
    fitted = curve(weights, columns @ weights, wrong, np.ones(800))
    assert (weights >= 0).all()
    more = np.minimum(ranks + np.array([0, 0.1, 0.02]), 0.9999)
    assert (fitted(basis(more)) >= fitted(columns)).all()
    grid = np.linspace(0.001, 0.999, 500)
    assert (np.diff(fitted(basis(np.stack([grid] * 3, axis=1)))) > 0).all()  # no ties on a plateau


def test_repeats_count_as_often_as_they_were_asked():
    evidence = {"a": np.arange(400.0)}
    errors = np.full((400, 3), np.nan)
    errors[:, 0] = np.arange(400) >= 300
    with_gaps = error_probability(evidence, errors, n_bootstrap=0)["prob"]
    np.testing.assert_allclose(with_gaps, error_probability(evidence, errors[:, 0], n_bootstrap=0)["prob"])
    assert with_gaps[:240].max() < 0.1
    assert with_gaps[360:].min() > 0.9


def test_rows_without_a_verdict_get_a_probability_and_rows_without_evidence_none():
    evidence = np.arange(300.0)
    evidence[7] = np.nan
    errors = np.where(np.arange(300) % 2 == 0, np.arange(300) >= 200, np.nan)
    prob = error_probability({"a": evidence}, errors, n_bootstrap=0)["prob"]
    assert np.flatnonzero(np.isnan(prob)).tolist() == [7]
    assert prob[299] > 0.8


@pytest.mark.parametrize(("errors", "expected"), [(np.zeros(10), 0.0), (np.ones(10), 1.0)])
def test_ten_examples_that_are_all_right_or_all_wrong(errors, expected):
    found = error_probability({"a": np.arange(10.0)}, errors)
    np.testing.assert_allclose(found["prob"], expected, atol=0.06)
    assert (np.argsort(found["prob"])[-3:] >= 5).all()  # the order of the evidence is kept
    assert np.isfinite(found["low"]).all()
    assert np.isfinite(found["high"]).all()


def test_constant_evidence_leaves_the_base_rate():
    prob = error_probability({"a": np.ones(100)}, np.repeat([0.0, 1.0], [80, 20]))["prob"]
    np.testing.assert_allclose(prob, 0.2, atol=0.01)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_handful_of_examples_gets_probabilities(n):
    found = error_probability({"a": np.arange(float(n))}, np.arange(n) % 2.0)
    assert all(((values > 0) & (values < 1)).all() for values in found.values())


def test_the_same_seed_gives_the_same_numbers():
    world = World(n=300)
    evidence, (_, errors) = world.evidence(), world.fresh(1)
    first, second = (error_probability(evidence, errors, seed=3, n_bootstrap=3) for _ in range(2))
    np.testing.assert_array_equal(first["high"], second["high"])
    assert (first["prob"] != error_probability(evidence, errors, seed=4, n_bootstrap=0)["prob"]).any()


def test_wrong_calls_say_what_is_wanted():
    with pytest.raises(HemError, match="needs evidence"):
        error_probability({}, np.zeros(3))
    with pytest.raises(HemError, match=r"one length; it is \{'a': \(3,\), 'b': \(2,\)\}"):
        error_probability({"a": np.zeros(3), "b": np.zeros(2)}, np.zeros(3))
    with pytest.raises(HemError, match=r"for the 3 examples of the evidence; they are \(2, 1\)"):
        error_probability({"a": np.zeros(3)}, np.zeros(2))
    with pytest.raises(HemError, match="errors must be 1 for wrong, 0 for right"):
        error_probability({"a": np.zeros(2)}, np.array([0.3, 1]))
    with pytest.raises(HemError, match="no error of a fresh model is known"):
        error_probability({"a": np.zeros(2)}, np.full(2, np.nan))
    with pytest.raises(HemError, match=r"they are \(3, 1\) and \(3, 2\)"):
        error_probability_from_repeats(np.zeros((3, 1)), np.zeros((3, 2)))
    with pytest.raises(HemError, match="one repeat cannot explain its own error"):
        error_probability_from_repeats(np.zeros((3, 1)), np.zeros((3, 1)))
