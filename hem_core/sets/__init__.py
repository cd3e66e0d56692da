"""Curated sets: select, preview, prove, export, load and check them, and where they came from."""
