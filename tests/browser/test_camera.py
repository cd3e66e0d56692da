"""What part of the data a map shows: a plot of 100 by 50 CSS pixels on a screen of two device pixels each."""

import pytest

FRAME = {"x0": 0, "x1": 10, "y0": 0, "y1": 5, "width": 200, "height": 100, "ratio": 2}
HOME = {"x0": 0, "x1": 10, "y0": 0, "y1": 5}


def test_up_is_more_and_the_corners_are_the_ends(evaluate):
    expression = "[[0, 0], [10, 5], [5, 1]].map(([x, y]) => m.toPixel(v.frame, x, y))"
    assert evaluate("explorer/camera.js", expression, frame=FRAME) == [[0, 50], [100, 0], [50, 40]]


def test_a_pixel_and_its_point_of_the_data_lead_to_each_other(evaluate):
    expression = "m.toPixel(v.frame, ...m.toData(v.frame, 30, 20))"
    assert evaluate("explorer/camera.js", expression, frame=FRAME) == pytest.approx([30, 20])


def test_the_data_follows_the_hand(evaluate):
    found = evaluate("explorer/camera.js", "m.panned(v.frame, 10, -10)", frame=FRAME)
    assert found == {"x0": -1, "x1": 9, "y0": -1, "y1": 4}


def test_the_point_under_the_pointer_stays_where_it_is(evaluate):
    expression = "m.zoomed(v.frame, v.home, [50, 25], 0.5)"
    found = evaluate("explorer/camera.js", expression, frame=FRAME, home=HOME)
    assert found == {"x0": 2.5, "x1": 7.5, "y0": 1.25, "y1": 3.75}


@pytest.mark.parametrize(("factor", "is_allowed"), [(3.9, True), (4.1, False), (2e-4, True), (0.9e-4, False)])
def test_a_zoom_ends_far_out_and_very_close(evaluate, factor, is_allowed):
    expression = "m.zoomed(v.frame, v.home, [0, 0], v.factor) !== null"
    assert evaluate("explorer/camera.js", expression, frame=FRAME, home=HOME, factor=factor) is is_allowed


def test_everything_fits_with_room_at_the_edges(evaluate):
    expression = "m.fitted([0, 100], [0, 100], 400, 400, { regions: v.regions })"
    plain = evaluate("explorer/camera.js", expression, regions=[])
    assert plain == pytest.approx({"x0": -3.5, "x1": 103.5, "y0": -3.5, "y1": 103.5})
    named = evaluate("explorer/camera.js", expression, regions=["easy"])
    assert named == pytest.approx({"x0": -3.5, "x1": 114, "y0": -9, "y1": 109})


def test_one_unit_of_an_embedding_is_as_long_across_as_up(evaluate):
    expression = "m.fitted([0, 10], [3, 3], 200, 100, { isBare: true, regions: [] })"
    part = evaluate("explorer/camera.js", expression)
    across, up = (part["x1"] - part["x0"]) / 200, (part["y1"] - part["y0"]) / 100
    assert across == pytest.approx(up) == pytest.approx(10.7 / 200)


PASSES = """
  const bus = { n: 2, filter: { all: v.isFiltered ? [{}] : [] }, inFilter: "in",
    selected: v.hasSelection ? "chosen" : null };
  const look = { out: "#808080", background: "#000000" }, colour = { palette: [[255, 0, 0]], level: [0, 0] };
  return m.passes(bus, [0, 1], colour, look, 10, v.isHidden).map((one) => [one.mask, one.wanted, one.radius]);
"""
OUT, IN = ["in", 0, 9], ["in", 1, 10]
FADED, CHOSEN = ["in", 1, 9], ["chosen", 1, 11.5]


@pytest.mark.parametrize(
    ("state", "layers"),
    [
        ({}, [IN]),
        ({"isFiltered": True}, [OUT, IN]),
        ({"isFiltered": True, "isHidden": True}, [IN]),
        ({"hasSelection": True}, [FADED, CHOSEN]),
        ({"isFiltered": True, "hasSelection": True}, [OUT, FADED, CHOSEN]),
    ],
)
def test_the_selected_lie_over_the_kept_and_these_over_what_is_filtered_out(run_js, state, layers):
    assert run_js("explorer/map_layers.js", PASSES, **state) == layers
