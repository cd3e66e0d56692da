"""Files beyond the local disk: addresses that fsspec knows, local copies of what lies there, and runs kept there."""
