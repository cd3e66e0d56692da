"""Decoding: a medium is one file that turns rows of the catalog into arrays, and into pictures to look at."""

PLUGINS = "hem.media"
