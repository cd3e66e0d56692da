"""Noise models, which make labels wrong at a given rate: a file each, from `CleanRows` to (N,) labels."""
