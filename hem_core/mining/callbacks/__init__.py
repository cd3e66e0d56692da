"""Mining in a trainer: one library a file, and the check that ranks do not shard twice."""
