import re
from pathlib import Path

import pytest

from hem_core.errors import RunError
from hem_core.retrain.expectation import FIGURE, expectation
from hem_core.retrain.report import answer as answers
from hem_core.retrain.report.answer import answer
from hem_core.retrain.settings import ARMS_OF_QUESTION, QUESTIONS, Settings

RESULTS = Path(__file__).parents[2] / "benchmarks" / "RESULTS.md"


def report(*differences, **row):
    pairs = ("curated - control", "curated - random")
    named = {
        pair: dict(zip(("mean", "low", "high"), each, strict=True))
        for pair, each in zip(pairs, differences, strict=False)
    }
    flow = {"fixed": {"mean": 6.0}, "regressed": {"mean": 2.0}, "churn": {"fixed": {"mean": 4.0}}}
    table = [{"measure": "accuracy", "unit": "%", "better": "higher", "difference": named, **row}]
    return {"table": table, "flow": flow}


ACT, RANDOM = "Training without these 12 examples", "leaving out as many at random"
OPEN_WORDS = "No difference from training on all of the data is shown"
UP, DOWN, OPEN = (1.2, 0.4, 2.0), (-1.2, -2.0, -0.4), (0.1, -0.5, 0.7)


@pytest.mark.parametrize(
    ("over_all", "over_random", "word"),
    [
        (UP, UP, "helps"),
        (UP, OPEN, "no better than random"),
        (OPEN, UP, "no difference shown"),
        (OPEN, OPEN, "no difference shown"),
        (DOWN, DOWN, "hurts"),
        (DOWN, OPEN, "no worse than random"),
        (UP, DOWN, "no better than random"),
        (DOWN, UP, "no worse than random"),
    ],
)
def test_a_list_helps_only_where_it_beats_everything_it_is_compared_with(over_all, over_random, word):
    found = answer("drop", 12, report(over_all, over_random))
    assert (found["word"], found["ship"]) == (word, word == "helps")
    least = 2.8 / 3.92 * (OPEN[2] - OPEN[1])  # of what is not decided
    assert [rule["passed"] for rule in found["rules"]] == [over_all == UP, over_random == UP]
    smallest = any(
        f"a difference of {least:.2f} points would have been detected" in line for line in found["sentences"]
    )
    assert smallest == (OPEN in (over_all, over_random))


@pytest.mark.parametrize(
    ("over_all", "over_random", "words"),
    [
        (UP, DOWN, f"{ACT} helps, but less than {RANDOM}: accuracy +1"),
        (DOWN, UP, f"{ACT} hurts, but less than {RANDOM}: accuracy -1"),
        (OPEN, UP, f"{OPEN_WORDS}, but {ACT.replace('T', 't', 1)} is better than {RANDOM}: accuracy +0.10"),
        (OPEN, DOWN, f"{OPEN_WORDS}, but {ACT.replace('T', 't', 1)} is worse than {RANDOM}: accuracy +0.10"),
        (OPEN, OPEN, f"No difference shown. {ACT} changes accuracy by +0.10"),
    ],
)
def test_what_is_shown_against_random_is_said_whatever_the_verdict(over_all, over_random, words):
    assert answer("drop", 12, report(over_all, over_random))["sentences"][0].startswith(words)


def test_the_smallest_difference_is_that_from_what_is_not_decided():
    wide = (0.1, -3.0, 3.2)
    second = answer("drop", 12, report(UP, wide))["sentences"][1]
    assert f"a difference of {2.8 / 3.92 * 6.2:.2f} points would have been detected compared with leaving" in second


@pytest.mark.parametrize(("question", "lacking"), [("drop", "random"), ("weigh", "random"), ("add", "")])
def test_a_question_is_answered_with_every_arm_that_its_answer_rests_on(question, lacking):
    def settings(*arms):
        return Settings(set="s", train="m:train", arms=arms, recipe=QUESTIONS[question], question=question)

    if lacking:
        with pytest.raises(RunError, match=f"the question '{question}' is answered with the arm '{lacking}' too"):
            settings("control", "curated")
        settings("control", lacking, "curated")
    else:
        settings("control", "curated")
    assert set(answers.QUESTIONS[question].against) <= {*ARMS_OF_QUESTION[question]} - {"base"}


def test_the_verdict_is_a_sentence_with_the_differences_and_what_changed():
    first, second = answer("drop", 12, report(UP, UP))["sentences"]
    assert first == (
        "Training without these 12 examples helps: accuracy +1.20 points (95% interval +0.40 to +2.00) compared with "
        "training on all of the data and +1.20 points (95% interval +0.40 to +2.00) compared with leaving out as many "
        "at random."
    )
    assert second == "On average 6.0 test examples are fixed and 2.0 regress; a change of seed alone fixes 4.0."


def test_one_arm_alone_decides_where_there_is_no_random_one():
    found = answer("relabel", 1, report(UP))
    assert found["word"] == "helps"
    assert found["sentences"][0].startswith("Training on the corrected labels of this example helps: accuracy +1.20")


def test_of_an_error_less_is_better():
    of_error = {"measure": "mean absolute error", "unit": "in units of the label", "better": "lower"}
    found = answer("relabel", 61, report(DOWN, **of_error))
    assert found["word"] == "helps"
    assert "mean absolute error -1.20 in units of the label (95% interval -2.00 to -0.40)" in found["sentences"][0]
    assert answer("relabel", 61, report(UP, **of_error))["word"] == "hurts"


def test_an_interval_that_is_not_known_shows_nothing():
    assert answer("relabel", 1, report((1.0, None, None)))["word"] == "no difference shown"


def test_the_expected_figure_is_that_of_the_benchmark():
    tables = RESULTS.read_text("utf-8").split("### While training")[1].split("\n### ")[0]
    rows = re.findall(r"\| hem retrain, as shipped \| [^|]+ \| \**([+-][\d.]+) \[([+-][\d.]+), ([+-][\d.]+)\]", tables)
    assert len(rows) == 2  # right labels, and a fifth of them wrong
    for mean, low, high in rows:
        assert f"{mean} points ({low} to {high};" in FIGURE or f"{mean} ({low} to {high})" in FIGURE


@pytest.mark.parametrize(
    ("recipe", "is_reviewed", "is_balanced", "start"),
    [
        ("weights", False, True, "No gain is to be expected: nobody has reviewed this set"),
        ("weights", None, True, "No gain is to be expected if nobody has reviewed these examples"),
        ("weights", True, True, None),
        ("weights", False, False, None),
        ("labels", False, True, None),
    ],
)
def test_no_gain_is_expected_of_weights_on_balanced_classes_that_nobody_reviewed(
    recipe, is_reviewed, is_balanced, start
):
    found = expectation(recipe, is_reviewed=is_reviewed, is_balanced=is_balanced)
    assert (found is None) == (start is None)
    assert found is None or found.startswith(start)
