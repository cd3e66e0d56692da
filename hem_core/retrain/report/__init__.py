"""What is reported of a retraining: measures, comparisons, the verdict and the page."""
