import json

from app.views.explore import _count, _valid
from hem_core.store.run import open_run


def test_the_page_draws_without_a_word_of_warning(show, whole_workspace):
    test = show(whole_workspace, "explore")
    assert not test.exception
    assert not test.error
    assert not test.toast


def test_a_filter_that_this_run_cannot_answer_is_left_out_and_said(show, whole_workspace):
    rule = json.dumps({"all": [{"column": "gone", "in": ["x"]}]})
    test = show(whole_workspace, "explore", rule=rule)
    assert not test.exception
    assert "no column 'gone'" in test.toast[0].value.replace("\\", "")


def test_filter_and_selection_count_together(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    run = open_run(whole_workspace / "runs" / "tiny")
    hard = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    cats = {"all": [{"column": "label", "in": ["cat"]}]}
    assert (_count(run, None, None), _count(run, hard, None), _count(run, hard, cats)) == (60, 6, 2)
    assert _count(run, {"all": [{"tag": []}]}, None) == 60
    assert _valid(run, hard) == hard
