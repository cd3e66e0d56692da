"""Compare: two runs over the same examples.

Which examples the later run fixes, and which it breaks, in each class and slice, with McNemar's exact test. Where the
runs are arms of one retraining, the page also shows how many examples another seed alone would have changed. A click on
a flow opens its examples in Explore.
"""
