"""The kinds of background work, one file each; what a kind's work is made of belongs in its own room, not here.

A kind's file is called as the kind and defines what `hem_core.jobs.kind.Kind` lists. An installed package adds a kind
by an entry point of the group `hem.jobs`.
"""

PLUGINS = "hem.jobs"
DEFINES = ("TITLE", "words", "writes", "run", "is_done", "opens")
