"""Selection policies, one a file: which of the candidates to take."""
