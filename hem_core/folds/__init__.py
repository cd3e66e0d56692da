"""Training without each fold in turn: every example is scored by a model that has not seen it."""
