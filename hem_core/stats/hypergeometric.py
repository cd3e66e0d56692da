"""The probability that chance alone puts so many errors into a slice."""

import numpy as np
import numpy.typing as npt


def chance_of_so_many(
    hits: npt.ArrayLike, n: npt.ArrayLike, n_errors: npt.ArrayLike, n_all: npt.ArrayLike
) -> np.ndarray:
    """P(at least `hits` errors among n rows drawn from n_all, n_errors of them wrong): Fisher's exact test, one-sided.

    All are counts of one shape (C,) or single numbers. Returns (C,) in 0 .. 1, exact to 1e-9; 1 where there are no
    more errors than expected.
    Reference: Fisher 1922, doi:10.2307/2340521.
    """
    counts = np.broadcast_arrays(*(np.atleast_1d(np.asarray(part, np.int64)) for part in (hits, n, n_errors, n_all)))
    result = np.ones(counts[0].shape)
    if not result.size:
        return result
    log_factorial = np.r_[0.0, np.cumsum(np.log(np.arange(1, counts[3].max() + 1)))]
    is_more = counts[0] * counts[3] > counts[1] * counts[2]
    k, size, wrong, whole = (part[is_more] for part in counts)

    def choose(of: np.ndarray, some: np.ndarray) -> np.ndarray:
        return log_factorial[of] - log_factorial[some] - log_factorial[of - some]

    first = choose(wrong, k) + choose(whole - wrong, size - k) - choose(whole, size)
    term, total = np.ones(len(k)), np.ones(len(k))
    while (term > 1e-10 * total).any():  # each next term by its ratio, which falls: the tail ends soon
        left = np.maximum((wrong - k) * (size - k), 0)
        term = term * left / ((k + 1) * (whole - wrong - size + k + 1))
        total, k = total + term, k + 1
    result[is_more] = np.minimum(1.0, np.exp(first) * total)
    return result


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p of each test (C,): of the tests with an adjusted p up to q, about a share q are false discoveries.

    Reference: Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted
