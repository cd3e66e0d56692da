"""Probes: examples of a known kind are planted and scored; reasons are calibrated on them."""
