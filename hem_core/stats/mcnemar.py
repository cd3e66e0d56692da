"""Is one model better than another on the same examples, or could the difference be chance?"""


def mcnemar(fixed: int, regressed: int) -> float:
    """Exact two-sided p of McNemar's test: the chance of a split at least so uneven between equally good models.

    fixed: examples wrong before and right after; regressed: right before and wrong after.
    Returns a probability in 0 .. 1; 1 when there are none of either. Raises ValueError below 0.
    Reference: McNemar 1947, Psychometrika 12(2), 153-157; the binomial in place of its chi square, so that few
    examples are no problem.
    """
    from scipy.stats import binomtest

    if fixed < 0 or regressed < 0:
        raise ValueError(f"counts are 0 or more; there were {fixed} fixed and {regressed} regressed")
    changed = fixed + regressed
    return float(binomtest(fixed, changed, 0.5).pvalue) if changed else 1.0
