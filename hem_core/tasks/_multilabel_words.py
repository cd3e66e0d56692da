"""What the pages call the columns of examples and tags: title and unit."""

SHARE = "of 1"
COLUMN_WORDS = {
    "loss": ("binary cross-entropy", "nats"),
    "n_given": ("given tags", "tags"),
    "n_predicted": ("predicted tags", "tags"),
    "n_unknown": ("unknown tags", "tags"),
    "probability": ("probability of the tag", SHARE),
    "suspicion": ("suspicion", SHARE),
    "suspicion_kind": ("kind of suspicion", ""),
    "is_given": ("given", ""),
    "is_predicted": ("predicted", ""),
}
HOW = {
    "difficulty": "percentile of the binary cross-entropy of the tags, pooled by a softmin of their support (T = .1)",
    "label_suspicion": "percentile of the probability that a tag is wrong, pooled over the tags by a softmin (T = .1)",
}
