def want(is_kept: object, words: str) -> None:
    """Raise AssertionError with these words unless a promise is kept; unlike `assert`, also under `python -O`."""
    if not is_kept:
        raise AssertionError(words)
