"""Disagreement between runs on the given label."""

import numpy as np
import torch

from hem_core.scores.ensemble_spread import ensemble_spread
from hem_core.scores.grand import grand

close = torch.testing.assert_close
gap = torch.nan


def test_ensemble_spread_of_hand_computed_rows():
    """Agreed; as far apart as can be; .2 and .8 are both .3 from .5; one member alone tells nothing."""
    members = torch.tensor([[0.7, 0.7, 0.7], [0.0, 1.0, gap], [0.2, 0.8, gap], [0.9, gap, gap], [gap, gap, gap]])
    close(ensemble_spread(members), torch.tensor([0.0, 0.5, 0.3, gap, gap]), equal_nan=True)


def test_ensemble_spread_against_numpy():
    members = np.random.default_rng(0).random((50, 5)).astype(np.float32)
    close(ensemble_spread(torch.from_numpy(members)), torch.from_numpy(members.std(axis=1)))


def test_no_members_at_all_is_a_nan():
    assert ensemble_spread(torch.zeros(3, 0)).isnan().all()


def test_grand_is_the_measured_length():
    close(grand(torch.tensor([0.0, 2.5])), torch.tensor([0.0, 2.5]))
