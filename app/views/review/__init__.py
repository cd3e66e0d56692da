"""Review: one example at a time, by keys."""
