"""Choose examples from a table, with a reason for each that is not chosen; `sets` does this for a run and saves it."""
