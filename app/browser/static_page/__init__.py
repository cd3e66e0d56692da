"""The browser side of a page in one file: the explorer with its data inside, in place of a server."""
