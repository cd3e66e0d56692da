"""The kinds of background work, one file each; the work itself belongs in its own room, not here.

A kind's file has the kind's name and defines what `hem_core.jobs.kind.Kind` lists. An installed package adds a kind
with an entry point of the group `hem.jobs`.
"""

PLUGINS = "hem.jobs"
DEFINES = ("TITLE", "words", "writes", "run", "is_done", "opens")
