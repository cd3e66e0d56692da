"""The page History: what it lists, its filters, and reversals that say first what they change."""

import json
import shutil

import pytest

from app.views.history import past_words
from hem_core.store.tag_pages import Action, Wanted
from hem_core.store.tag_reversal import Reversal
from hem_core.store.tags import TagLog


@pytest.fixture
def log(whole_workspace, tmp_path):
    """A workspace of one's own and its log."""
    folder = tmp_path / "w"
    shutil.copytree(whole_workspace, folder)
    return folder, TagLog(folder / "tags.sqlite")


DATA = "tiny-data"
LATER = "was tagged again later and stays as it is."
NOTHING = "tagged again later, and that stays: nothing would change but this list."


def lines(test):
    return [
        one.proto.body for one in test.get("html") if "hem-past" in one.proto.body and "<style>" not in one.proto.body
    ]


def press(test, key):
    next(one for one in test.button if one.key == key).click().run()
    assert not test.exception
    return test


def written(test):
    parts = (test.success, test.error, test.markdown, test.info, test.caption, test.subheader)
    return "\n".join(one.value for kind in parts for one in kind).replace("\\", "")


def test_without_actions_it_says_what_will_be_here(show, whole_workspace):
    test = show(whole_workspace, "history")
    assert not test.exception
    assert "Nothing has been done yet" in written(test)


def test_actions_newest_first_in_the_words_of_the_app(show, log):
    folder, log = log
    first = log.add(DATA, ["e00"], "mislabelled", who="bob", value="<b>fox</b>", window="elsewhere")
    rule = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    log.add(DATA, [f"e{k:02d}" for k in range(54, 60)], "hard", who="anna", rule=rule)
    log.add(DATA, ["e01", "e02"], "night", who="anna")
    log.undo(DATA, who="anna", batch=first)
    log.clear(DATA, ["e01"], who="bob")
    test = show(folder, "history")
    assert not test.exception
    found = lines(test)
    assert "<b>cleared all tags</b> · e01" in found[0]
    assert "<b>reversed: “label wrong → &lt;b&gt;fox&lt;/b&gt;”</b> · e00" in found[1]
    assert "what bob did" in found[1]
    assert "<b>“night”</b> · 2 examples" in found[2]
    assert "chosen one by one" in found[2]
    assert "<b>“hard, keep”</b> · 6 examples" in found[3]
    assert "by a filter: difficulty from 90" in found[3]
    assert 'class="is-undone"' in found[4]
    assert "reversed by anna" in found[4]
    assert "data:image/webp" in found[4]
    assert [one for one in found if "is-undone" in one] == [found[4]]
    assert f"reverse {first}" not in [one.key for one in test.button]
    assert "1 to 5 of 5 actions" in written(test)


def test_what_this_window_did_is_marked(show, log, monkeypatch):
    folder, log = log
    log.add(DATA, ["e00"], "hard", who="anna", window="w1")
    log.add(DATA, ["e01"], "hard", who="anna", window="w2")
    test = show(folder, "history")
    assert ["this window" in line for line in lines(test)] == [False, False]
    test.session_state["hem_kept_window"] = "w1"
    assert ["this window" in line for line in lines(test.run())] == [False, True]


def test_filters_stand_in_the_address_and_lead_back_to_the_first_page(show, log):
    folder, log = log
    for k in range(45):
        log.add(DATA, [f"e{k:02d}"], "hard" if k % 2 else "night", who="bob" if k < 3 else "anna")
    test = show(folder, "history")
    assert len(lines(test)) == 20
    press(press(test, "history_older"), "history_older")
    assert len(lines(test)) == 5
    assert "e00" in lines(test)[-1]
    assert "41 to 45 of 45 actions" in written(test)
    test.selectbox(key="history_who").select("bob").run()
    assert [line.split(" · ")[1].split("<")[0] for line in lines(test)] == ["e02", "e01", "e00"]
    assert json.loads("".join(test.query_params["history"])) == {"who": "bob"}
    test.text_input(key="history_text").set_value("Keep").run()  # the title of `hard`
    assert len(lines(test)) == 1
    press(test, "history_clear")
    assert len(lines(test)) == 20
    assert "history" not in test.query_params


@pytest.mark.parametrize("address", ['{"page": 99}', '{"kind": "mine", "days": ["x"], "who": 3, "page": -1}', "[]"])
def test_an_address_that_asks_too_much_shows_what_there_is(show, log, address):
    folder, log = log
    log.add(DATA, ["e00"], "hard", who="anna")
    test = show(folder, "history", history=address)
    assert not test.exception
    assert len(lines(test)) == 1


def test_filters_that_match_nothing_say_so(show, log):
    folder, log = log
    log.add(DATA, ["e00"], "hard", who="anna")
    assert "No action matches" in written(show(folder, "history", history='{"kind": "undo"}'))
    assert len(lines(show(folder, "history", history='{"days": ["2000-01-01"]}'))) == 0
    assert len(lines(show(folder, "history", history='{"days": ["2000-01-01", "2999-01-01"]}'))) == 1


def test_a_reversal_says_first_what_it_changes_and_can_be_reversed(show, log):
    folder, log = log
    log.add(DATA, ["e01"], "ambiguous", who="anna")
    batch = log.add(DATA, ["e00", "e01", "e02"], "hard", who="bob")
    log.add(DATA, ["e02"], "easy", who="anna")
    test = press(show(folder, "history"), f"reverse {batch}")
    assert (
        "Takes “hard, keep” off 2 of 3 examples, 1 of which get an earlier one again. "
        "1 row was tagged again later and stays as it is."
    ) in written(test)
    assert len(log.history(DATA)) == 3
    press(test, "history_cancel")
    assert "history_reverse" not in [one.key for one in test.button]
    press(press(test, f"reverse {batch}"), "history_reverse")
    assert "Reversed: “hard, keep”. 2 examples changed, 1 left as they are." in written(test)
    assert log.state(DATA).set_index("id")["tag"].to_dict() == {"e01": "ambiguous", "e02": "easy"}
    newest = log.pages(DATA).read(Wanted())[0]
    assert (newest.who, newest.action) == ("anna", "undo")
    press(test, f"reverse {newest.batch}")
    assert "Gives “hard, keep” to 2 of 3 examples again." in written(test)
    press(test, "history_reverse")
    assert log.state(DATA).set_index("id")["tag"].to_dict() == {"e00": "hard", "e01": "hard", "e02": "easy"}


def test_what_somebody_else_reversed_meanwhile_is_said(show, log):
    folder, log = log
    batch = log.add(DATA, ["e00"], "hard", who="bob")
    test = press(show(folder, "history"), f"reverse {batch}")
    log.undo(DATA, who="eve", batch=batch)
    next(one for one in test.button if one.key == "history_reverse").click().run()
    assert not test.exception
    assert "Somebody has reversed it already" in written(test)
    assert len(log.history(DATA)) == 2


def test_rows_are_shown_in_explore_and_one_is_opened_in_review(show, log):
    folder, log = log
    one = log.add(DATA, ["e07"], "hard", who="bob")
    many = log.add(DATA, ["e01", "e05"], "hard", who="bob")
    test = press(show(folder, "history", rule='{"all":[{"tag":["hard"]}]}'), f"show {many}")
    assert json.loads(test.session_state["hem_selection"]) == {"all": [{"rows": ["e01", "e05"]}]}
    assert test.session_state["hem_rule"] == ""
    assert test.session_state["hem_kept_went_to"] == "explore"
    press(test, f"show {one}")
    assert test.session_state["hem_kept_review_id"] == "e07"
    assert test.session_state["hem_kept_went_to"] == "review"


def test_nobody_without_a_name_reverses(show, log):
    folder, log = log
    batch = log.add(DATA, ["e00"], "hard", who="bob")
    test = press(show(folder, "history", person=""), f"reverse {batch}")
    assert "Takes “hard, keep” off e00." in written(test)
    assert "history_reverse" not in [one.key for one in test.button]


def action(name="add", n=3, **values):
    filled = {"batch": "b", "at_ms": 0, "who": "anna", "tag": "hard", "value": "", "rule": "", "undoes": "",
              "level": "boxes", "window_id": "", "ids": [f"x{k}" for k in range(n)]}  # fmt: skip
    return Action(action=name, **{**filled, **values})


@pytest.mark.parametrize(
    ("acted", "found", "sentence"),
    [
        (action(), Reversal(3, 3, 0), "Takes “hard, keep” off 3 of 3 boxes."),
        (action(n=1), Reversal(1, 1, 1), "Takes “hard, keep” off x0, which gets an earlier tag again."),
        (action("clear"), Reversal(3, 2, 2), f"Gives the tags back to 2 of 3 boxes. 1 row {LATER}"),
        (action("undo", done=action("remove")), Reversal(3, 3, 0), "Takes the tags off 3 of 3 boxes again."),
        (action("redo", done=action()), Reversal(3, 3, 0), "Takes “hard, keep” off 3 of 3 boxes."),
        (action(), Reversal(3, 0, 0), f"All 3 boxes were {NOTHING}"),
        (action(n=1), Reversal(1, 0, 0), f"The row was {NOTHING}"),
        (action(), Reversal(3, 0, 0, is_undone=True), "Somebody has reversed it already. Nothing would change."),
    ],
)  # fmt: skip
def test_the_consequence_in_a_sentence(acted, found, sentence):
    assert past_words.consequence(acted, found) == sentence


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"rule": '{"imported": "a.csv"}'}, "imported from a.csv"),
        ({"rule": '{"annotations": "d1"}', "n": 1}, ""),
        ({"rule": "{broken"}, "chosen one by one"),
        ({"tag": "moved", "value": "WBC [1, 2, 3, 4]", "n": 1}, ""),
    ],
)
def test_how_the_rows_were_chosen(values, wanted):
    assert past_words.chosen_by(action(**values)) == wanted
