"""Data sets whose labels are taken to be right: a file each, from a folder to a `LabelledSet`."""
