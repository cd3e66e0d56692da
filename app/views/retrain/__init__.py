"""Retrain: start a retraining and read its report.

Pick a set and a train function; the plan says which arms are trained (with the set, without it, with random examples
instead), how often and how long that takes. The report compares them on test data with paired intervals, names what is
fixed and what regressed, and gives a verdict by a rule that was fixed beforehand. With a group column, the training is
for the worst group of class × column, and the report begins with the groups.
"""
