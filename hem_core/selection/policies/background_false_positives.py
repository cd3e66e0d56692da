import numpy as np

from hem_core.selection.pool import Chosen, Pool, first, hardest_first

AMONG = 4
CONFIDENCE = "background_confidence"
READS = (CONFIDENCE,)


def background_false_positives(pool: Pool, n: int, *, least: float = 0.5) -> Chosen:
    """The n images, or boxes, with the most confident detections where nothing is given: hard negatives.

    least: confidence, 0 .. 1, below which a detection on background does not count; what has none is set aside. Some of
    them are objects that the annotation misses: review them first. Export them with the format hard_negatives.
    Raises DataError when the run has no boxes, and so no column `background_confidence`.
    """
    confidence = pool.score(CONFIDENCE)
    order = hardest_first(confidence)
    order = order[confidence[order] >= least]
    chosen = first(pool, order, n, "less confident on background than those chosen")
    words = f"set aside: no detection on background with a confidence of {least:g} or more"
    return Chosen(chosen.rows, np.where(confidence < least, words, chosen.why))
