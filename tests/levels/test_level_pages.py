"""The pages on a second level: the switch, the counts, and that nothing of it shows in a run of one level."""

import json

import pytest

LEFT = {"all": [{"column": "side", "in": ["left"]}]}
PAGES = ("overview", "explore", "review", "slices", "labels", "sets", "compare")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_on_the_level_of_the_address(show, halved, page):
    test = show(halved, page, run="few", level="halves")
    assert not test.exception
    assert not test.error
    assert not test.toast
    assert any("800 halves" in caption.value for caption in test.caption)


def test_review_and_sets_name_the_rows_of_the_level(show, halved):
    review = show(halved, "review", run="few", level="halves", id="nothing")
    assert any("of 800 halves" in caption.value for caption in review.caption)
    assert any("Save 80 halves" in button.label or "halves as version" in button.label
               for button in show(halved, "sets", run="few", level="halves").button)  # fmt: skip


def test_the_switch_goes_to_the_other_level_and_keeps_the_filter_as_far_as_it_goes(show, halved):
    test = show(halved, "overview", run="few", rule=json.dumps(LEFT))
    assert "no column 'side'" in test.toast[0].value.replace("\\", "")
    assert any("400 examples" in caption.value for caption in test.caption)
    picker = next(group for group in test.button_group if group.key == "level_picker")
    picker.set_value(["halves"]) if isinstance(picker.value, list) else picker.set_value("halves")
    test.run()
    assert not test.exception
    assert "".join(test.query_params["level"]) == "halves"
    assert any("800 halves" in caption.value for caption in test.caption)


def test_a_run_of_one_level_has_no_switch_and_no_level_in_its_address(show, scored_digits):
    test = show(scored_digits, "overview", run="few")
    assert not [group for group in test.button_group if group.key == "level_picker"]
    assert "level" not in test.query_params


def test_a_level_that_the_run_has_not_shows_the_examples(show, scored_digits):
    test = show(scored_digits, "overview", run="few", level="boxes")
    assert not test.exception
    assert "level" not in test.query_params


ON_SCREEN = ("markdown", "caption", "text", "warning", "error", "info", "success", "metric", "button", "toggle", "tabs")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_parts_never_calls_them_examples(show, compared, page):
    test = show(compared, page, run="few", level="halves", against="other", queue="mixed")
    assert not test.exception
    about_the_run = (  # what the run says of its examples, on any level
        "400 examples",
        "were trained on",
        "was trained on",
        "was not trained on",
        "to plant probes",
        "without the examples that it predicts",
        "verdict on an example of few",
    )
    for kind in ON_SCREEN:
        for element in getattr(test, kind):
            sentence = f"{getattr(element, 'label', '')} {getattr(element, 'value', '')} {getattr(element, 'help', '')}"
            if not any(words in sentence for words in about_the_run):
                assert "example" not in sentence.lower(), f"{kind}: {sentence}"


def test_compare_counts_the_rows_of_the_level(show, compared):
    test = show(compared, "compare", run="few", level="halves", against="other")
    assert any("of 800 halves" in metric.delta for metric in test.metric)
    assert any("right and wrong on the same halves" in caption.value for caption in test.caption)
