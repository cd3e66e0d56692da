"""One policy a file: which n of a pool, and why not the others.

`policies/<name>.py` defines `<name>(pool, n, *, options, seed) -> Chosen` and may define `AMONG`: the policy before it
picks AMONG times as many as this one is to choose, so that there is something to choose from; None = all it can.
"""

PLUGINS = "hem.policies"
DEFINES = ("{name}",)
