import math

import numpy as np
import pytest

from hem_core.reasons.calibrate import Calibrated
from hem_core.reasons.classifier import FITTED, fit
from hem_core.reasons.lift import stand_out
from hem_core.reasons.rules import REASONS
from hem_core.reasons.wrong_share import naming_rates, wrong_share


def test_a_named_share_is_corrected_by_what_is_missed_and_by_false_alarms():
    # 20% wrong, half of them found, 5% of the others accused: .2 * .5 + .8 * .05 = .14
    assert wrong_share(0.14, {"recall_mislabelled": 0.5, "false_mislabelled": 0.05}) == pytest.approx(0.2)
    assert wrong_share(0.01, {"recall_mislabelled": 0.5, "false_mislabelled": 0.05}) == 0
    assert wrong_share(0.9, {"recall_mislabelled": 0.5, "false_mislabelled": 0.05}) == 1


@pytest.mark.parametrize(
    "reasons", [{}, {"recall_mislabelled": None, "false_mislabelled": None},
                {"recall_mislabelled": 0.3, "false_mislabelled": 0.2}],
)  # fmt: skip
def test_without_probes_that_tell_anything_the_named_share_stands(reasons):
    assert wrong_share(0.14, reasons) == 0.14
    assert math.isnan(wrong_share(math.nan, reasons))


@pytest.fixture(scope="module")
def model():
    """Fitted to wrong labels and sound rows, of which some lie between the two."""
    chance = np.random.default_rng(0)
    kinds = np.repeat(["mislabelled", "easy"], 200).astype(object)
    values = np.clip(np.where(kinds == "mislabelled", 0.8, 0.2)[:, None] + 0.05 * chance.normal(size=(400, 2)), 0, 1)
    values[:50] = values[200:250]  # a quarter of the wrong labels look like sound ones
    values[200:240] = 0.5 + 0.02 * chance.normal(size=(40, 2))
    return fit(values, kinds, np.ones(400), 0)


def prior(share: float) -> np.ndarray:
    found = np.full(len(FITTED), 1e-6)
    found[[FITTED.index("mislabelled"), FITTED.index("easy")]] = share, 1 - share
    return found


def rows(share: float) -> np.ndarray:
    """Probabilities of 1,000 rows whose mean has this share of "mislabelled"."""
    found = np.zeros((1000, len(REASONS)), np.float32)
    found[:, REASONS.index("mislabelled")], found[:, REASONS.index("easy")] = share, 1 - share
    return found


def test_probes_are_named_as_the_rows_are(model):
    wrong = model.held_out.kinds == FITTED.index("mislabelled")
    for share in (0.02, 0.5):
        found = Calibrated(model, prior(share), rows(share))
        rates = naming_rates(found, found.probs)
        # what the rows would be called if the probes were rows
        weighed = model.held_out.probs * found.prior
        weighed = (weighed / weighed.sum(axis=1, keepdims=True))[:, : len(REASONS)]
        among = np.concatenate([weighed, np.repeat(found.probs, 1000, axis=0)])  # so many that the probes do not count
        named = stand_out(among).place[: len(weighed)] == REASONS.index("mislabelled")
        assert rates["recall_mislabelled"] == pytest.approx(named[wrong].mean(), abs=0.006)
        assert rates["false_mislabelled"] == pytest.approx(named[~wrong].mean(), abs=0.006)


def test_where_wrong_labels_are_rare_more_is_called_so_than_by_the_likeliest_kind(model):
    found = Calibrated(model, prior(0.02), rows(0.02))
    likeliest = (model.held_out.probs * found.prior).argmax(axis=1) == FITTED.index("mislabelled")
    wrong = model.held_out.kinds == FITTED.index("mislabelled")
    rates = naming_rates(found, found.probs)
    assert rates["recall_mislabelled"] > likeliest[wrong].mean()


def test_nothing_is_measured_without_cross_validation(model):
    kinds = np.repeat(["mislabelled", "easy"], 20).astype(object)
    plain = fit(np.where(kinds == "easy", 0.2, 0.8)[:, None], kinds, np.ones(40), 0, n_folds=0)
    assert naming_rates(Calibrated(plain, prior(0.1), rows(0.1)), rows(0.1)) == {}
