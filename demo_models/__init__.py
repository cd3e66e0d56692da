"""Small real models with their data and training: `hem demo NAME` runs the file of that name.

A file that begins with `_` is no demo, and neither is a package: those hold what several demos use.
"""
