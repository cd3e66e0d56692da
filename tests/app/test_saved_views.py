"""Saved views: saved in Explore, opened by a click or by the address, and a source of sets."""

import json
import shutil

import pytest

from hem_core.store import saved_views
from hem_core.store.saved_views import SavedView

HARD = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
FEW = {"all": [{"rows": ["e58", "e59"]}]}


@pytest.fixture
def folder(whole_workspace, tmp_path):
    return shutil.copytree(whole_workspace, tmp_path / "w")


def stored(folder, name="Night shift", **values):
    filled = {"run": "tiny", "data": "tiny-data", "who": "bob", "filter": HARD, "selection": FEW, **values}
    return saved_views.save(folder, SavedView(name, **filled))


def press(test, key):
    next(one for one in test.button if one.key == key).click().run()
    assert not test.exception
    return test


def rules(test):
    return [json.loads(test.session_state[f"hem_{name}"] or "null") for name in ("rule", "selection")]


def written(test):
    return "\n".join(one.value for kind in (test.caption, test.error, test.toast) for one in kind).replace("\\", "")


def test_what_is_on_screen_is_saved_and_listed_with_who_and_when(show, folder):
    address = {"rule": json.dumps(HARD), "selection": json.dumps(FEW), "view": '{"mode":"matrix"}'}
    test = show(folder, "explore", **address)
    assert not test.exception
    assert "difficulty from 90 · selected: 2 chosen" in written(test)
    test.text_input(key="view_name 0").set_value("Night **shift**").run()
    press(test, "view_save")
    view = saved_views.load(folder, "Night **shift**")
    assert (view.filter, view.selection, view.view) == (HARD, FEW, {"mode": "matrix"})
    assert (view.who, view.run, view.data, view.level) == ("anna", "tiny", "tiny-data", "examples")
    assert next(one for one in test.button if one.key == "view_open Night **shift**").label == r"Night \*\*shift\*\*"
    assert "anna, " in written(test)
    test.text_input(key="view_name 1").set_value("Night **shift**").run()
    assert next(one for one in test.button if one.key == "view_save").label == "Replace"


def test_one_click_opens_it(show, folder):
    stored(folder, view={"mode": "matrix"})
    test = show(folder, "explore", rule='{"all":[{"tag":["hard"]}]}')
    press(test, "view_open Night shift")
    assert rules(test) == [HARD, FEW]
    assert json.loads(test.session_state["hem_view"]) == {"mode": "matrix"}


def test_the_address_opens_it_and_follows(show, folder):
    stored(folder)
    test = show(folder, "explore", saved="Night shift")
    assert rules(test) == [HARD, FEW]
    assert "saved" not in test.query_params
    assert json.loads("".join(test.query_params["rule"])) == HARD


def test_an_address_with_an_unknown_name_says_so(show, folder):
    stored(folder)
    test = show(folder, "explore", saved="gone")
    assert not test.exception
    assert "no saved view 'gone'; there are: Night shift" in written(test)
    assert "saved" not in test.query_params


def test_a_rule_reads_in_every_place_as_the_chips_of_explore_say_it(show, calibrated):
    lasso = {"polygon": {"x": "x", "y": "y", "points": [[0, 0], [1, 0], [1, 1]]}}
    rule = {"all": [lasso, {"column": "difficulty_in_class", "min": 50, "max": None}]}
    in_words = "lasso on map x and map y · difficulty within its class from 50"
    folder = calibrated()
    for page, address in (("explore", {}), ("review", {"queue": "filter"}), ("sets", {})):
        test = show(folder, page, rule=json.dumps(rule), **address)
        assert not test.exception
        assert in_words in written(test), page


def test_a_lasso_on_the_map_of_another_run_is_left_out(show, folder, add_run):
    add_run(folder, "later")
    lasso = {"polygon": {"x": "x", "y": "y", "points": [[0, 0], [1, 0], [1, 1]]}}
    stored(folder, selection={"all": [lasso]})
    test = show(folder, "explore", saved="Night shift", run="later")
    assert rules(test) == [HARD, None]
    assert test.session_state["hem_run"] == "later"
    assert "A lasso on the embedding map was left out" in written(test)
    assert rules(show(folder, "explore", saved="Night shift")) == [HARD, {"all": [lasso]}]


def test_rename_and_delete_ask_first(show, folder):
    stored(folder)
    stored(folder, "b")
    test = press(show(folder, "explore"), "view_rename Night shift")
    test.text_input(key="view_new Night shift").set_value("b").run()
    press(test, "view_renames")
    assert "there is a saved view 'b' already" in written(test)
    press(test, "view_delete b")
    assert len(saved_views.listing(folder)) == 2
    press(test, "view_deletes")
    press(test, "view_rename Night shift")
    test.text_input(key="view_new Night shift").set_value("b").run()
    press(test, "view_renames")
    assert [view.name for view in saved_views.listing(folder)] == ["b"]


def test_a_set_can_be_made_from_it(show, folder):
    stored(folder)
    stored(folder, "of another level", level="boxes")
    stored(folder, "of other columns", filter={"all": [{"column": "gone", "in": ["x"]}]})
    test = show(folder, "sets")
    source = next(one for one in test.get("button_group") if one.label == "From")
    source.set_value("saved").run()
    assert not test.exception
    assert test.selectbox(key="set_saved_view").options == ["Night shift"]
    assert "Save 2 examples as version 1" in [one.label for one in test.button]
