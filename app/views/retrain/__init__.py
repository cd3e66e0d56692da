"""Retrain: start a retraining and read its report."""
