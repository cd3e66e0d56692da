"""Weak groups that a few words can describe. What a run stores of them is written by `runs`."""
