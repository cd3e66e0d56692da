import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

LOSSES = torch.tensor([[9.0, 1.0, 5.0, 2.0, 7.0]])
FIRST = torch.tensor([[True, False, False, False, False]])


def test_three_negatives_stand_beside_one_positive():
    assert mining.ssd_hard_negatives(LOSSES, FIRST).tolist() == [[False, False, True, True, True]]
    assert mining.ssd_hard_negatives(LOSSES, FIRST, ratio=1).tolist() == [[False, False, False, False, True]]


def test_an_image_without_objects_still_teaches():
    none = torch.zeros_like(FIRST)
    assert mining.ssd_hard_negatives(LOSSES, none).tolist() == [[True, False, False, False, False]]
    assert mining.ssd_hard_negatives(LOSSES, none, min_negatives=2).sum() == 2


def test_an_image_s_choice_does_not_depend_on_the_others():
    losses = torch.rand(6, 40, generator=torch.Generator().manual_seed(0))
    is_positive = torch.rand(6, 40, generator=torch.Generator().manual_seed(1)) < 0.1
    together = mining.ssd_hard_negatives(losses, is_positive)
    alone = [mining.ssd_hard_negatives(losses[i : i + 1], is_positive[i : i + 1]) for i in range(6)]
    assert torch.equal(together, torch.cat(alone))
    for row, positive, chosen in zip(losses, is_positive, together, strict=True):
        wanted = max(1, 3 * int(positive.sum()))
        negatives = sorted((-loss, i) for i, loss in enumerate(row.tolist()) if not positive[i])
        assert chosen.nonzero().flatten().tolist() == sorted(i for _, i in negatives[:wanted])


def test_ignored_anchors_are_never_taken():
    is_ignored = torch.tensor([[False, False, False, False, True]])
    chosen = mining.ssd_hard_negatives(LOSSES, FIRST, is_ignored=is_ignored, ratio=2)
    assert chosen.tolist() == [[False, False, True, True, False]]


def test_there_are_no_more_than_there_are():
    assert mining.ssd_hard_negatives(LOSSES, ~FIRST).tolist() == [[True, False, False, False, False]]
    assert mining.ssd_hard_negatives(LOSSES, torch.ones_like(FIRST)).sum() == 0
    assert mining.ssd_hard_negatives(LOSSES[:0], FIRST[:0]).shape == (0, 5)


def test_ties_go_to_the_lower_anchor():
    even = torch.ones(1, 4)
    assert mining.ssd_hard_negatives(even, torch.zeros(1, 4).bool(), min_negatives=2).tolist() == [
        [True, True, False, False]
    ]


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match="got a scalar: pass reduction='none'"):
        mining.ssd_hard_negatives(LOSSES.mean(), FIRST)
    with pytest.raises(
        MiningError, match=r"expects losses \(N, A\), one per anchor of each image; got the shape \(5,\)"
    ):
        mining.ssd_hard_negatives(LOSSES[0], FIRST[0])
    with pytest.raises(MiningError, match=r"is_positive must be \(1, 5\) bool; got \(1, 5\) torch.int64"):
        mining.ssd_hard_negatives(LOSSES, FIRST.long())
    with pytest.raises(MiningError, match="image 0 has a loss that is NaN"):
        mining.ssd_hard_negatives(LOSSES / 0 * 0, FIRST)
    with pytest.raises(MiningError, match="ratio must be 0 or more, min_negatives 1 or more; they are 3, 0"):
        mining.ssd_hard_negatives(LOSSES, FIRST, min_negatives=0)
