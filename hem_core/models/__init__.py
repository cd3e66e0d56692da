"""Ways of getting a model: a factory with weights, or the predictions it made elsewhere."""
