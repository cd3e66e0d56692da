"""Sets: select, prove, save and export a curated set.

Choose the candidates (the whole run, a filter, a tag) and how many to keep; the page shows what is chosen, why each of
the others was left out, and what a linear probe gains over as many random examples. Saving makes a new version; a saved
version is never overwritten. Export it in any format that fits the data, or go on to Retrain.
"""
