"""Samplers: which examples an epoch draws, and how often."""
