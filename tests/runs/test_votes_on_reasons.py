"""Runs named with --beside vote on the reasons, when they are named and when tags refit them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

import hem_core
from hem_core.runs.refit import refit

pytestmark = pytest.mark.slow
N = 1500
RNG = np.random.default_rng(3)
TRUTH = np.arange(N) % 3
LABELS = np.where(RNG.random(N) < 0.06, (TRUTH + 1) % 3, TRUTH)
X = (np.eye(3)[TRUTH] * 3).repeat(2, axis=1) + RNG.normal(0, 1, (N, 6))
DATA = TensorDataset(torch.from_numpy(X.astype(np.float32)), torch.from_numpy(LABELS))


def net(seed):
    """Nearly the true rule, each seed with an error of its own."""
    model = nn.Sequential(nn.Identity(), nn.Linear(6, 3))
    noise = torch.randn(3, 6, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        model[1].weight.copy_(torch.eye(3).repeat_interleave(2, dim=1) + 0.3 * noise)
        model[1].bias.zero_()
    return model


def scored(seed, out, **options):
    given = {"has_map": False, "sample": "out-of-sample", "layer": "1"} | options
    return hem_core.score(net(seed), DATA, out=out, **given)


def probs(run):
    return np.stack(run.table(["reason_probs"])["reason_probs"].to_list())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("votes")


@pytest.fixture(scope="module")
def runs(home):
    """Two models' runs, and the second one's with the first beside it."""
    first, second = scored(0, home / "runs" / "first"), scored(1, home / "runs" / "second")
    return first, second, scored(1, home / "runs" / "both", beside=[first.folder])


def test_the_probabilities_are_the_mean_of_all_models(runs):
    """A kind that an example's own evidence contradicts is ruled out after the vote, and what it had goes to the
    others: the first model then has the share 1 / (2 - what it had), a half where that was nothing."""
    first, second, both = runs
    voter, own, found = probs(first), probs(second), probs(both)
    same = ((voter > 0) == (own > 0)).all(axis=1) & (np.abs(voter - own).sum(axis=1) > 0.02)
    away, moved = (voter - own)[same], (found - own)[same]
    share = (away * moved).sum(axis=1) / (away * away).sum(axis=1)
    np.testing.assert_allclose(moved, share[:, None] * away, atol=1e-4)
    assert ((share > 0.499) & (share < 1.001)).all()
    assert np.median(share) < 0.52
    assert both.info["reasons"]["n_beside"] == 1
    assert "mean with those of the runs beside it (1)" in both.info["reasons"]["note"]
    assert "n_beside" not in second.info["reasons"]


def test_a_refit_keeps_the_votes(runs):
    both = runs[2]
    before = probs(both)
    np.testing.assert_array_equal(probs(refit(both.folder)), before)


def test_a_run_that_may_know_the_examples_or_has_no_reasons_does_not_vote(runs, home):
    knows = scored(0, home / "runs" / "knows", sample="in-sample", oos="none")
    bare = scored(0, home / "runs" / "bare", has_probes=False)
    found = scored(1, home / "runs" / "third", beside=[knows.folder, bare.folder])
    np.testing.assert_array_equal(probs(found), probs(runs[1]))
    assert "n_beside" not in found.info["reasons"]
