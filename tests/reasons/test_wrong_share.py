import math

import numpy as np
import pytest

from hem_core.reasons.classifier import fit
from hem_core.reasons.wrong_share import wrong_share


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


def test_a_fit_measures_both_on_held_out_rows():
    chance = np.random.default_rng(0)
    kinds = np.repeat(["mislabelled", "easy"], 200).astype(object)
    values = np.clip(np.where(kinds == "mislabelled", 0.8, 0.2)[:, None] + 0.05 * chance.normal(size=(400, 2)), 0, 1)
    values[:50] = values[200:250]  # a quarter of the wrong labels look like sound ones
    measured = fit(values, kinds, np.ones(400), 0).measured
    assert measured["recall_mislabelled"] == pytest.approx(0.75, abs=0.02)
    assert measured["false_mislabelled"] == pytest.approx(0, abs=0.02)
