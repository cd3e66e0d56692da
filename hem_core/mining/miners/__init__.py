"""Miners: embeddings and labels in, indices of hard pairs and triplets out."""
