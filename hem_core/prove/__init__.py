"""Proving a list: from ids of anywhere and a question to models trained with and without acting on it."""
