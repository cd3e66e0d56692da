"""The quality of the given labels: suspects, estimated error rates, answers from labelling tools."""
