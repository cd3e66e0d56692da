"""What the embeddings tell: neighbours, prototypes, near-duplicates, and the map."""
