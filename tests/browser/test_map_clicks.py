"""What a click on the map picks and lets go, run by node on a bus that only remembers."""

import pytest

BUS = """
  const set = [], bus = { picks: new Set(v.picks), selected: v.selection ? [1] : null,
    selection: { all: v.selection ?? [] }, idsOf: async (rows) => rows.map(String),
    set: (change) => { set.push(change); if (change.picks) bus.picks = change.picks; } };
  const clicks = m.makeClicks(bus);
  for (const [row, adds] of v.clicks) await clicks.click(row, adds);
  if (v.double) clicks.giveBack();
  return [...set.slice(-1)].map((one) => one.picks ? [...one.picks] : one.selection.all)[0] ?? null;
"""


@pytest.mark.parametrize(
    ("picks", "clicks", "left"),
    [
        ([], [[3, False]], [3]),
        ([1, 2], [[3, False]], [3]),
        ([1, 2], [[3, True]], [1, 2, 3]),
        ([1, 3], [[3, True]], [1]),
        ([3], [[3, False]], []),
        ([1, 2], [[-1, False]], []),
        ([], [[-1, False]], None),
    ],
)
def test_a_click_picks_adds_or_lets_go(run_js, picks, clicks, left):
    assert run_js("explorer/map_clicks.js", BUS, picks=picks, clicks=clicks) == left


def test_a_double_click_on_empty_ground_gives_back_what_its_first_click_took(run_js):
    one = {"column": "loss", "min": 1, "max": None}
    taken = {"picks": [1, 2], "clicks": [[-1, False]]}
    assert run_js("explorer/map_clicks.js", BUS, **taken, double=True) == [1, 2]
    of_selection = {"picks": [], "selection": [one], "clicks": [[-1, False]]}
    assert run_js("explorer/map_clicks.js", BUS, **of_selection) == []
    assert run_js("explorer/map_clicks.js", BUS, **of_selection, double=True) == [one]
