"""A small anchor-free detector of plain torch, which learns boxes on a CPU: `--train demo_models.detector:train`."""

from demo_models.detector.net import Detector
from demo_models.detector.training import train

__all__ = ["Detector", "train"]
