"""A run that looks like a scored data set without one: a world of classes, its examples block by block, their columns
by the formulas of a real run, and the tables on disk."""
