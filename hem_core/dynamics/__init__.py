"""Training dynamics: recorded from a live training, or read from what was logged elsewhere."""
