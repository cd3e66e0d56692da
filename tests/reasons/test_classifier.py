import numpy as np
import pytest

from hem_core.errors import HemError
from hem_core.reasons.calibrate import calibrate
from hem_core.reasons.classifier import estimate_prior, expected_calibration_error, fit
from hem_core.reasons.features import Features, features
from hem_core.reasons.geometry import fit as measure
from hem_core.reasons.lift import stand_out
from hem_core.reasons.naming import named, strongest
from hem_core.reasons.regular import regular_rows
from hem_core.reasons.rules import REASONS

NAMES = ("margin", "entropy", "knn_distance")
HOW = {
    "mislabelled": (0.97, 0.4, 0.4),
    "outlier": (0.6, 0.7, 0.98),
    "ambiguous": (0.7, 0.97, 0.6),
    "easy": (0.4, 0.4, 0.4),
}


def world(counts, seed=0):
    """Rows of each kind around its place, and their kinds."""
    rng = np.random.default_rng(seed)
    values = [np.array(HOW[kind]) + rng.normal(0, 0.06, (n, 3)) for kind, n in counts.items()]
    return np.clip(np.concatenate(values), 0, 1), np.repeat(np.array(list(counts), dtype=object), list(counts.values()))


def test_a_feature_is_the_share_of_the_regular_rows_below():
    found = features({"margin": [0.0, 15.0, 20.0, np.nan]}, reference={"margin": [10.0, 20.0, 30.0, 40.0]})
    assert found.values[:, 0].tolist() == [0, 0.25, 0.375, 0.5]  # equal to the second: 1.5 of 4


def test_a_column_that_no_regular_row_knows_is_dropped_and_a_missing_one_is_in_the_middle():
    reference = {"margin": [1.0, 2.0], "entropy": [np.nan, np.nan], "knn_distance": [0.1, 0.2]}
    found = features({"margin": [3.0]}, reference=reference)
    assert found.names == ("margin", "knn_distance")
    assert found.values.tolist() == [[1, 0.5]]


def test_kinds_that_lie_apart_are_told_apart_and_known_with_honest_probability():
    values, kinds = world(dict.fromkeys(HOW, 100))
    model = fit(values, kinds, np.ones(400), 0, names=NAMES)
    assert model.measured["macro_f1"] > 0.9
    assert model.measured["balanced_accuracy"] > 0.9
    assert model.measured["ece"] < 0.08
    probs = model.probs(np.array([HOW["outlier"]]))
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
    assert REASONS[probs[0].argmax()] == "outlier"
    assert probs[0, REASONS.index("rare")] < 1e-6  # of that kind there was no probe


def test_kinds_that_nothing_parts_are_reported_as_such():
    values, _ = world({"easy": 400})
    kinds = np.resize(np.array(["mislabelled", "outlier"], dtype=object), 400)
    model = fit(values, kinds, np.ones(400), 0, names=NAMES)
    assert model.measured["balanced_accuracy"] < 0.6
    assert model.probs(values).max() < 0.9


def test_what_cannot_be_fitted_is_refused():
    values, kinds = world({"easy": 9})
    with pytest.raises(HemError, match="two kinds or more"):
        fit(values, kinds, np.ones(9), 0)
    with pytest.raises(HemError, match="no reason 'strange'"):
        fit(values, np.array(["strange"] * 9, dtype=object), np.ones(9), 0)


def test_the_prior_is_found_again():
    values, kinds = world(dict.fromkeys(HOW, 100))
    model = fit(values, kinds, np.ones(400), 0, names=NAMES)
    rows, _ = world({"easy": 900, "mislabelled": 100}, seed=1)
    prior = estimate_prior(model.probs(rows))
    assert prior[REASONS.index("mislabelled")] == pytest.approx(0.1, abs=0.03)
    assert prior.min() == pytest.approx(0.01, rel=0.1)  # the floor
    assert prior.sum() == pytest.approx(1)


def test_calibration_error_of_hand_made_rows():
    probs = np.array([[0.8, 0.2]] * 10)
    assert expected_calibration_error(probs, np.array([0] * 8 + [1] * 2)) == pytest.approx(0)
    assert expected_calibration_error(probs, np.array([0] * 3 + [1] * 7)) == pytest.approx(0.5)


def test_people_s_tags_move_the_border_and_hard_means_not_mislabelled():
    examples, kinds = world(dict.fromkeys(HOW, 40))
    values, _ = world({"easy": 300, "mislabelled": 30}, seed=2)
    rows = Features(values.astype(np.float32), NAMES)
    before = calibrate(rows, examples, kinds, seed=0)
    assert (before.probs[300:].argmax(axis=1) == REASONS.index("mislabelled")).mean() >= 0.85
    tagged = np.arange(300, 330)
    as_hard = calibrate(rows, examples, kinds, seed=0, tagged=tagged, tags=["hard"] * 30)
    assert as_hard.probs[300:, 0].mean() < before.probs[300:, 0].mean() - 0.05
    again = calibrate(rows, examples, kinds, seed=0, tagged=tagged, tags=["hard"] * 30)
    np.testing.assert_array_equal(again.probs, as_hard.probs)
    assert as_hard.model.measured["n"] == 160  # tags help to fit; measured is on the probes


def test_the_regular_rows_are_sure_ones_and_close_calls_that_the_neighbours_back():
    table = {
        "margin": np.r_[np.full(880, -6.0), np.full(60, -1.0), np.full(60, 5.0)],
        "votes_label": np.r_[np.ones(940), np.zeros(60)],
        "knn_distance": np.linspace(0, 1, 1000)[np.random.default_rng(0).permutation(1000)],
    }
    rows, kinds = regular_rows(table, most=50, seed=0)
    assert (rows[kinds == "easy"] < 880).all()
    assert (kinds == "easy").sum() == 100
    assert ((rows[kinds == "subtle"] >= 880) & (rows[kinds == "subtle"] < 940)).all()
    assert (kinds == "subtle").sum() == 50
    assert table["knn_distance"][rows].max() < 0.98


def test_the_name_is_the_kind_most_above_its_mean_share_and_the_rest_is_unsure():
    usual = [0.05, 0.05, 0.05, 0.05, 0.1, 0.7]
    probs = np.array([usual] * 97 + [[0.6, 0.05, 0.05, 0.05, 0.1, 0.15], [0.05, 0.2, 0.05, 0.05, 0.15, 0.5]])
    probs = np.concatenate([probs, [[0.14, 0.14, 0.14, 0.14, 0.04, 0.4]]])
    nobody, one = np.zeros(100, np.int64), np.ones(100, np.int64)
    found = named(stand_out(probs), targets=nobody, predictions=one, voted=2 * one)
    assert found.reason[[0, 97, 98, 99]].tolist() == ["easy", "mislabelled", "outlier", "unsure"]
    assert found.suggested[[0, 97, 98]].tolist() == [-1, 1, -1]
    by_neighbours = named(stand_out(probs), targets=nobody, predictions=nobody, voted=2 * one)
    assert by_neighbours.suggested[97] == 2


def test_how_much_a_kind_stands_out():
    found = stand_out(np.array([[0.4, 0, 0, 0, 0.2, 0.4], [0, 0, 0, 0, 0.6, 0.4]]))
    assert [REASONS[place] for place in found.place] == ["mislabelled", "subtle"]
    np.testing.assert_allclose(found.times, [2, 1.25])  # .4 over .2, 1 over .8
    np.testing.assert_allclose(found.strength, [2 / 2.75, 1])
    alike = stand_out(np.array([[0.1, 0.1, 0.1, 0.1, 0.1, 0.5]] * 9 + [[0.12, 0.1, 0.1, 0.1, 0.1, 0.48]]))
    assert {REASONS[place] for place in alike.place} == {"easy"}  # 1.2 times the average is noise
    assert len(stand_out(np.empty((0, 6))).place) == 0
    sound = [0.0002, 0.0002, 0.0002, 0.0002, 0.0002, 0.999]
    for prob, word in ((0.016, "easy"), (0.1, "mislabelled")):  # far more than the others have, but hardly probable
        few = stand_out(np.array([[prob, 0, 0, 0, 0, 1 - prob], *[sound] * 999]))
        assert REASONS[few.place[0]] == word
    assert stand_out(np.array([[0.1, 0, 0, 0, 0.2, 0.7]])).place.tolist() == [REASONS.index("easy")]


def test_the_strongest_features_are_put_in_words():
    values, kinds = world(dict.fromkeys(HOW, 60))
    model = fit(values, kinds, np.ones(240), 0, names=NAMES)
    rows = np.array([HOW["outlier"], HOW["easy"]])
    said = strongest(model, rows, model.probs(rows).argmax(axis=1))
    assert said == [["farther from its neighbours than 98% of the data"], []]


def test_mahalanobis_distance_of_a_round_and_a_far_point():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4000, 2)) * [3, 1] + np.repeat([[0, 0], [0, 10]], 2000, axis=0)
    labels = np.repeat([0, 1], 2000)
    found = measure(points, labels, 2).columns(np.array([[3.0, 0.0], [0.0, 10.0]]), np.array([0, 0]))
    np.testing.assert_allclose(found["mahalanobis"], [1, 100], rtol=0.15)  # one sd away; ten sds away
    np.testing.assert_allclose(found["mahalanobis_nearest"], [1, 0], atol=0.15)
    assert found["mahalanobis_contrast"][0] < 0 < found["mahalanobis_contrast"][1]
