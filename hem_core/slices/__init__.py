"""Weak groups of examples with a short description. `runs` writes what a run stores of them."""
