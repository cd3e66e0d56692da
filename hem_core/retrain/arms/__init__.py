"""What is trained: the arms of a retraining, their data, weights and recipes."""
