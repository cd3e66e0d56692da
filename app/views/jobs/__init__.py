"""Background work: what runs, what ended, what failed; to be stopped, resumed and opened.

Scorings, retrainings and loops that were started with `hem` on this machine are listed beside the exports, proofs,
refits and retrainings that the pages start. All of them are processes of their own: the pages and the server can be
closed while they run. A job whose process was stopped or killed can be resumed, and ends with the same result. The
same list is printed by `hem jobs`.
"""
