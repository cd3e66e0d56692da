"""Explore: the map, histograms, matrix and gallery."""
