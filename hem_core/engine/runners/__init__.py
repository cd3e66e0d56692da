"""Who calls `score_unit` for every shard: one way of running a file."""
