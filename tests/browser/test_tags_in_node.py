"""The keys of tags in Review, run by node."""

import pytest

VERDICTS = [{"key": "1", "name": "right"}, {"key": "3", "name": "mislabelled"}, {"key": "7", "name": "skip"}]


@pytest.fixture
def asked(evaluate):
    """asked(events, **desk): what each key asks for while digits are tags."""

    def ask(events, **desk):
        usual = {"mode": "tags", "verdicts": VERDICTS, "isEmpty": True, "isInput": False, "isSearching": False}
        keys = "new Map([['1', 'a'], ['2', 'b']])"
        expression = f"v.events.map((event) => m.request(event, {{ ...v.desk, tagKeys: {keys} }}))"
        events = [event if isinstance(event, dict) else {"key": event} for event in events]
        return evaluate("review/key_requests.js", expression, events=events, desk={**usual, **desk})

    return ask


def test_digits_toggle_enter_confirms_and_a_digit_without_a_tag_does_nothing(asked):
    assert asked(["1", "2", "3", "Enter", "/", "0"]) == [
        ["toggle", "a"], ["toggle", "b"], ["nothing"], ["confirm"], ["tag search", True], ["clear"],
    ]  # fmt: skip


def test_walking_undo_and_help_are_as_elsewhere(asked):
    assert asked(["u", "n", "b", "?", "ArrowLeft", "ArrowRight", "x"]) == [
        ["undo"], ["next open"], ["blind"], ["help"], ["previous"], ["next"], None,
    ]  # fmt: skip


def test_shift_and_a_digit_is_a_verdict_that_says_nothing_of_the_tags(asked):
    shifted = [{"key": key, "code": f"Digit{digit}", "shiftKey": True} for key, digit in (("&", 7), ("!", 1), ("#", 3))]
    assert asked(shifted) == [["verdict", "skip"], ["nothing"], ["nothing"]]


def test_while_searching_letters_are_typed_and_enter_toggles_what_is_found(asked):
    assert asked(["u", "Escape"], isSearching=True) == [["tag letter", "u"], ["tag search", False]]
    assert asked(["Enter"], isSearching=True, found="urban") == [["toggle", "urban"]]
    assert asked(["Enter"], isSearching=True) == [["tag search", False]]
    assert asked(["u"], isSearching=True, isInput=True) == [None]


def test_of_many_tags_the_given_and_the_likely_get_the_digits(evaluate):
    tags = [{"name": f"t{k}", "given": k == 11, "prob": 0.9 if k == 10 else 0.01} for k in range(12)]
    found = evaluate("review/tags.js", "m.ordered(v.tags).map((one) => one.name)", tags=tags)
    assert found[:3] == ["t11", "t10", "t0"]
    assert evaluate("review/tags.js", "m.ordered(v.tags).map((one) => one.name)", tags=tags[:9])[0] == "t0"
