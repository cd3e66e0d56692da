"""Labels: suspects, and how good the labels are."""
