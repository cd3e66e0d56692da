"""Slices: weak groups of a run.

Groups that a few words describe (a class, a cluster of the embedding, a value of one of your own columns, or a pair
of these) whose error rate is above the overall one. Each has an interval and a p-value, corrected for the number of
slices tested, and shows up to three typical members where the run has an embedding: pictures, or short texts; of rows
of features a cluster says which columns set it apart. Tick one to open it in Explore. Below, every class has its error
rate, the rarest first.
"""
