from torch import Tensor


def ensemble_spread(member_confidences: Tensor) -> Tensor:
    """How far runs or seeds disagree on the given label: std of p_y over the members.

    member_confidences (N, M) in 0 .. 1, the given label's probability by each of M members; NaN = not known.
    Returns (N,) in 0 .. 0.5; higher = harder to agree on; members that are all wrong agree, so look at the loss too.
    NaN (null in the table) where fewer than 2 members are known.
    Cost: a forward pass for each member; itself next to nothing.
    Use it: to tell what every model finds hard from what only this one got wrong by chance.
    Reference: Lakshminarayanan et al. 2017, arXiv:1612.01474 (deviation in the place of their divergence).
    """
    confidences = member_confidences.float()
    distances = confidences - confidences.nanmean(dim=1, keepdim=True)
    spread = distances.square().nanmean(dim=1).sqrt()  # (N, M) -> (N,)
    return spread.masked_fill((~confidences.isnan()).sum(dim=1) < 2, float("nan"))
