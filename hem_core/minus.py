"""Minus signs in text that is shown, where the text itself has hyphens."""

import re


def minus(text: str) -> str:
    """Hyphens that are minus signs, as print has them; those of words and ranges stay."""
    return re.sub(r"(?<![\w.])-(?=[\d.]| )", "−", text)
