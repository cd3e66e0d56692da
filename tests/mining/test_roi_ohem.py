import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

APART = torch.tensor([[20.0 * i, 0, 20 * i + 10, 10] for i in range(4)])
"""Four boxes that do not meet."""
CLS = torch.tensor([1.0, 5.0, 2.0, 4.0])
LOC = torch.tensor([9.0, 0.0, 3.5, 0.0])
IS_OBJECT = torch.tensor([True, False, True, False])


@pytest.mark.parametrize(
    ("component", "wanted"), [("all", [0, 2]), ("cls", [1, 3]), ("loc", [0, 2]), ("miss", [0, 2]), ("fp", [1, 3])]
)
def test_each_component_has_its_own_worst_two(component, wanted):
    ohem = mining.RoiOhem(2, component=component)
    assert ohem(APART, CLS, LOC, is_object=IS_OBJECT).tolist() == wanted


def test_a_region_named_right_and_placed_wrong_is_found_by_all_and_not_by_cls():
    assert mining.RoiOhem(1)(APART, CLS, LOC).tolist() == [0]
    assert mining.RoiOhem(1, component="cls")(APART, CLS, LOC).tolist() == [1]


def test_all_adds_the_two_losses():
    cls, loc = torch.tensor([3.0, 0.0, 2.0]), torch.tensor([0.0, 3.5, 2.0])
    assert mining.RoiOhem(1)(APART[:3], cls, loc).tolist() == [2]


@pytest.mark.parametrize("component", ["loc", "miss"])
def test_regions_without_an_object_are_no_misses_even_when_there_is_room(component):
    assert mining.RoiOhem(4, component=component)(APART, CLS, LOC, is_object=IS_OBJECT).tolist() == [0, 2]


def test_of_overlapping_regions_the_one_with_the_largest_loss_is_kept():
    """The second box shares 8 of 12 columns with the first: IoU 2/3; the third is the first moved by 9: 1/19."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [2, 0, 12, 10], [9, 0, 19, 10]])
    cls = torch.tensor([1.0, 3.0, 2.0])
    assert mining.RoiOhem(3, iou=0.66, component="cls")(boxes, cls).tolist() == [1, 2]
    assert mining.RoiOhem(3, iou=0.67, component="cls")(boxes, cls).tolist() == [0, 1, 2]


def test_what_is_suppressed_suppresses_nothing():
    """A chain: b meets a, c meets b alone. a takes b away, and c stays."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10]])
    assert mining.RoiOhem(3, iou=0.3, component="cls")(boxes, torch.tensor([3.0, 2.0, 1.0])).tolist() == [0, 2]


def test_images_are_kept_apart_and_each_has_its_number():
    boxes = torch.tensor([[0.0, 0, 10, 10]]).repeat(4, 1)
    image = torch.tensor([7, 3, 7, 3])
    assert mining.RoiOhem(5, component="cls")(boxes, CLS, image=image).tolist() == [1, 2]
    assert mining.RoiOhem(1, component="cls")(APART, CLS, image=image).tolist() == [1, 2]


def naive(boxes, losses, iou, n):
    """Every box against all kept before it."""
    kept = []
    for row in sorted(range(len(boxes)), key=lambda row: -losses[row]):
        x1, y1, x2, y2 = boxes[row]
        for u1, v1, u2, v2 in (boxes[other] for other in kept):
            both = max(0, min(x2, u2) - max(x1, u1)) * max(0, min(y2, v2) - max(y1, v1))
            if both / ((x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - both) > iou:
                break
        else:
            kept.append(row)
    return sorted(kept[:n])


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_what_a_loop_over_all_pairs_finds(seed):
    generator = torch.Generator().manual_seed(seed)
    corners = 60 * torch.rand(80, 2, generator=generator, dtype=torch.float64)
    boxes = torch.cat([corners, corners + 20 + 20 * torch.rand(80, 2, generator=generator)], dim=1)
    losses = torch.rand(80, generator=generator)
    for n in (5, 80):
        found = mining.RoiOhem(n, iou=0.4, component="cls")(boxes, losses).tolist()
        assert found == naive(boxes.tolist(), losses.tolist(), 0.4, n)
    assert len(found) < 60


def test_the_cells_of_an_object_are_one_region_of_their_summed_loss():
    """Cells 0 and 1 learn one object and together have the largest loss; 3 is background, 4 another image's object."""
    boxes = torch.cat([APART, APART[:1]])
    cls, loc = torch.tensor([2.0, 2.0, 3.0, 1.0, 0.1]), torch.tensor([1.0, 3.0, 2.0, 0.0, 0.1])
    where = {"image": torch.tensor([0, 0, 0, 0, 1]), "of_object": torch.tensor([0, 0, 1, -1, 0])}
    assert mining.RoiOhem(1)(boxes, cls, loc, **where).tolist() == [0, 1, 4]
    assert mining.RoiOhem(1, component="loc")(boxes, cls, loc, **where).tolist() == [0, 1, 4]
    assert mining.RoiOhem(3, component="fp")(boxes, cls, loc, **where).tolist() == [3]
    assert mining.RoiOhem(2, component="miss")(boxes, cls, **where).tolist() == [0, 1, 2, 4]
    alone = where | {"of_object": torch.tensor([0, 2, 1, -1, 0])}
    assert mining.RoiOhem(1, component="cls")(boxes, cls, **alone).tolist() == [2, 4]


def test_objects_predicted_in_the_same_place_have_the_box_of_their_worst_cell():
    """Object 0 predicts APART[1] at its worse cell, where object 1, with a smaller loss, lies too."""
    boxes, of_object = APART[[0, 1, 1]], torch.tensor([0, 0, 1])
    cls = torch.tensor([1.0, 5.0, 4.0])
    assert mining.RoiOhem(2, component="cls")(boxes, cls, of_object=of_object).tolist() == [0, 1]
    assert mining.RoiOhem(2, component="cls")(boxes, torch.tensor([5.0, 1.0, 4.0]), of_object=of_object).tolist() == [
        0,
        1,
        2,
    ]


def test_empty_boxes_and_no_boxes_are_no_trouble():
    point = torch.zeros(2, 4)
    assert mining.RoiOhem(component="cls")(point, torch.tensor([1.0, 2.0])).tolist() == [0, 1]
    assert mining.RoiOhem(component="cls")(point[:0], torch.zeros(0)).tolist() == []
    none = torch.tensor([False, False])
    assert mining.RoiOhem(component="miss")(point, torch.ones(2), is_object=none).tolist() == []


def test_it_says_what_it_kept():
    ohem = mining.RoiOhem(2, component="cls")
    with pytest.raises(MiningError, match="RoiOhem has selected nothing yet"):
        ohem.report()
    ohem(APART, CLS, is_object=IS_OBJECT)
    report = ohem.report()
    assert (report.fraction_kept, report.mean_loss_kept, report.mean_loss_dropped) == (0.5, 4.5, 1.5)
    assert report.classes == {0: 2}


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match="pass reduction='none'"):
        mining.RoiOhem()(APART, CLS.mean(), LOC)
    with pytest.raises(MiningError, match=r"RoiOhem expects boxes \(4, 4\), one per loss; got \(3, 4\)"):
        mining.RoiOhem()(APART[:3], CLS, LOC)
    with pytest.raises(MiningError, match=r"RoiOhem\(component='all'\) needs loc; it was not given"):
        mining.RoiOhem()(APART, CLS)
    with pytest.raises(MiningError, match=r"RoiOhem\(component='fp'\) needs is_object; it was not given"):
        mining.RoiOhem(component="fp")(APART, CLS)
    with pytest.raises(MiningError, match="is_object must be bool; it is int64"):
        mining.RoiOhem(component="fp")(APART, CLS, is_object=IS_OBJECT.long())
    with pytest.raises(MiningError, match="NaN, at position 1 of 4"):
        mining.RoiOhem()(APART, CLS, torch.tensor([0, torch.nan, 0, 0]))
    with pytest.raises(MiningError, match="no component 'box'; there are: all, cls, loc, miss, fp"):
        mining.RoiOhem(component="box")
    with pytest.raises(MiningError, match=r"per_image must be 1 or more and iou in 0 \.\. 1; they are 0, 0\.7"):
        mining.RoiOhem(0)
