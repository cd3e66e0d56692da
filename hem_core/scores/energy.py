from torch import Tensor

from hem_core.errors import DataError


def energy(logits: Tensor, *, temperature: float = 1.0) -> Tensor:
    """How little the model finds of any class it knows: -T log of the sum of exp(z / T).

    logits (N, K) before softmax; the label plays no part; temperature T > 0.
    Returns (N,) logits in -inf .. inf; higher = harder (far from the training data; a run of log-probabilities has
    none).
    Raises DataError when the temperature is not above 0.
    A run has none where its logits are log-probabilities (of a file of probabilities, an estimator, a log-softmax):
    there it is 0 but for rounding.
    Cost: one forward pass; itself about 0.1 µs an example.
    Use it: to look for inputs from elsewhere, beside a score of typicality; blind to wrong labels.
    Reference: Liu et al. 2020, arXiv:2010.03759.
    """
    if not temperature > 0:
        raise DataError(f"score 'energy' needs a temperature above 0; this one is {temperature}")
    return -temperature * (logits.float() / temperature).logsumexp(dim=1)  # (N, K) -> (N,)
