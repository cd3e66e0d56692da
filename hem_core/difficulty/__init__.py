"""The two headlines and the probability of an error, from the columns of a table; the reason is in `reasons`."""
