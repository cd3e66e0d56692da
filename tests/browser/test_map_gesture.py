"""What a lasso on the map selects and where it is drawn again, run by node."""

import pytest

MODULE = "explorer/map_gesture.js"
FRAME = {"x0": 0, "x1": 10, "y0": 0, "y1": 10, "width": 200, "height": 200, "ratio": 2}  # 10 CSS pixels a unit
AXES = {"x": "loss", "y": "margin"}
SQUARE = [[10, 10], [50, 10], [50, 50], [10, 50]]


def test_a_lasso_selects_in_units_of_the_data_with_y_upwards(evaluate):
    clause = evaluate(MODULE, "m.polygonClause(v.path, v.frame, v.axes)", path=SQUARE, frame=FRAME, axes=AXES)
    assert clause["polygon"] == {"x": "loss", "y": "margin", "points": [[1, 9], [5, 9], [5, 5], [1, 5]]}


@pytest.mark.parametrize("path", [[[10, 10]], [[10, 10], [50, 50]]])
def test_a_path_without_an_area_selects_nothing(evaluate, path):
    assert evaluate(MODULE, "m.polygonClause(v.path, v.frame, v.axes)", path=path, frame=FRAME, axes=AXES) is None


def test_a_lasso_is_drawn_again_where_it_was_and_only_on_its_own_axes(evaluate):
    made = "m.selectingPaths({ all: [m.polygonClause(v.path, v.frame, v.drawn)] }, v.frame, v.axes)"
    assert evaluate(MODULE, made, path=SQUARE, frame=FRAME, axes=AXES, drawn=AXES) == [SQUARE]
    others = {"x": "loss", "y": "entropy"}
    assert evaluate(MODULE, made, path=SQUARE, frame=FRAME, axes=AXES, drawn=others) == []
