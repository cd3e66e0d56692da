"""Mining a pool in rounds: train, choose, add, train again; beside random additions and all data."""
