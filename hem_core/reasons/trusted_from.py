"""The threshold for trusting the reasons of a run."""

TRUSTED_FROM = 0.8
"""AUROC on planted flips below which a model cannot tell wrong labels from hard examples."""
