"""Formats: one file each, `write(examples, folder)`."""
