"""The parts of Review that need no page, run by node."""

import pytest

from app.wire import tag_words


@pytest.fixture
def asked(evaluate):
    """asked(events, mode, **desk): what each key asks for; an event is a key, or properties of a KeyboardEvent."""

    def ask(events, mode="plain", **desk):
        events = [event if isinstance(event, dict) else {"key": event} for event in events]
        usual = {"verdicts": tag_words.offered(), "isEmpty": True, "isInput": False, "classes": []}
        expression = "v.events.map((event) => m.request(event, { ...v.desk, keys: new Map(v.desk.classes) }))"
        return evaluate("review/key_requests.js", expression, events=events, desk={"mode": mode, **usual, **desk})

    return ask


def test_the_digits_are_the_verdicts_in_the_order_of_the_server_s_list(asked):
    assert asked("12345670") == [
        ["verdict", "right"], ["verdict", "hard"], ["verdict", "mislabelled"], ["verdict", "ambiguous"],
        ["verdict", "outlier"], ["verdict", "duplicate"], ["verdict", "skip"], ["clear"],
    ]  # fmt: skip
    assert asked(["8", "9", "x", "Enter", "Escape"]) == [None] * 5


def test_letters_and_arrows_walk_undo_and_help(asked):
    assert asked(["u", "U", "n", "b", "?", "ArrowLeft", "ArrowRight"]) == [
        ["undo"], ["undo"], ["next open"], ["blind"], ["help"], ["previous"], ["next"]]  # fmt: skip


@pytest.mark.parametrize("mode", ["plain", "choose", "blind", "reveal"])
def test_control_command_and_alt_are_no_verdicts_and_control_z_is_undo(asked, mode):
    held = [{"key": key, name: True} for key in "1234567" for name in ("ctrlKey", "metaKey", "altKey")]
    classes = [["1", "cat"], ["2", "dog"]]
    assert asked(held, mode, classes=classes) == [None] * len(held)
    assert asked([{"key": "z", "ctrlKey": True}, {"key": "Z", "metaKey": True}], mode) == [["undo"], ["undo"]]
    others = [{"key": "z", "ctrlKey": True, "shiftKey": True}, {"key": "z", "ctrlKey": True, "altKey": True}]
    assert asked(others, mode) == [None, None]
    assert asked([{"key": "z", "ctrlKey": True}], mode, isEmpty=False) == [None]  # it belongs to what is being typed


@pytest.mark.parametrize("mode", ["plain", "choose", "blind", "reveal"])
def test_a_key_held_down_judges_nothing_and_an_arrow_held_down_walks(asked, mode):
    keys = [*"1234567u0", "Enter", "b", "n"]
    held = [{"key": key, "repeat": True} for key in keys] + [{"key": "z", "ctrlKey": True, "repeat": True}]
    assert asked(held, mode, classes=[["1", "cat"]]) == [["nothing"]] * len(held)
    assert asked([{"key": "ArrowRight", "repeat": True}], "plain") == [["next"]]
    assert asked([{"key": "a", "repeat": True}], "blind", isInput=True) == [None]  # the field takes it


def test_where_nothing_can_be_stored_keys_walk_and_look_and_none_judges(asked):
    keys = [*"1234567", "0", "u", "n", "b", "a", "Enter"]
    assert asked(keys, "locked", hasBoxes=True) == [None] * len(keys)
    assert asked(["ArrowLeft", "ArrowRight", "?", "z"], "locked", hasBoxes=True) == [
        ["previous"], ["next"], ["help"], ["close"]]  # fmt: skip


def test_a_french_keyboard_gives_verdicts_without_shift(asked):
    assert asked([{"key": "&", "code": "Digit1"}, {"key": '"', "code": "Digit3"}]) == [
        ["verdict", "right"], ["verdict", "mislabelled"]]  # fmt: skip
    assert asked([{"key": "!", "code": "Digit1", "shiftKey": True}]) == [None]


def test_the_class_of_a_wrong_label_is_picked_accepted_or_typed(asked):
    classes = [["1", "cat"], ["2", "dog"]]
    keys = ["1", "2", "5", "0", "Enter", "Escape", "k", "ArrowDown"]
    assert asked(keys, "choose", classes=classes, unsure="0") == [
        ["class", "cat"], ["class", "dog"], ["nothing"], ["class", ""], ["accept"], ["back"], ["type", "k"],
        ["mark", 1],
    ]  # fmt: skip
    assert asked(["1"], "choose", classes=classes, isEmpty=False, isInput=True) == [None]
    assert asked(["1"], "choose", classes=[]) == [["type", "1"]]  # where names begin with digits, they are typed


def test_a_number_is_typed_whatever_it_begins_with(asked):
    found = asked(["0", "-", "5", "?", "Enter"], "choose", classes=[], unsure="?")
    assert found == [["type", "0"], ["type", "-"], ["type", "5"], ["class", ""], ["accept"]]


def test_blind_letters_name_the_class_and_shifted_digits_are_verdicts_that_need_none(asked):
    keys = ["1", "u", "b", "n", "Enter", "ArrowRight", "?"]
    assert asked(keys, "blind", classes=[["1", "cat"]]) == [
        ["class", "cat"], ["type", "u"], ["type", "b"], ["type", "n"], ["accept"], ["next"], ["help"]]  # fmt: skip
    shifted = [
        {"key": key, "code": f"Digit{digit}", "shiftKey": True} for digit, key in zip("1234567", "!@#$%^&", strict=True)
    ]
    assert asked(shifted, "blind") == [
        ["type", "!"], ["type", "@"], ["type", "#"],
        ["verdict", "ambiguous"], ["verdict", "outlier"], ["verdict", "duplicate"], ["verdict", "skip"],
    ]  # fmt: skip
    assert asked(["Escape", "ArrowLeft"], "blind", isEmpty=False, isInput=True) == [["empty"], None]


def test_while_the_label_is_shown_no_key_judges(asked):
    assert asked([*"1234567a", "Enter", " ", "u", "ArrowLeft"], "reveal") == [
        *[["nothing"]] * 8, ["next"], ["next"], ["undo"], ["previous"]]  # fmt: skip


def test_letters_of_an_input_method_are_left_to_it(asked):
    assert asked([{"key": "1", "isComposing": True}]) == [None]


@pytest.mark.parametrize(
    ("element", "takes"),
    [
        ({"tagName": "INPUT", "type": "text"}, True), ({"tagName": "INPUT", "type": "number"}, True),
        ({"tagName": "TEXTAREA"}, True), ({"tagName": "SELECT"}, True),
        ({"tagName": "DIV", "isContentEditable": True}, True),
        ({"tagName": "INPUT", "type": "checkbox"}, False), ({"tagName": "INPUT", "type": "range"}, False),
        ({"tagName": "BUTTON"}, False), ({"tagName": "BODY"}, False), (None, False),
    ],
)  # fmt: skip
def test_keys_belong_to_what_takes_text_and_to_nothing_else(evaluate, element, takes):
    assert evaluate("review/key_requests.js", "m.takesText(v.element)", element=element) is takes


def test_typing_finds_the_name_itself_then_beginnings_then_words_then_the_rest(evaluate):
    names = ["wildcat", "big cat", "caterpillar", "cat", "dog", "Café au lait"]
    found = evaluate("shared/class_search.js", "v.typed.map((one) => m.matching(v.names, one))", names=names,
                   typed=["CAT", "", "  ", "cafe", "lait", "x"])  # fmt: skip
    assert found == [["cat", "caterpillar", "big cat", "wildcat"], names, names, ["Café au lait"], ["Café au lait"], []]


def test_one_among_a_thousand_classes_is_found_by_its_name(evaluate):
    names = [f"class {k}" for k in range(1000)]
    assert evaluate("shared/class_search.js", "m.matching(v.names, 'class 7').slice(0, 3)", names=names) == [
        "class 7", "class 70", "class 71"]  # fmt: skip


@pytest.mark.parametrize(
    ("classes", "keys"),
    [
        (["cat", "dog"], [["1", "cat"], ["2", "dog"]]),
        (["3", "0", "7"], [["3", "3"], ["0", "0"], ["7", "7"]]),
        (["10", "2 doors", "cat"], []),  # a digit begins a name: it is typed
        ([chr(97 + k) for k in range(12)], [[str(k + 1), chr(97 + k)] for k in range(9)]),
    ],
)
def test_a_class_has_a_key_where_that_is_not_also_its_spelling(evaluate, classes, keys):
    assert evaluate("shared/class_search.js", "[...m.shortcuts(v.classes, v.classes)]", classes=classes) == keys


def test_the_address_carries_the_example_beside_everything_else(evaluate):
    expression = """[
      m.withExample("?run=a&rule=%7B%7D", { id: "x/ü&1.png", place: 3 }), m.withExample("?run=a&example=b", null),
      m.withExample("?example=old", { id: null, place: 3 }), m.withExample("", null)]"""
    assert evaluate("review/address.js", expression) == [
        "?run=a&rule=%7B%7D&example=x%2F%C3%BC%261.png", "?run=a", "?place=3", ""]  # fmt: skip


def test_an_address_names_an_example_by_its_id_and_blind_by_its_place(evaluate):
    expression = """[["?example=a", 9, "a"], ["?example=a", 9, "b"], ["?place=9", 9, "b"],
      ["?place=8", 9, "b"], ["", 0, ""]].map(([search, place, id]) => m.names(search, { place, id }))"""
    assert evaluate("review/address.js", expression) == [True, False, True, False, False]


@pytest.fixture
def told(evaluate):
    """told(steps): a page's verdicts after some calls of makeVerdicts(); the last one's result is `changed`."""
    expression = """((all) => { let changed; for (const [name, ...rest] of v.steps) changed = all[name](...rest);
      return { changed, one: all.get(1) ?? null, two: all.get(2) ?? null }; })(m.makeVerdicts())"""
    return lambda steps: evaluate("review/verdicts.js", expression, steps=steps)


HARD, SKIP = {"tag": "hard", "value": "", "who": "ann"}, {"tag": "skip", "value": "", "who": "ben"}


def test_what_others_said_shows_and_is_named_as_changed(told):
    assert told([["take", 5, [1, 2], {"1": SKIP}]]) == {"changed": [1], "one": SKIP, "two": None}
    assert told([["take", 5, [1], {"1": SKIP}], ["take", 6, [1], {"1": SKIP}]])["changed"] == []
    assert told([["take", 5, [1], {"1": SKIP}], ["take", 6, [1], {}]]) == {"changed": [1], "one": None, "two": None}


def test_what_was_said_here_holds_until_the_server_s_word_is_as_new(told):
    said = [["say", 1, HARD]]
    assert told([*said, ["take", 9, [1], {"1": SKIP}]])["one"] == HARD  # not stored yet: whatever the revision
    stored = [*said, ["stored", 1, 6]]
    assert told([*stored, ["take", 5, [1], {}]])["one"] == HARD  # told before it was stored
    assert told([*stored, ["take", 7, [1], {"1": SKIP}]]) == {"changed": [1], "one": SKIP, "two": None}


def test_the_second_of_two_words_on_one_example_waits_for_its_own_answer(told):
    twice = [["say", 1, SKIP], ["say", 1, HARD], ["stored", 1, 6]]
    assert told([*twice, ["take", 6, [1], {"1": SKIP}]])["one"] == HARD


def test_what_the_server_refused_or_decided_itself_is_the_server_s(told):
    assert told([["say", 1, HARD], ["refused", 1], ["take", 3, [1], {}]])["one"] is None
    answered = {"tag": "answered", "value": "cat", "who": "ann"}
    assert told([["say", 1, answered], ["stored", 1, 4, HARD]])["one"] == HARD


def test_a_window_keeps_its_id_over_a_reload_and_a_duplicated_tab_gets_another(evaluate):
    """Locks as a browser has them: one holder a name, let go when the window closes."""
    expression = """(async () => {
      const open = new Set(), stored = new Map();
      const locks = { async request(name, options, take) {
        if (open.has(name)) return take(null);
        open.add(name);
        return take({ name });
      } };
      const storage = (map) => ({ getItem: (key) => map.get(key) ?? null, setItem: (key, id) => map.set(key, id) });
      const first = await m.freshId(storage(stored), locks, () => "first");
      const copy = new Map(stored);
      const duplicate = await m.freshId(storage(copy), locks, () => "second");
      open.clear();
      const reloaded = await m.freshId(storage(stored), locks, () => "third");
      return [first, duplicate, copy.get("hem-window"), reloaded];
    })()"""
    assert evaluate("shared/window_id.js", expression) == ["first", "second", "second", "first"]


def test_an_interval_stands_in_brackets_where_its_ends_differ(evaluate):
    read = "v.ends.map(([low, high]) => m.interval(low, high))"
    assert evaluate("review/why.js", read, ends=[[0.71, 0.9], [0.001, 0.004]]) == [" (71–90%)", None]
