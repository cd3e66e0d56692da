"""Labels: suspects, and how good the labels are.

The examples whose label contradicts the model, the neighbours and the recorded training, most suspect first. From those
that were reviewed the page estimates the share of wrong labels in all of the data, with its interval, and says what to
review next to make that interval narrower. A suspect is a flag to review, never a verdict.
"""
