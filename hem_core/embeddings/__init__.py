"""Computed from the embeddings: neighbours, prototypes, near-duplicates and the map."""
