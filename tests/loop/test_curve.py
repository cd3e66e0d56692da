import re

import numpy as np
import pytest

from hem_core.loop import printed
from hem_core.loop.chart import chart
from hem_core.loop.conclusion import conclusion
from hem_core.loop.curve import curve, differences
from hem_core.loop.measures import OF_CLASSES, Measure, of_classes
from hem_core.loop.page import _compared


def point(arm, seed, round, n, accuracy):
    return {"arm": arm, "seed": seed, "round": round, "n": n, **{each.column: accuracy for each in OF_CLASSES}}


def test_measures_of_three_rows_of_a_common_and_one_of_a_rare_class():
    logits = np.array([[1.0, 0.0, 0.0]] * 4, dtype=np.float32)
    found = of_classes(logits, np.array([0, 0, 0, 1]))
    assert found == {"accuracy": 0.75, "balanced_accuracy": 0.5, "worst_class": 0.0}


def test_arms_are_compared_seed_by_seed_at_the_same_round():
    points = [point("start", 0, 0, 10, 0.5), point("start", 1, 0, 10, 0.6)]
    points += [point("mined", 0, 1, 20, 0.7), point("mined", 1, 1, 20, 0.9)]
    points += [point("random", 0, 1, 20, 0.6), point("random", 1, 1, 20, 0.8), point("all", 0, 1, 99, 0.7)]
    one, whole = differences(points, "random")
    assert (one["round"], one["n"], whole["round"]) == (1, 20, "mean of rounds")
    assert one["accuracy"]["mean"] == pytest.approx(0.1)
    assert one["accuracy"]["high"] == pytest.approx(0.1)  # both seeds differ by .1, so the interval is a point
    beside_all = differences(points, "all")  # seed 1 has no model of all data
    assert beside_all[0]["accuracy"] == {"mean": 0.0, "low": None, "high": None}
    entry = next(entry for entry in curve(points) if entry["arm"] == "mined")
    assert (entry["n"], entry["seeds"], entry["accuracy"]["mean"]) == (20, 2, pytest.approx(0.8))


def against(low, high):
    entry = {"mean": (low + high) / 2, "low": low, "high": high}
    return [{"round": 1, "n": 20, "accuracy": entry}, {"round": "mean of rounds", "n": None, "accuracy": entry}]


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.01, 0.03, "mining beats random"),
        (-0.01, 0.03, "no difference shown"),
        (-0.03, -0.01, "random beats mining"),
    ],
)
def test_the_verdict_follows_from_where_the_interval_lies(low, high, word):
    found = conclusion([], against(low, high), [])
    assert found["word"] == word
    assert f"{low * 100:+.1f} to {high * 100:+.1f}" in found["sentences"][0]


def test_one_seed_and_no_random_arm_claim_nothing():
    one = [{**entry, "accuracy": {"mean": 0.1, "low": None, "high": None}} for entry in against(0, 0)]
    assert conclusion([], one, [])["word"] == "no difference shown"
    assert "one seed" in conclusion([], one, [])["sentences"][0]
    assert conclusion([], [], [])["word"] == "not compared"


def test_the_sentence_says_how_few_mined_examples_do_as_well():
    points = [point("start", seed, 0, 100, 0.8) for seed in (0, 1)]
    points += [point("mined", seed, 1, 200, 0.9 + seed * 0.001) for seed in (0, 1)]
    points += [point("random", seed, 1, 200, 0.85 + seed * 0.001) for seed in (0, 1)]
    found = conclusion(curve(points), differences(points, "random"), [])
    # mined rises by .1005 in 100; the random level of .8505 is half of the way up
    assert "accuracy of 200 examples with random additions at about 151" in found["sentences"][1]


ERROR = Measure("error", "mean absolute error", "in units of the label", higher_is_better=False)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.3, -0.1, "mining beats random"),
        (-0.1, 0.3, "no difference shown"),
        (0.1, 0.3, "random beats mining"),
    ],
)
def test_of_a_measure_that_should_be_low_the_lower_one_wins(low, high, word):
    points = [{"arm": "start", "seed": seed, "round": 0, "n": 100, "error": 2.0} for seed in (0, 1)]
    points += [{"arm": "mined", "seed": seed, "round": 1, "n": 200, "error": 1.0} for seed in (0, 1)]
    points += [{"arm": "random", "seed": seed, "round": 1, "n": 200, "error": 1.5} for seed in (0, 1)]
    entry = {"mean": (low + high) / 2, "low": low, "high": high}
    compared = [{"round": 1, "n": 20, "error": entry}, {"round": "mean of rounds", "n": None, "error": entry}]
    found = conclusion(curve(points, [ERROR]), compared, [], ERROR)
    assert found["word"] == word
    assert f"{low:+.3f} to {high:+.3f}" in found["sentences"][0]
    # mined falls by 1 in 100 examples; the random level of 1.5 is half of the way down
    saved = "mean absolute error of 200 examples with random additions at about 150"
    assert (saved in " ".join(found["sentences"])) == (word == "mining beats random")
    assert "mean absolute error" in found["rule"]


def test_numbers_are_printed_in_their_own_unit_and_shares_in_percent():
    assert printed.value(ERROR, 0.5123) == "0.512"
    assert printed.value(ERROR, 1234.5) == "1,234"
    assert printed.value(OF_CLASSES[0], 0.5123) == "51.2%"
    points = [{"arm": "start", "seed": 0, "round": 0, "n": 10, "error": 2.0}]
    drawn = chart([*points, {"arm": "mined", "seed": 0, "round": 1, "n": 20, "error": 1.0}], ERROR)
    assert ">1.5<" in drawn  # the middle of the axis
    assert "%" not in drawn


def test_a_measure_below_0_has_a_chart_with_all_of_its_points():
    loss = Measure("loss", "loss", "", higher_is_better=False)
    points = [{**point("mined", seed, 1, 20, 0.5), "loss": value} for seed, value in enumerate([-3.0, -1.0])]
    drawn = chart(points, loss)
    heights = [float(y) for y in re.findall(r'cy="([0-9.]+)"', drawn)]
    assert len(heights) >= 2
    assert all(0 <= y <= 400 for y in heights)


def test_the_page_heads_differences_of_shares_alone_by_points():
    of_accuracy, of_loss = {"mean": 0.1, "low": 0.0, "high": 0.2}, {"mean": -0.5, "low": None, "high": None}
    entry = {"round": 1, "n": 30, "accuracy": of_accuracy, "loss": of_loss}
    measures = [Measure("accuracy", "accuracy"), Measure("loss", "loss", "nats", higher_is_better=False)]
    text = "".join(_compared([entry], "Mined minus random", measures))
    assert "<h2>Mined minus random</h2>" in text
    assert "<th>accuracy, points (95% interval)</th><th>loss (95% interval)</th>" in text
    assert "<td>+10.0 (+0.0 to +20.0)</td><td>-0.500</td>" in text
