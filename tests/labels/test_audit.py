"""Audit of the labels: intervals that hold the truth, reviews where they help, and a rule to stop."""

from dataclasses import replace

import numpy as np
import pytest

from hem_core.errors import DataError
from hem_core.labels.audit import PILOT, Bin, forecast, next_bins, reviews_left, shares, total

SIZES = np.array([0.5, 0.25, 0.15, 0.07, 0.03])


def test_one_bin_is_wilsons_interval():
    (found,) = shares([Bin(0, 100, 10**9, drawn=10, wrong=1)])
    assert (found.share, round(found.low, 4), round(found.high, 4)) == (0.1, 0.0179, 0.4042)  # Newcombe 1998, by hand
    whole = total([Bin(0, 100, 10**9, drawn=10, wrong=1)])  # of few, with the correction for continuity
    assert (whole.share, round(whole.low, 4), round(whole.high, 4)) == (0.1, 0.0052, 0.4588)


def test_the_total_weighs_the_bins_by_their_size():
    found = total([Bin(0, 50, 900, drawn=100, wrong=0), Bin(50, 100, 100, drawn=50, wrong=25)])
    assert found.share == pytest.approx(0.05)
    assert 0 < found.low < 0.05 < found.high < 0.1


def test_what_was_judged_otherwise_counts_as_itself_alone():
    """All 40 suspects of a bin of 100 are wrong; the audit found nothing in 20 others: 40 of 100, not 67%."""
    (found,) = shares([Bin(0, 100, 100, drawn=20, wrong=0, known=40, known_wrong=40)])
    assert found.share == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4)
    assert found.high < 0.4 + 0.6 * 0.17


def test_a_bin_that_was_judged_as_a_whole_is_exact():
    (found,) = shares([Bin(0, 100, 8, drawn=6, wrong=3, known=2, known_wrong=1)])
    assert (found.share, found.low, found.high) == (0.5, 0.5, 0.5)
    assert next_bins([Bin(0, 100, 8, drawn=8, wrong=3)], 5) == []


def test_an_unreviewed_bin_adds_all_that_is_possible():
    found = total([Bin(0, 50, 50, drawn=50, wrong=5), Bin(50, 100, 50)])
    assert np.isnan(found.share)
    assert (found.low, found.high) == (pytest.approx(0.05), pytest.approx(0.55))
    assert (total([]).low, total([]).high) == (0.0, 1.0)


def test_each_bin_is_tried_before_the_reviews_go_where_they_help():
    fresh = [Bin(k, k + 1, 1000) for k in range(3)]
    assert sorted(next_bins(fresh, 3 * PILOT)) == [0] * PILOT + [1] * PILOT + [2] * PILOT
    assert sorted(next_bins([Bin(0, 1, 4), Bin(1, 2, 1000)], 4 + PILOT)) == [0] * 4 + [1] * PILOT


def test_the_reviews_go_where_size_and_doubt_are_largest():
    """Neyman: in proportion to n · sqrt(p (1 − p)), here 0.5 to 0.1 in bins of one size: five to one."""
    bins = [Bin(0, 1, 10**6, drawn=10_000, wrong=5000), Bin(1, 2, 10**6, drawn=2000, wrong=20)]
    assert set(next_bins([replace(bins[0], drawn=5000, wrong=2500), bins[1]], 20)) == {0}
    assert set(next_bins([bins[0], replace(bins[1], drawn=1000, wrong=10)], 20)) == {1}
    assert set(next_bins([bins[0], replace(bins[1], n=10**5)], 20)) == {0}


def test_the_forecast_comes_true():
    one = Bin(0, 1, 10_000, drawn=40, wrong=8)
    more, half = forecast(one)
    assert half == 0.1
    reached = shares([replace(one, drawn=40 + more, wrong=round(0.2 * (40 + more)))])[0].half
    assert reached <= 0.101
    assert shares([replace(one, drawn=40 + more - 5, wrong=round(0.2 * (35 + more)))])[0].half > 0.099
    assert forecast(Bin(0, 1, 100)) is None
    assert forecast(Bin(0, 1, 10, drawn=10, wrong=2)) is None


def test_the_reviews_that_are_left_lead_to_the_width_that_was_asked_for():
    bins = [Bin(0, 1, 5000, drawn=40, wrong=2), Bin(1, 2, 1000, drawn=40, wrong=20)]
    left = reviews_left(bins, 0.03)
    assert 40 < left < 400
    path = next_bins(bins, left)
    after = [replace(one, drawn=one.drawn + path.count(k), wrong=round(one.wrong / 40 * (40 + path.count(k))))
             for k, one in enumerate(bins)]  # fmt: skip
    assert total(after).half == pytest.approx(0.03, abs=0.003)
    assert reviews_left(after, 0.05) == 0


def test_the_pilot_of_each_bin_is_among_the_reviews_that_are_left_however_wide_the_interval_may_be():
    bins = [Bin(0, 1, 1000, drawn=7, wrong=1), Bin(1, 2, 4), Bin(2, 3, 50, drawn=30)]
    assert reviews_left(bins, 0.49) == 3 + 4


def test_a_confidence_that_is_none_is_named():
    with pytest.raises(DataError, match=r"must be from 0.5 to 0.999; got 95"):
        total([], 95)


def audit_of(seed, n, rates, half, known=0.0):
    """One simulated audit, stopped by its rule. Returns whether the interval holds the truth, and its reviews."""
    draw = np.random.default_rng(seed)
    labels = [draw.random(int(n * size)) < rate for size, rate in zip(SIZES, rates, strict=True)]
    suspects = [draw.random(len(wrong)) < known * (0.2 + 0.8 * wrong) for wrong in labels]  # wrong ones rather
    open_ones = [wrong[~seen] for wrong, seen in zip(labels, suspects, strict=True)]
    bins = [
        Bin(k, k + 1, len(wrong), known=int(seen.sum()), known_wrong=int(wrong[seen].sum()))
        for k, (wrong, seen) in enumerate(zip(labels, suspects, strict=True))
    ]
    while total(bins).half > half or any(one.drawn < min(PILOT, one.n - one.known) for one in bins):
        for at in next_bins(bins, 25):
            one = bins[at]
            bins[at] = replace(one, drawn=one.drawn + 1, wrong=one.wrong + int(open_ones[at][one.drawn]))
    found, truth = total(bins), np.concatenate(labels).mean()
    return found.low <= truth <= found.high, sum(one.drawn for one in bins)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "rates", "known"),
    [
        (5_000, (0, 0.005, 0.02, 0.1, 0.4), 0),
        (3_000, (0.02, 0.05, 0.1, 0.2, 0.5), 0.5),
        (10_000, (0, 0, 0, 0, 0.05), 0),
    ],
    ids=["rising", "suspects judged before", "hardly any"],
)
def test_the_interval_holds_the_truth_in_audits_that_stop_by_their_rule(n, rates, known):
    hits = [audit_of(seed, n, rates, 0.035, known)[0] for seed in range(100)]
    assert np.mean(hits) >= 0.9  # 93 to 98 of 100 in 200 audits each


@pytest.mark.slow
def test_an_audit_needs_fewer_reviews_than_a_plain_random_sample():
    rates = (0, 0.005, 0.02, 0.1, 0.4)
    truth = float((SIZES * rates).sum())
    plain = 1.96**2 * truth * (1 - truth) / 0.01**2
    needed = np.mean([audit_of(seed, 20_000, rates, 0.01)[1] for seed in range(5)])
    assert needed < 0.9 * plain
