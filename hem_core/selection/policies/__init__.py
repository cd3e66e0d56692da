"""One policy a file: which n of a pool, and why not the others.

`policies/<name>.py` defines `<name>(pool, n, *, options, seed) -> Chosen` and may define `AMONG`: the policy before it
picks AMONG times as many as this one is to choose, so that there is something to choose from; by default all it can.
It names in READS the columns that it reads, beside those that its options name. The docstring is the help, in the app
too: its first sentence says what the policy does, and `OPTION: …` what an option does.
"""

PLUGINS = "hem.policies"
DEFINES = ("{name}",)
