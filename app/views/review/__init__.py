"""Review: one example at a time, by keys.

Go through a queue (mixed, suspects, or the filter or selection of Explore) with ten keys and no mouse. Beside each
example stand the reason with its probability, the evidence, its neighbours and whether to trust the reason. Verdicts
are stored as you give them; a lost connection keeps them in the browser until the server has them.
"""
