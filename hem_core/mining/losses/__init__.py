"""Losses and the layers that belong to them: logits and targets in, a scalar or a loss vector out."""
