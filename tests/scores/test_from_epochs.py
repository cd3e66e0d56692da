"""Scores that read the training dynamics; epochs in columns, NaN = not seen."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from hem_core.errors import DataError
from hem_core.scores.aum import aum
from hem_core.scores.confidence_mean import confidence_mean
from hem_core.scores.correctness import correctness
from hem_core.scores.forgetting import forgetting
from hem_core.scores.learned_epoch import learned_epoch
from hem_core.scores.variability import variability

close = torch.testing.assert_close
gap = torch.nan


def random_epochs(n=200, n_epochs=9, seed=0):
    """Hits and values with a third of the epochs not seen; the first row was never seen."""
    chance = np.random.default_rng(seed)
    seen = chance.random((n, n_epochs)) < 0.67
    seen[0] = False
    hits = np.where(seen, chance.random((n, n_epochs)) < 0.6, np.nan)
    return torch.from_numpy(hits).float(), torch.from_numpy(
        np.where(seen, chance.random((n, n_epochs)), np.nan)
    ).float()


def seen_only(row):
    return [value for value in row.tolist() if value == value]


def test_confidence_mean_of_hand_computed_rows():
    confidences = torch.tensor([[0.25, 0.75], [1.0, gap], [gap, gap]])
    close(confidence_mean(confidences), torch.tensor([0.5, 0.0, gap]), equal_nan=True)


def test_variability_of_a_steady_and_of_a_swinging_row():
    confidences = torch.tensor([[0.5, 0.5, 0.5], [0.0, 1.0, gap], [0.3, gap, gap]])
    close(variability(confidences), torch.tensor([0.0, 0.5, 0.0]))


def test_correctness_of_hand_computed_rows():
    hits = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, gap, gap], [0.0, 0.0, 0.0, 1.0]])
    close(correctness(hits), torch.tensor([0.0, 0.5, 0.75]))


def test_means_and_spread_against_numpy():
    hits, confidences = random_epochs()
    values = confidences[1:].numpy()
    close(confidence_mean(confidences)[1:], torch.from_numpy(1 - np.nanmean(values, axis=1)))
    close(variability(confidences)[1:], torch.from_numpy(np.nanstd(values, axis=1)))
    close(correctness(hits)[1:], torch.from_numpy(1 - np.nanmean(hits[1:].numpy(), axis=1)))
    close(aum(confidences)[1:], torch.from_numpy(np.nanmean(values, axis=1)))


def test_forgetting_counts_turns_from_right_to_wrong():
    hits = torch.tensor([[0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    close(forgetting(hits), torch.tensor([0.0, 2.0, 1.0]))


def test_what_was_never_learned_is_the_hardest_to_remember():
    """A 0 would make it the easiest and turn the ranking round; E is more than any number of turns."""
    hits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0], [gap, 0.0, gap, gap]])
    close(forgetting(hits), torch.tensor([4.0, 2.0, 4.0]))


def test_a_turn_spans_epochs_that_were_not_seen():
    hits = torch.tensor([[1.0, gap, 0.0], [gap, 1.0, gap], [gap, gap, gap]])
    close(forgetting(hits), torch.tensor([1.0, 0.0, gap]), equal_nan=True)


def test_forgetting_against_a_loop():
    hits, _ = random_epochs()
    want = []
    for row in hits[1:]:
        seen = seen_only(row)
        turns = sum(before > after for before, after in pairwise(seen))
        want.append(float(turns) if 1 in seen else float(hits.shape[1]))
    close(forgetting(hits)[1:], torch.tensor(want))


def test_learned_epoch_is_the_last_wrong_one():
    hits = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, gap]])
    close(learned_epoch(hits), torch.tensor([0.0, 1.0, 2.0, 3.0, 1.0]))


def test_learned_epoch_against_a_loop():
    hits, _ = random_epochs()
    want = [max([number for number, hit in enumerate(row.tolist(), 1) if hit == 0], default=0) for row in hits[1:]]
    close(learned_epoch(hits)[1:], torch.tensor(want).float())


def test_aum_is_the_mean_margin_and_a_window_stops_before_memorising():
    """Wrong for two epochs, then memorised: all epochs make it easy, the first two show it."""
    margins = torch.tensor([[4.0, 2.0, -6.0, -8.0]])
    close(aum(margins), torch.tensor([-2.0]))
    close(aum(margins, epochs=2), torch.tensor([3.0]))
    close(aum(torch.tensor([[gap, 2.0]]), epochs=1), torch.tensor([gap]), equal_nan=True)


def test_aum_refuses_a_window_of_nothing():
    with pytest.raises(DataError, match="score 'aum' needs epochs of 1 or more, or None for all; this is 0"):
        aum(torch.zeros(1, 2), epochs=0)


def test_no_epochs_at_all_is_a_nan():
    for score in (confidence_mean, variability, correctness, forgetting, learned_epoch, aum):
        assert score(torch.zeros(3, 0)).isnan().all()
