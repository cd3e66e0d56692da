"""The browser side of `run.show()`: the explorer in a cell, with the kernel in place of a server."""
