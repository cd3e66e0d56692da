"""Fashion-MNIST: the 10,000 test pictures of clothes, 28 × 28 pixels, 10 classes."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._pictures import picture_set
from demo_models import fashion_mnist as demo

N_CLASSES = 10


def fashion_mnist(data: Path) -> LabelledSet:
    """Reads the IDX files in fashion-mnist."""
    pictures = demo.load(data / "fashion-mnist").held_out
    assert pictures is not None
    return picture_set(pictures.images.reshape(len(pictures.images), -1) / 255, pictures.labels)
