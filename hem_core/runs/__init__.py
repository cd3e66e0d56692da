"""From `score(...)` to a finished run folder: prepare, pass, conclude, write."""
