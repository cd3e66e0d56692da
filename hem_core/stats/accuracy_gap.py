"""How far one accuracy may be above another before it means that labels were learned by heart."""

GAP = 0.1


def gap(held_out: float) -> float:
    """How far above `held_out` the training accuracy may be, 0 .. 0.1: `GAP`, at most half of what is missing to 1.

    With `GAP` alone nothing could be memorised above an accuracy of .9 on others.
    """
    return min(GAP, (1 - held_out) / 2)
