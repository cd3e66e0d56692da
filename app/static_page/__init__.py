"""A run as one HTML file: the explorer with its data inside, for a reader who has neither HEM nor a server."""
