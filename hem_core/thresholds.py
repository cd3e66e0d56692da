"""When an example is hard and a prediction wrong: one definition each, for scores, slices, pages and exports."""

HARDEST = 90.0
"""Percentile at or above which an example is among the hardest tenth."""
SUSPECT = ("mislabelled", "suspect_label")
"""Reasons that put the given label under suspicion: of classes, and of every other task."""
WRONG = 0.5
"""`error` at or above which a prediction counts as wrong: 0 and 1 where there is right and wrong alone."""
TRUSTED_FROM = 0.8
"""AUROC on planted errors below which a model cannot tell wrong labels from hard examples."""
