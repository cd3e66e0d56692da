import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

CLS = torch.tensor([4.0, 2.0, 1.0, 8.0, 6.0])
LOC = torch.tensor([0.0, 3.0, 5.0, 0.0, 1.0])
IS_OBJECT = torch.tensor([False, True, True, False, True])
IMAGE = torch.tensor([0, 0, 0, 2, 2])


@pytest.mark.parametrize(
    ("component", "wanted"),
    [("cls", [3, 0, 7]), ("loc", [4, 0, 1]), ("miss", [1.5, 0, 6]), ("all", [5.5, 0, 7.5])],
)
def test_each_component_has_the_mean_of_its_two_largest(component, wanted):
    found = mining.image_losses(CLS, LOC, IS_OBJECT, IMAGE, 3, component=component, top=2)
    assert found.tolist() == wanted


def test_a_crowd_of_easy_boxes_does_not_make_an_image_hard():
    cls, image = torch.cat([torch.full((50,), 0.1), torch.tensor([0.9])]), torch.tensor([0] * 50 + [1])
    found = mining.image_losses(cls, None, torch.ones(51, dtype=torch.bool), image, 2, component="cls")
    assert found[1] > found[0]


def test_cells_that_learn_one_object_count_as_one_region():
    """The first image: object 0 at cells 0 and 2, object 1 at cell 3, background at 1; the second: object 0."""
    cls, loc = torch.tensor([1.0, 3.0, 4.0, 2.0, 1.0]), torch.tensor([2.0, 0.0, 2.0, 1.0, 7.0])
    of_object, image = torch.tensor([0, -1, 0, 1, 0]), torch.tensor([0, 0, 0, 0, 1])

    def by(component):
        found = mining.image_losses(cls, loc, None, image, 3, component=component, top=2, of_object=of_object)
        return found.tolist()

    assert by("cls") == [4, 1, 0]  # 1 + 4 of object 0, and 3 of the background
    assert by("loc") == [2.5, 7, 0]
    assert by("miss") == [3.5, 1, 0]
    assert by("all") == [6, 8, 0]
    image = torch.tensor([2, 2, 2, 2, 0])  # the order in which images and regions come does not matter
    assert by("cls") == [1, 0, 4]
    assert by("loc") == [7, 0, 2.5]
    none = torch.zeros(0, dtype=torch.int64)
    assert mining.image_losses(cls[:0], loc[:0], None, none, 1, of_object=none).tolist() == [0]


def test_what_is_not_given_is_asked_for():
    with pytest.raises(MiningError, match="component 'loc' needs loc"):
        mining.image_losses(CLS, None, IS_OBJECT, IMAGE, 3, component="loc")
    with pytest.raises(MiningError, match="no component 'size'; there are: all, cls, loc, miss"):
        mining.image_losses(CLS, LOC, IS_OBJECT, IMAGE, 3, component="size")
    with pytest.raises(MiningError, match="expects image of shape"):
        mining.image_losses(CLS, LOC, IS_OBJECT, IMAGE[:2], 3)
    with pytest.raises(MiningError, match="component 'miss' needs is_object, or of_object"):
        mining.image_losses(CLS, LOC, None, IMAGE, 3, component="miss")
    with pytest.raises(MiningError, match=r"expects of_object as whole numbers, -1 for background; got torch\.bool"):
        mining.image_losses(CLS, LOC, None, IMAGE, 3, of_object=IS_OBJECT)
    with pytest.raises(MiningError, match="top must be 1 or more; it is 0"):
        mining.image_losses(CLS, LOC, IS_OBJECT, IMAGE, 3, top=0)
