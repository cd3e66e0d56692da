"""The threshold for trusting the reasons of a run."""

from hem_core.thresholds import TRUSTED_FROM as TRUSTED_FROM
