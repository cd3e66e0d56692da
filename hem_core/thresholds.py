"""From where an example is hard, and a prediction wrong: one definition each, for scores, slices, pages and exports."""

HARDEST = 90.0
"""Percentile from which, itself included, an example is among the hardest tenth."""
WRONG = 0.5
"""`error` from which, itself included, a prediction counts as wrong: 0 and 1 where there is right and wrong alone."""
