import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from demo_models import digits


@pytest.fixture(scope="session")
def digits_npz(tmp_path_factory):
    """400 digits as an .npz of uint8 pictures, with a column of the user's own."""
    pixels, target = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("digits") / "few.npz"
    images = (pixels[:400].reshape(-1, 8, 8) * 15).astype(np.uint8)
    np.savez(path, images=images, labels=target[:400].astype(np.int64), is_even=target[:400] % 2 == 0)
    return path


@pytest.fixture
def model():
    """The demo's CNN with seeded, untrained weights."""
    torch.manual_seed(0)
    return digits.model()
