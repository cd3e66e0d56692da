"""Mining a pool in rounds (train, choose, add), compared with random additions and all data."""
