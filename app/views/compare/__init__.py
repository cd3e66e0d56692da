"""Compare: two runs over the same examples."""
