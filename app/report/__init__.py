"""A run to print: numbers, figures and sentences of the app's pages, as one HTML file without a script."""
