"""The edges of the panes, the link to a screen, and the zoom in the address, without a page."""

from urllib.parse import parse_qs

import pytest


@pytest.mark.parametrize(
    ("px", "free", "now", "width"),
    [
        (300, 500, 232, 300),
        (10, 500, 232, 140),  # what a pane needs to be read
        (900, 5000, 232, 480),
        (400, 50, 232, 282),  # no further than the map can give
        (300, -80, 232, 152),  # where the map is too small already, the pane gives way
    ],
)
def test_a_pane_stays_readable_and_leaves_room_for_the_map(evaluate, px, free, now, width):
    found = evaluate("explorer/panes.js", "m.within(m.EDGES[0], v.px, v.free, v.now)", px=px, free=free, now=now)
    assert found == width


@pytest.mark.parametrize(
    ("text", "widths"),
    [
        ('{"filters": 300, "gallery": 700}', {"filters": 300, "gallery": 700}),
        ('{"filters": 9000, "gallery": "x", "other": 300}', {}),
        ("no JSON", {}),
        ("null", {}),
        (None, {}),
    ],
)
def test_widths_that_make_no_sense_are_forgotten(evaluate, text, widths):
    assert evaluate("explorer/panes.js", "m.read(v.text)", text=text) == widths


def test_a_link_has_the_whole_state_and_lets_nobody_in(evaluate):
    state = {"run": "a b", "level": "boxes", "filter": {"all": [{"search": "ü&x"}]}, "selection": {"all": []},
             "view": {"mode": "table"}}  # fmt: skip
    search = "?token=secret&run=old&selection=x&example=e%231&page=3&zoom=1,2,3,4"
    found = parse_qs(evaluate("explorer/link.js", "m.linkQuery(v.search, v.state)", search=search, state=state)[1:])
    assert found == {
        "run": ["a b"], "level": ["boxes"], "rule": ['{"all":[{"search":"ü&x"}]}'], "view": ['{"mode":"table"}'],
        "example": ["e#1"], "page": ["3"], "zoom": ["1,2,3,4"],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "2,1,3,4", "a,b,c,d", "1,,3,4", "0,1,5,5"])
def test_a_zoom_that_is_none_shows_everything(evaluate, text):
    assert evaluate("explorer/camera.js", "m.read(v.text)", text=text) is None


def test_a_zoom_comes_back_from_the_address(evaluate):
    part = {"x0": -0.0123456789, "x1": 2.5, "y0": 1e-7, "y1": 1234.5678}
    found = evaluate("explorer/camera.js", "m.read(m.written(v.part))", part=part)
    assert found == pytest.approx(part, rel=1e-5)


def test_a_map_of_distances_keeps_its_scale_and_its_middle_when_its_pane_grows(evaluate):
    frame = {"x0": 0, "x1": 10, "y0": 0, "y1": 5, "width": 400, "height": 200, "ratio": 2}
    bare = evaluate("explorer/camera.js", "m.resized(v.frame, 300, 200, { isBare: true })", frame=frame)
    assert bare == {"x0": -2.5, "x1": 12.5, "y0": -2.5, "y1": 7.5}
    plain = evaluate("explorer/camera.js", "m.resized(v.frame, 300, 200, {})", frame=frame)
    assert plain == {"x0": 0, "x1": 10, "y0": 0, "y1": 5}
