import numpy as np

from hem_core.boxes.background import background_crop

NOTHING = np.zeros((0, 4))


def test_a_crop_has_twice_the_sides_and_ends_with_the_image():
    assert background_crop(np.array([100.0, 100, 200, 180]), NOTHING, (640, 480)) == (50, 60, 250, 220)
    assert background_crop(np.array([0.0, 0, 10, 10]), NOTHING, (640, 480)) == (0, 0, 37, 37)  # 64 px around (5, 5)


def test_a_crop_ends_where_a_given_box_begins_on_the_side_that_costs_least():
    box = np.array([100.0, 100, 200, 180])
    assert background_crop(box, np.array([[230.0, 0, 400, 400]]), (640, 480)) == (50, 60, 230, 220)
    assert background_crop(box, np.array([[0.0, 0, 640, 90]]), (640, 480)) == (50, 90, 250, 220)
    both = np.array([[230.0, 0, 400, 400], [0.0, 0, 640, 90]])
    assert background_crop(box, both, (640, 480)) == (50, 90, 230, 220)


def test_there_is_none_where_a_given_box_reaches_into_it():
    assert background_crop(np.array([100.0, 100, 200, 180]), np.array([[190.0, 110, 300, 170]]), (640, 480)) is None
