import json

import pytest

from app.views.explore.page import _count
from hem_core.store.run import open_run


def test_the_page_draws_without_a_word_of_warning(show, whole_workspace):
    test = show(whole_workspace, "explore")
    assert not test.exception
    assert not test.error
    assert not test.toast


@pytest.mark.parametrize("page", ["explore", "overview", "sets"])
def test_a_clause_that_this_run_cannot_answer_is_removed_and_said_and_the_others_stay(show, whole_workspace, page):
    kept = {"column": "label", "in": ["cat"]}
    rule = {"all": [{"column": "gone", "in": ["x"]}, kept]}
    test = show(whole_workspace, page, rule=json.dumps(rule), selection=json.dumps({"all": [{"rows": ["nobody"]}]}))
    assert not test.exception
    said = test.toast[0].value.replace("\\", "")
    assert "no column 'gone'" in said
    assert "'nobody' does not occur in the ids of this run" in said
    assert json.loads(test.session_state["hem_rule"]) == {"all": [kept]}
    assert json.loads("".join(test.query_params["rule"])) == {"all": [kept]}
    assert "selection" not in test.query_params
    assert not test.run().toast


def test_filter_and_selection_count_together(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    run = open_run(whole_workspace / "runs" / "tiny")
    hard = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    cats = {"all": [{"column": "label", "in": ["cat"]}]}
    assert (_count(run.examples, None, None), _count(run.examples, hard, None), _count(run.examples, hard, cats)) == (
        60,
        6,
        2,
    )
    assert _count(run.examples, {"all": [{"tag": []}]}, None) == 60
