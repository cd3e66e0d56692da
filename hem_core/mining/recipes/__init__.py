"""Recipes of two steps: a first model decides what the second one trains on."""
