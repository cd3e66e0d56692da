import pytest
from streamlit.testing.v1 import AppTest


def app(script, **address):
    test = AppTest.from_function(script)
    for name, value in address.items():
        test.query_params[name] = value
    return test.run()


def _shown():
    import streamlit as st

    from app import state

    state.sync()
    st.json({"run": state.current_run(), "rule": state.rule(), "queue": state.queue(), "who": state.person()})
    if st.button("filter"):
        state.set_rule({"all": [{"column": "loss", "min": 1, "max": None}]})
    if st.button("long"):
        state.set_selection({"all": [{"rows": ["x" * 20] * 1000}]})
    if st.button("leave"):
        st.query_params.clear()
    if st.button("level"):
        state.set_current_level("boxes")


def seen(test):
    import json

    return json.loads(test.json[0].value)


def test_an_address_opens_what_it_says(monkeypatch):
    monkeypatch.setenv("HEM_PERSON", "anna")
    rule = '{"all":[{"column":"label","in":["cat"]}]}'
    test = app(_shown, run="digits", rule=rule, queue="filter")
    wanted = {"all": [{"column": "label", "in": ["cat"]}]}
    assert seen(test) == {"run": "digits", "rule": wanted, "queue": "filter", "who": "anna"}


def test_without_an_address_nothing_is_filtered_and_the_person_is_the_usual_one(monkeypatch):
    monkeypatch.setenv("HEM_PERSON", "anna")
    assert seen(app(_shown)) == {"run": None, "rule": None, "queue": "mixed", "who": "anna"}


def test_a_name_in_a_link_does_not_sign_for_who_opens_it(monkeypatch):
    monkeypatch.setenv("HEM_PERSON", "anna")
    assert seen(app(_shown, who="ben"))["who"] == "anna"
    monkeypatch.delenv("HEM_PERSON")
    assert seen(app(_shown, who="ben"))["who"] == ""


@pytest.mark.parametrize("text", ["[" * 5_000, "{", "[]", '{"all": 3}', '{"all": []}', "null"])
def test_a_broken_rule_in_the_address_is_no_rule(text):
    assert seen(app(_shown, rule=text))["rule"] is None


def test_a_filter_is_written_into_the_address_and_comes_back_when_a_page_change_empties_it():
    test = app(_shown)
    test.button[0].click().run()
    assert '"column":"loss"' in str(test.query_params["rule"])
    test.button[2].click().run()
    assert "rule" not in test.query_params
    test.run()
    assert '"column":"loss"' in str(test.query_params["rule"])
    assert seen(test)["rule"] is not None


def test_going_back_to_an_older_address_wins_over_the_session():
    test = app(_shown)
    test.button[0].click().run()
    test.query_params["rule"] = '{"all":[{"column":"margin","min":2,"max":3}]}'
    test.run()
    assert seen(test)["rule"]["all"][0]["column"] == "margin"


def test_going_back_to_an_address_without_a_filter_takes_it_away():
    test = app(_shown, run="digits")
    test.button[0].click().run()
    assert '"column":"loss"' in str(test.query_params["rule"])
    del test.query_params["rule"]  # the address before, which still names the run
    test.run()
    assert seen(test) == {"run": "digits", "rule": None, "queue": "mixed", "who": seen(test)["who"]}


def test_a_selection_too_long_for_an_address_stays_in_the_session():
    test = app(_shown)
    test.button[1].click().run()
    assert "selection" not in test.query_params
    assert len(test.session_state["hem_selection"]) > 6_000


def test_page_and_zoom_are_of_the_rows_of_one_level():
    test = app(_shown, run="digits", page="3", zoom="0,1,0,1", example="e1")
    test.button[3].click().run()
    assert "".join(test.query_params["level"]) == "boxes"
    assert not {"page", "zoom", "example"} & set(test.query_params)
