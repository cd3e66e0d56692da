import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError
from hem_core.mining.detection import non_maximum_suppression as module

CHAIN = torch.tensor([[5.0, 0, 15, 10], [0, 0, 10, 10], [10, 0, 20, 10]])
"""The first box meets both others, by an IoU of 1/3; these do not meet."""


def test_the_highest_score_stays_and_what_is_suppressed_suppresses_nothing():
    assert mining.non_maximum_suppression(CHAIN, torch.tensor([0.9, 0.5, 0.8]), 0.3).tolist() == [0]
    assert mining.non_maximum_suppression(CHAIN, torch.tensor([0.7, 0.8, 0.6]), 0.3).tolist() == [1, 2]
    assert mining.non_maximum_suppression(CHAIN, torch.tensor([0.7, 0.8, 0.9]), 0.34).tolist() == [2, 1, 0]


def test_it_stops_after_n_and_nothing_gives_nothing():
    assert mining.non_maximum_suppression(CHAIN, torch.tensor([0.7, 0.8, 0.9]), 0.5, n=2).tolist() == [2, 1]
    assert mining.non_maximum_suppression(CHAIN[:0], torch.zeros(0)).tolist() == []


def test_blocks_of_candidates_change_nothing(monkeypatch):
    chance = torch.Generator().manual_seed(0)
    corners = 60 * torch.rand(90, 2, generator=chance)
    boxes, scores = torch.cat([corners, corners + 25], dim=1), torch.rand(90, generator=chance)
    whole = mining.non_maximum_suppression(boxes, scores, 0.3).tolist()
    monkeypatch.setattr(module, "BLOCK", 7)
    assert mining.non_maximum_suppression(boxes, scores, 0.3).tolist() == whole
    assert mining.non_maximum_suppression(boxes, scores, 0.3, n=5).tolist() == whole[:5]


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match=r"expects boxes \(2, 4\), one per score, and iou in 0 \.\. 1; got \(3, 4\)"):
        mining.non_maximum_suppression(CHAIN, torch.ones(2))
    with pytest.raises(MiningError, match=r"got \(3, 4\) and 2"):
        mining.non_maximum_suppression(CHAIN, torch.ones(3), 2)
    with pytest.raises(MiningError, match="NaN, at position 0 of 3"):
        mining.non_maximum_suppression(CHAIN, torch.full((3,), torch.nan))
