"""Which examples: the queue of a review, and what goes into a set."""
