import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, log_loss

from hem_core.retrain.report.bootstrap import measured_again
from hem_core.retrain.report.measures import MEASURES, groups, of_numbers, sums
from hem_core.retrain.report.temperature import scaled, temperature
from hem_core.retrain.report.test_predictions import class_predictions, graded_predictions
from hem_core.stats.paired import interval
from hem_core.tasks import load

NAMES = [measure.name for measure in MEASURES]


def measures(logits, targets, *, n_classes, slices=(), is_target=None):
    is_target = np.ones(len(targets), bool) if is_target is None else is_target
    parts = groups(is_target, targets, n_classes, list(slices))
    point, _ = measured_again([[sums(class_predictions(logits, targets), parts)]], parts, draws=1)
    return dict(zip(NAMES, point[0, 0].tolist(), strict=True))


def sure(predicted, n_classes, height=50.0):
    return np.eye(n_classes)[predicted] * height


def test_measures_of_a_model_that_is_right_on_three_of_four():
    targets, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])
    found = measures(sure(predicted, 2), targets, n_classes=2, slices=[np.array([0, 3])],
                     is_target=np.array([False, False, True, True]))  # fmt: skip
    assert found["accuracy"] == 75
    assert found["targeted slice"] == 50
    assert found["balanced accuracy"] == 50  # 3 of 3 and 0 of 1
    assert found["worst class"] == 0
    assert found["worst slice"] == 50
    assert found["calibration error"] == pytest.approx(25)  # sure of all, right on 75%
    assert found["negative log likelihood"] == pytest.approx(12.5)  # one of four is 50 off


def test_measures_agree_with_scikit_learn():
    draw = np.random.default_rng(0)
    targets, logits = draw.integers(3, size=200), draw.normal(size=(200, 3))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = measures(logits, targets, n_classes=3)
    assert found["balanced accuracy"] == pytest.approx(100 * balanced_accuracy_score(targets, probs.argmax(axis=1)))
    assert found["negative log likelihood"] == pytest.approx(log_loss(targets, probs))
    assert np.isnan(found["worst slice"])


def test_numbers_are_measured_by_their_mean_absolute_and_root_mean_squared_residual():
    targets, raw = np.array([1.0, 2.0, 3.0, 10.0], np.float32), np.array([[1.0], [2.0], [0.0], [14.0]], np.float32)
    model = graded_predictions(load("regression"), raw, targets)
    parts = groups(np.ones(4, bool), np.zeros(4, np.int64), 1, [])
    point, _ = measured_again([[sums(model, parts)]], parts, draws=1)
    assert model.numbers is not None
    found = {measure.name: point[0, 0, at] for at, measure in of_numbers(model.numbers).items()}
    assert found == {"mean absolute error": 7 / 4, "root mean squared error": 2.5}  # 3 and -4 of four


def test_several_numbers_are_measured_each_in_its_unit_and_together_in_spreads():
    task = load("regression").settled({"outputs": ["a", "b"], "spreads": [1.0, 100.0], "loss": "absolute"})
    targets = np.array([[1.0, 100.0], [2.0, np.nan], [3.0, 300.0]], np.float32)
    raw = np.array([[1.0, 400.0], [2.0, 0.0], [0.0, 700.0]], np.float32)  # residuals 0, 0, 3 and -300, unknown, -400
    model = graded_predictions(task, raw, targets)
    parts = groups(np.ones(3, bool), np.zeros(3, np.int64), 1, [])
    assert model.numbers is not None
    point, draws = measured_again([[sums(model, parts)]], parts, spreads=model.numbers.spreads, draws=20)
    found = {measure.name: point[0, 0, at] for at, measure in of_numbers(model.numbers).items()}
    assert found["mean absolute error of a"] == 1
    assert found["mean absolute error of b"] == 350
    assert found["root mean squared error of b"] == pytest.approx(((300**2 + 400**2) / 2) ** 0.5)
    assert found["normalised mean absolute error"] == pytest.approx((1 + 3.5) / 2)
    assert np.isfinite(draws[:, 0, min(of_numbers(model.numbers))]).all()


def test_equal_arms_differ_by_nothing_in_any_draw():
    draw = np.random.default_rng(0)
    targets, logits = draw.integers(3, size=90), draw.normal(size=(90, 3))
    parts = groups(np.ones(90, bool), targets, 3, [])
    arm = [sums(class_predictions(logits * factor, targets), parts) for factor in (1, 2)]
    point, draws = measured_again([arm, arm], parts, draws=20)
    known = [at for at, name in enumerate(NAMES) if name != "worst slice"]
    assert (draws[:, 0] == draws[:, 1])[:, known].all()
    assert point.shape == (2, 2, len(NAMES))
    assert interval(draws[:, 0, 0] - draws[:, 1, 0]) == (0, 0)


def test_the_interval_of_one_share_is_the_binomial_one():
    n = 400
    targets = np.zeros(n, np.int64)
    predicted = (np.arange(n) < 40).astype(int)  # 10% wrong: standard error 1.5 points
    parts = groups(np.ones(n, bool), targets, 2, [])
    _, draws = measured_again([[sums(class_predictions(sure(predicted, 2), targets), parts)]], parts, draws=800)
    low, high = interval(draws[:, 0, 0])
    assert (low, high) == (pytest.approx(90 - 2.94, abs=0.5), pytest.approx(90 + 2.94, abs=0.5))


@pytest.mark.parametrize("wrong", [(0, 80), (0, 80, 20), (0, 40, 80, 20, 60)])
def test_the_interval_of_seeds_that_disagree_is_that_of_student(wrong):
    n = 2000  # so that the examples add little
    targets = np.zeros(n, np.int64)
    parts = groups(np.ones(n, bool), targets, 2, [])
    rows = [(np.arange(n) < 5 * each).astype(int) for each in wrong]
    _, draws = measured_again([[sums(class_predictions(sure(each, 2), targets), parts) for each in rows]], parts)
    right = 100 * (1 - np.mean(rows, axis=1))
    expected = stats.t.interval(0.95, len(wrong) - 1, loc=right.mean(), scale=stats.sem(right))
    low, high = interval(draws[:, 0, 0])
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.12)
    assert low + high == pytest.approx(2 * right.mean(), rel=0.06 if len(wrong) > 2 else 0.3)


def test_a_targeted_slice_of_one_example_has_no_interval_and_one_of_two_has():
    targets = np.zeros(6, np.int64)
    models = [sums(class_predictions(sure(np.zeros(6, int), 2), targets), parts_of(n, targets)) for n in (1, 2)]
    for n, model in zip((1, 2), models, strict=True):
        _, draws = measured_again([[model]], parts_of(n, targets), draws=20)
        assert np.isfinite(draws[:, 0, NAMES.index("accuracy")]).all()
        assert np.isfinite(draws[:, 0, NAMES.index("targeted slice")]).any() == (n == 2)


def parts_of(n, targets):
    return groups(np.arange(len(targets)) < n, targets, 2, [])


def test_the_temperature_of_logits_twice_too_large_is_two():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4000, 3)) * 2
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (probs.cumsum(axis=1) > draw.random(4000)[:, None]).argmax(axis=1)
    assert temperature(logits, targets) == pytest.approx(1, abs=0.1)
    assert temperature(logits * 2, targets) == pytest.approx(2, abs=0.2)
    after, all_of_them = scaled(logits * 2, targets)
    assert all_of_them == pytest.approx(2, abs=0.2)
    assert (after.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert temperature(after, targets) == pytest.approx(1, abs=0.05)


def test_no_example_decides_its_own_temperature():
    draw = np.random.default_rng(0)
    logits, targets = draw.normal(size=(50, 3)), draw.integers(3, size=50)
    other = targets.copy()
    other[7] = (other[7] + 1) % 3
    assert scaled(logits, targets)[0][7].tolist() == scaled(logits, other)[0][7].tolist()
