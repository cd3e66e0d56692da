"""The two headlines, the reason and its evidence, from the columns of a table."""
