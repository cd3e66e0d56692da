"""Selectors: a loss vector in, the indices that count out."""
