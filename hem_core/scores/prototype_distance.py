import torch.nn.functional as F
from torch import Tensor


def prototype_distance(embeddings: Tensor, prototypes: Tensor) -> Tensor:
    """How untypical an example is of the class it is labelled as: 1 - cos(h, mean h of class y).

    embeddings (N, D); prototypes (N, D), the mean embedding of each example's labelled class.
    Returns (N,) cosine distance in 0 .. 2; higher = harder. An embedding of zeros has no direction: 1.
    Cost: embeddings and one mean a class; itself under 1 µs an example at D = 128.
    Use it: to find outliers within a class; a class of several modes makes its small ones look untypical.
    Reference: Sorscher et al. 2022, arXiv:2206.14486, with class means in place of k-means centres.
    """
    similarity = F.cosine_similarity(embeddings.float(), prototypes.float(), dim=1)  # (N, D) -> (N,)
    return (1 - similarity).clamp(0, 2)
