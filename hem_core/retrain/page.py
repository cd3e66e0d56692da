"""The report as one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def page(plan: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """One self-contained HTML page."""
    return f"<!doctype html><title>{plan['name']}</title><p>{report['verdict']['word']}"
