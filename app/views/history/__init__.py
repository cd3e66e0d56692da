"""History: every action on the examples of a run, who did it and when, and the way to reverse it.

The newest action comes first; filters narrow the list by person, kind, tag, level and date. Show opens the rows that an
action is about, one in Review and many in Explore. Reverse says what it will change before it does anything: rows that
got another verdict or tag later are left alone and counted. A reversal is an action in this list too, and can itself be
reversed.
"""
