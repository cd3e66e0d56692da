"""What can be done next, one file each: it says what an hour of it is expected to gain, from the facts of a run.

The file `review.py` defines `review(facts: Facts) -> list[Action]`; IS_LAST = True where it judges the actions of the
others, `facts.others`. An installed package adds an action with an entry point of the group `hem.actions`.
"""

PLUGINS = "hem.actions"
DEFINES = ("{name}",)
