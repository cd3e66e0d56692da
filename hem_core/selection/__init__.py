"""Which examples to take from a table, and why not the others; `sets` does this for a run and keeps the result."""
