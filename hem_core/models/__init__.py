"""Ways of getting a model: a factory with weights, a Hugging Face folder, an estimator, or predictions alone."""
