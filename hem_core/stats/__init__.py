"""Statistics without a model: Wilson, McNemar, percentiles, isotonic regression, the hypergeometric tail."""
