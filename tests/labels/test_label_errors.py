import numpy as np
import pytest

from hem_core.errors import HemError
from hem_core.labels.label_errors import estimate


def world(seed, n=2000):
    """Suspicions, and which labels are wrong: 2% at the bottom, over half at the top; some 9% in all."""
    draw = np.random.default_rng(seed)
    suspicion = draw.random(n)
    is_wrong = draw.random(n) < 0.02 + 0.06 * suspicion + 0.6 * np.clip((suspicion - 0.85) / 0.15, 0, 1)
    return draw, suspicion, is_wrong.astype(float)


def verdicts(order, draw, suspicion, is_wrong, m=200):
    """Verdicts of m reviews in an order, and which of them were drawn at random."""
    suspects, shuffled = np.argsort(-suspicion), draw.permutation(len(suspicion))
    if order == "random":
        chosen, random = shuffled[:m], shuffled[:m]
    elif order == "suspects first":
        chosen, random = suspects[:m], suspects[:0]
    elif order == "mixed":
        chosen, random = np.r_[suspects[: m // 2], shuffled[: m // 2]], shuffled[: m // 2]
    else:  # a third by an eye that sees the errors
        seen = np.argsort(-(is_wrong + draw.normal(size=len(is_wrong))))[: m // 3]
        random = np.setdiff1d(shuffled[: m // 3], np.r_[suspects[: m // 3], seen])
        chosen = np.r_[suspects[: m // 3], seen, random]
    reviewed = np.full(len(suspicion), np.nan)
    reviewed[chosen] = is_wrong[chosen]
    is_random = np.zeros(len(suspicion), bool)
    is_random[random] = True
    return reviewed, is_random


def covered(order, m, *, with_random=False):
    hits = []
    for seed in range(100):
        draw, suspicion, is_wrong = world(seed)
        reviewed, is_random = verdicts(order, draw, suspicion, is_wrong, m)
        found = estimate(suspicion, reviewed, is_random=is_random if with_random else None)
        hits.append(found.low <= is_wrong.mean() <= found.high)
    return np.mean(hits)


@pytest.mark.slow
@pytest.mark.parametrize("m", [60, 400])
@pytest.mark.parametrize("order", ["random", "suspects first", "mixed"])
def test_the_interval_holds_the_truth_in_93_of_100_reviews(order, m):
    assert covered(order, m) >= 0.93


@pytest.mark.slow
def test_where_reviewers_see_more_than_suspicion_the_random_part_keeps_the_interval_true():
    assert covered("mixed with an eye", 600, with_random=True) >= 0.93
    assert covered("mixed with an eye", 600) < 0.8  # what `is_random` is for


def test_a_random_review_of_the_400_is_close():
    draw, suspicion, is_wrong = world(0)
    found = estimate(suspicion, verdicts("random", draw, suspicion, is_wrong, 400)[0])
    assert found.share == pytest.approx(is_wrong.mean(), abs=0.03)
    assert found.high - found.low < 0.08
    assert (found.n, found.n_reviewed, found.note) == (2000, 400, "")


def test_without_a_review_nothing_is_known():
    found = estimate(np.arange(5.0), np.full(5, np.nan))
    assert (found.low, found.high, found.n_reviewed, found.n) == (0, 1, 0, 5)
    assert np.isnan(found.share)
    assert found.note == "No label has been reviewed yet: review the random part of the queue."


def test_a_review_of_everything_is_exact():
    found = estimate(np.arange(200.0), np.arange(200) % 4 == 0)
    assert (found.share, found.low, found.high) == (0.25, 0.25, 0.25)
    assert sum(part.n for part in found.strata) == 200
    assert sum(part.n_wrong for part in found.strata) == 50


def test_what_nobody_reviewed_is_at_most_as_wrong_as_what_is_more_suspicious():
    reviewed = np.full(1000, np.nan)
    reviewed[-200:] = np.r_[np.zeros(100), np.ones(100)]  # the upper hundred wrong, the lower right
    found = estimate(np.arange(1000.0), reviewed)
    assert found.low == pytest.approx(0.1)
    assert found.high < 0.1 + 0.8 * 0.1  # 0 wrong of the 50 above it: at most 7% of the 800
    lowest = found.strata[-1]
    assert (lowest.n, lowest.n_reviewed, lowest.low, lowest.low_suspicion, lowest.high_suspicion) == (800, 0, 0, 0, 799)
    assert found.note.startswith("800 of 1,000 are ")


def test_what_nobody_reviewed_at_the_top_may_all_be_wrong_and_is_no_less_wrong_than_below():
    reviewed = np.full(1000, np.nan)
    reviewed[:500] = np.arange(500) % 2
    found = estimate(np.arange(1000.0), reviewed)
    assert found.high == pytest.approx(0.75)
    assert 0.25 + 0.5 * 0.3 < found.low < 0.5
    assert found.strata[0].high == 1


def test_unknown_suspicion_is_a_stratum_of_its_own():
    suspicion = np.r_[np.full(100, np.nan), np.arange(100.0)]
    found = estimate(suspicion, np.r_[np.full(100, np.nan), np.zeros(100)])
    assert np.isnan(found.strata[-1].low_suspicion)
    assert (found.low, found.high) == (0, 0.5)


def test_equal_suspicions_stay_in_one_stratum():
    found = estimate(np.zeros(500), np.r_[np.zeros(100), np.full(400, np.nan)])
    assert [part.n for part in found.strata] == [500]


def test_the_same_seed_gives_the_same_interval():
    draw, suspicion, is_wrong = world(1)
    reviewed, _ = verdicts("mixed", draw, suspicion, is_wrong)
    assert estimate(suspicion, reviewed) == estimate(suspicion, reviewed)


def test_wrong_calls_say_what_is_wanted():
    with pytest.raises(HemError, match=r"\(N,\) each; they are \(2,\) and \(3,\)"):
        estimate(np.zeros(2), np.zeros(3))
    with pytest.raises(HemError, match="a verdict is 1 for a wrong label"):
        estimate(np.zeros(2), np.array([2, 0]))
