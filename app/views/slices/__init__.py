"""Slices: weak groups of a run."""
