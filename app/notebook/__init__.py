"""The explorer in a notebook: `run.show()` gives a widget that Jupyter and marimo draw."""
