"""Curated sets from a run to a saved, exported, checked version; which examples is decided in `selection`."""
