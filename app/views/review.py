"""Review: one example at a time."""


def page() -> None:
    """Placeholder until its component is there."""
