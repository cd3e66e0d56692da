"""Overview: how a run does, and where to look first."""
