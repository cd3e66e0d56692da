"""Rows of object hypotheses: pairs, components, suspicion, the table, and the pool of an image."""

import math

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.chances import usually_unseen
from hem_core.boxes.hypotheses import hypotheses, pair_iou, seen_confidence
from hem_core.boxes.hypothesis_table import hypothesis_table
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.pooling import pool, pool_suspicion, total
from hem_core.boxes.severity import severity
from hem_core.boxes.suspicion import KINDS, suspicion
from hem_core.errors import DataError

WHOLE, HALF, THIRD, AWAY = [0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 3], [50, 50, 60, 60]
CLASSES = ["cat", "dog"]


def rows_of(given, predicted, **options):
    """given: (class, box) and predicted: (class, box, confidence), in one image."""
    truth = given_boxes([0] * len(given), [k for k, _box in given], [box for _k, box in given])
    answers = predicted_boxes([0] * len(predicted), *([each[at] for each in predicted] for at in (0, 1, 2)), **options)
    return hypotheses(truth, answers)


def test_every_box_is_in_one_row_alone():
    rows = rows_of(
        [(0, WHOLE), (0, AWAY), (1, [80, 80, 99, 99])],
        [(0, HALF, 0.9), (0, HALF, 0.8), (1, AWAY, 0.7), (1, [30, 0, 40, 9], 0.6), (0, [70, 0, 79, 9], 0.04)],
    )
    assert rows.given.tolist() == [0, 1, 2, -1, -1]
    assert rows.predicted.tolist() == [0, 2, -1, 1, 3]
    assert rows.type.tolist() == ["right", "Cls", "Missed", "Dupe", "Bkg"]
    np.testing.assert_allclose(pair_iou(rows), [0.5, 1, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_all_objects_and_all_predictions_but_those_paired_absorbed_or_below_the_floor(random_scene, seed):
    given, predicted = random_scene(seed)
    rows = hypotheses(given, predicted)
    assert sorted(rows.given[rows.is_given]) == np.flatnonzero(~given.is_ignored).tolist()
    theirs = rows.predicted[rows.predicted >= 0]
    assert len(set(theirs)) == len(theirs)
    absent = np.setdiff1d(np.arange(len(predicted)), theirs)
    assert all(predicted.confidence[p] < 0.05 or rows.types.predicted[p] == "ignored" for p in absent)
    assert (np.diff(rows.image) >= 0).all()


def test_components_of_a_pair_a_missed_box_and_a_stray_prediction():
    found = severity(rows_of([(0, WHOLE), (0, AWAY)], [(0, HALF, 0.8), (1, [30, 0, 40, 9], 0.6)]))
    np.testing.assert_allclose(found.cls, [-math.log(0.8), np.nan, np.nan])
    np.testing.assert_allclose(found.loc, [0.5, 1, np.nan])
    np.testing.assert_allclose(found.miss, [0.2, 1, np.nan])
    np.testing.assert_allclose(found.severity, [0.5, 1, 0.6])
    np.testing.assert_allclose(found.error, [0.5, 1, 0.6])


def test_a_box_of_another_class_is_wrong_and_its_class_loss_is_the_least_it_can_be():
    for confidence, least in ((0.8, 0.2), (0.3, 0.3)):
        found = severity(rows_of([(0, WHOLE)], [(1, WHOLE, confidence)]))
        np.testing.assert_allclose(found.cls, [-math.log(least)])
        assert (found.error, found.miss, found.loc) == ([1], [1], [0])


def test_with_the_probabilities_of_all_classes_the_class_loss_is_the_cross_entropy():
    found = severity(rows_of([(0, WHOLE)], [(1, WHOLE, 0.8)], probs=np.array([[0.05, 0.8]])))
    np.testing.assert_allclose(found.cls, [-math.log(0.05)])


def test_a_miss_ranks_by_the_confidence_below_the_floor():
    unsure, blind = severity(rows_of([(0, WHOLE)], [(0, WHOLE, 0.04)])), severity(rows_of([(0, WHOLE)], []))
    assert (unsure.miss, blind.miss) == ([0.96], [1])
    assert (unsure.error, blind.error) == ([1], [1])


def test_scores_outside_0_to_1_are_clipped_and_a_sure_answer_has_no_loss():
    found = severity(rows_of([(0, WHOLE)], [(0, WHOLE, 87.0)]))
    assert (found.cls, found.miss, found.severity) == ([0], [0], [0])
    assert severity(rows_of([(0, WHOLE)], [(1, WHOLE, 1.0)])).cls == pytest.approx([15.94], abs=0.01)


@pytest.mark.parametrize(
    ("given", "predicted", "kind"),
    [
        ([], [(0, WHOLE, 0.9)], "missing"),
        ([(0, WHOLE)], [], "spurious"),
        ([(0, WHOLE)], [(0, THIRD, 0.9)], "misplaced"),
        ([(0, WHOLE)], [(1, WHOLE, 0.9)], "wrong_class"),
        ([(0, WHOLE)], [(1, WHOLE, 0.9), (0, WHOLE, 0.3)], "wrong_class"),
        ([(0, WHOLE)], [(0, WHOLE, 1.0)], ""),
    ],
)
def test_the_four_kinds_of_suspicion(given, predicted, kind):
    found = suspicion(rows_of(given, predicted))
    assert found.kind[0] == kind
    others = [getattr(found, each)[0] for each in KINDS if each != kind]
    assert max(others) <= found.label_suspicion[0] / 10
    assert (found.label_suspicion[0] > 0) == bool(kind)


def grid(n, *, left=0):
    """n boxes of 10 px, far from each other."""
    return [[left + 20 * at, 0, left + 20 * at + 10, 10] for at in range(n)]


@pytest.mark.parametrize("name", ["missing", "wrong_class"])
def test_more_confidence_is_more_suspicion(name):
    given, sure = grid(8), [0.3, 0.5, 0.7, 0.95]
    found = suspicion(
        rows_of(
            [(0, box) for box in given],
            [(0, box, 0.8) for box in given[4:]]
            + [
                (1, box, at)
                for box, at in zip(given if name == "wrong_class" else grid(4, left=500), sure, strict=False)
            ],
        )
    )
    values = getattr(found, name)
    values = values[values > 0]
    assert len(values) == 4
    assert (np.diff(values) > 0).all()


def test_a_box_that_is_not_seen_is_suspect_where_all_like_it_are_seen():
    """Of 30 large boxes one is not seen, of 30 small ones half are not."""
    large, small = grid(30), [[x, 50, x + 3, 53] for x in range(0, 600, 20)]
    seen = [(0, box, 0.9) for box in [*large[1:], *small[::2]]]
    rows = rows_of([(0, box) for box in [*large, *small]], seen)
    spurious = suspicion(rows).spurious
    assert spurious[0] > max(0.25, 2 * spurious[31])
    assert suspicion(rows).kind[[0, 31]].tolist() == ["spurious", "spurious"]


def test_a_box_is_seen_as_far_as_a_prediction_of_any_class_covers_it():
    """IoU .3 and .5 of a box, and a prediction away from it; a hit needs an IoU of .5."""
    for predicted, wanted in ((THIRD, 0.9 * 0.3 / 0.5), (HALF, 0.9), (AWAY, 0.0)):
        for label in (0, 1):
            seen = seen_confidence(rows_of([(0, WHOLE)], [(label, predicted, 0.9)]))
            assert seen == pytest.approx([wanted])


@pytest.mark.parametrize("seed", range(3))
def test_how_far_each_box_is_seen_is_what_a_loop_over_all_predictions_finds(random_scene, seed):
    given, predicted = random_scene(seed)
    rows = hypotheses(given, predicted)
    for g, found in enumerate(seen_confidence(rows)):
        near = [at for at in range(len(rows.pairs.given)) if rows.pairs.given[at] == g]
        shares = [min(float(rows.pairs.iou[at]) / 0.5, 1) for at in near]
        sure = [float(np.clip(predicted.confidence[rows.pairs.predicted[at]], 0, 1)) for at in near]
        assert found == pytest.approx(max((a * b for a, b in zip(shares, sure, strict=True)), default=0.0))


def test_a_box_like_those_that_are_often_missed_is_half_excused():
    """Of 20 large boxes all but the first are seen, of 20 small ones none: seen by half overall."""
    large, small = grid(20), [[x, 50, x + 3, 53] for x in range(0, 400, 20)]
    boxes = given_boxes([0] * 40, [0] * 40, [*large, *small])
    unseen = np.array([1.0, *[0.0] * 19, *[1.0] * 20])
    usual = usually_unseen(boxes, unseen, None)
    mean = 21 / 40
    assert usual[20] == pytest.approx((0.95 * mean) ** 0.5, abs=0.06)  # nearly all small ones are unseen
    assert usual[0] < 0.5 * usual[20]


def test_a_neighbours_prediction_does_not_vouch_for_a_box_that_is_not_there():
    """Of 40 pairs of touching boxes one has a second box that the model does not see, and a fifth of it is covered."""
    pairs = [[30 * at, 0, 30 * at + 10, 10] for at in range(40)]
    twins = [[x + 10, 0, x + 20, 10] for x, *_rest in pairs]
    wide = [0, 0, 13, 10]  # IoU .77 with the first box, .15 with its twin
    seen = [(0, wide, 0.95), *((0, box, 0.9) for box in [*pairs[1:], *twins[1:]])]
    found = suspicion(rows_of([(0, box) for box in [*pairs, *twins]], seen))
    assert found.spurious.argmax() == 40
    assert found.kind[40] == "spurious"


def test_a_stray_prediction_says_little_where_the_model_often_predicts_nothing():
    given = [(0, box) for box in grid(30)]
    found, stray = [(0, box, 0.9) for _k, box in given], [(0, box, 0.9) for box in grid(30, left=1000)]
    reliable, loose = (suspicion(rows_of(given, [*found, *stray[:n]])).missing.max() for n in (1, 30))
    assert reliable > 0.4 > 4 * loose


def test_a_box_that_is_off_says_little_where_the_model_places_boxes_badly():
    off = [[box[0], 0, box[2], 4] for box in grid(40)]  # IoU .4
    nearly = [[box[0], 0, box[2], 6] for box in grid(40)]  # IoU .6
    given = [(0, box) for box in grid(40)]
    precise, loose = (
        suspicion(rows_of(given, [(0, off[0], 0.9)] + [(0, box, 0.9) for box in rest[1:]])).misplaced[0]
        for rest in (grid(40), nearly)
    )
    assert precise > 0.8 > 2 * loose


def test_what_is_learnt_of_many_rows_is_what_scikit_learn_learns():
    from sklearn.linear_model import LogisticRegression

    from hem_core.boxes.chances import logistic

    chance = np.random.default_rng(0)
    features = chance.normal(size=(20_000, 3))
    answer = chance.random(20_000) < 1 / (1 + np.exp(-(0.5 + features @ [1.0, -2.0, 0.0])))
    theirs = LogisticRegression(C=1e9).fit(features, answer)
    ours = logistic(features, answer.astype(float), (0.0, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(ours, [*theirs.intercept_, *theirs.coef_[0]], atol=5e-3)


def test_a_duplicate_of_a_box_that_is_given_is_no_missing_box():
    rows = rows_of([(0, WHOLE)], [(0, WHOLE, 1.0), (0, WHOLE, 0.9)])
    assert rows.type.tolist() == ["right", "Dupe"]
    assert suspicion(rows).label_suspicion.tolist() == [0, 0]


def test_the_table_has_ids_classes_both_boxes_and_nulls():
    rows = rows_of([(0, WHOLE), (1, AWAY)], [(0, HALF, 0.8), (1, [30, 0, 40, 9], 0.6)])
    table = hypothesis_table(Judgement(rows, np.array([[100, 100.0]])), ["a.jpg"], CLASSES)
    first, missed, stray = table.to_pylist()
    assert [first["id"], missed["id"], stray["id"]] == ["a.jpg#g1", "a.jpg#g2", "a.jpg#p2"]
    assert (first["example"], first["given"], first["predicted"], first["type"]) == ("a.jpg", "cat", "cat", "right")
    assert (first["given_bottom"], first["predicted_bottom"], first["iou"]) == (10, 5, 0.5)
    assert (missed["predicted"], missed["confidence"], missed["predicted_left"], missed["iou"]) == (None,) * 4
    assert (stray["given"], stray["given_left"], stray["loc"], stray["predicted"]) == (None, None, None, "dog")
    assert (missed["border_px"], missed["size_px"], missed["size"], missed["aspect"]) == (40, 10, "small", 1)
    assert first["suspicion_kind"] == "misplaced"
    assert {f"suspicion_{kind}" for kind in KINDS} < set(table.column_names)


def test_no_boxes_at_all_give_no_rows():
    rows = rows_of([], [])
    assert len(rows) == 0
    assert hypothesis_table(Judgement(rows, np.zeros((1, 2))), ["a"], CLASSES).num_rows == 0


def test_the_pools_of_an_image_do_not_grow_with_its_number_of_boxes():
    image = np.array([0, 0, 0, 0, 2] + [3] * 50)
    values = np.array([0.9, 0.6, 0.3, 0.1, 0.5] + [0.2] * 50)
    np.testing.assert_allclose(pool(image, values, 4), [0.6, 0, 0.5, 0.2])
    np.testing.assert_allclose(pool(image, values, 4, "softmax")[1:], [0, 0.5, 0.2])
    assert 0.8 < pool(image, values, 4, "softmax")[0] < 0.9
    np.testing.assert_allclose(total(image, values, 4), [1.9, 0, 0.5, 10])


def test_an_image_is_suspect_where_any_of_its_three_most_suspicious_boxes_is():
    image = np.array([0, 0, 0, 0, 2])
    values = np.array([0.1, 0.5, 0.5, 0.2, 0.5])
    np.testing.assert_allclose(pool_suspicion(image, values, 3), [1 - 0.5 * 0.5 * 0.8, 0, 0.5])
    np.testing.assert_allclose(pool_suspicion(image, values, 3, "softmax"), pool(image, values, 3, "softmax"))


def test_a_box_more_never_makes_an_image_less_suspicious():
    chance = np.random.default_rng(0)
    values = chance.random(8)
    found = [pool_suspicion(np.zeros(n, int), values[:n], 1)[0] for n in range(9)]
    assert (np.diff(found) >= 0).all()


def test_an_unknown_pool_lists_those_there_are():
    with pytest.raises(DataError, match="no pool 'sum'; there are: top3, softmax"):
        pool(np.zeros(0, int), np.zeros(0), 1, "sum")  # pyright: ignore[reportArgumentType]


def test_a_prediction_that_is_right_about_one_box_does_not_accuse_another():
    """A chair (0) under a table (1): the chair is found, the table is missed."""
    rows = rows_of([(0, WHOLE), (1, [0, 0, 10, 8])], [(0, WHOLE, 0.95)])
    assert rows.type.tolist() == ["right", "Missed"]
    assert suspicion(rows).wrong_class.tolist() == [0, 0]


def test_a_second_class_at_a_box_that_is_given_is_no_missing_box():
    """Detectors give several classes at one place; the box is there already."""
    rows = rows_of([(0, WHOLE)], [(0, WHOLE, 0.9), (1, WHOLE, 0.6)])
    assert rows.type.tolist() == ["right", "Cls"]
    assert suspicion(rows).missing.tolist() == [0, 0]


def test_a_prediction_half_on_a_box_of_its_class_is_less_of_a_missing_one_than_a_free_one():
    rows = rows_of([(0, WHOLE)], [(0, WHOLE, 0.9), (0, [0, 6, 10, 16], 0.6), (0, AWAY, 0.6)])
    assert rows.type.tolist() == ["right", "Loc", "Bkg"]
    _right, half, free = suspicion(rows).missing
    assert half == pytest.approx(free * (1 - 4 / 16))


def test_planted_errors_make_the_four_kinds_comparable():
    """Of rows where only missing boxes were found by their suspicion, the same number counts for more of that kind."""
    from hem_core.boxes.suspect_chance import learnt, weights_of

    chance = np.random.default_rng(0)
    values = np.full((400, 4), 0.3)
    is_wrong = np.zeros((400, 4), bool)
    is_wrong[:40, 0] = True
    values[:40, 0] = chance.uniform(0.4, 0.9, 40)
    is_wrong[40:80, 1] = True  # spurious boxes look like all others
    found = learnt(values, is_wrong, weights_of(is_wrong.any(axis=1)))
    missing, spurious, *_rest = found.of_values(np.array([[0.7, 0.7, 0, 0]]))[0]
    assert missing > 0.5 > spurious
    assert found.of_values(np.zeros((1, 4))).tolist() == [[0, 0, 0, 0]]
