"""From where an example is hard: the one definition, for scores, slices, pages and exports."""

HARDEST = 90.0
"""Percentile from which, itself included, an example is among the hardest tenth."""
