"""Mining picks wrong labels first, so it stops if too many are expected."""

NOISE_LIMIT = 0.2


def too_noisy(who: str, noise: float | None) -> str:
    """Why mining is off, in words; empty where the noise of what is mined (0 .. 1) is within the limit or unknown."""
    if noise is None or noise <= NOISE_LIMIT:
        return ""
    return (
        f"{who} is off and mines nothing: {noise:.0%} of what it would pick is estimated to be mislabelled "
        f"(limit {NOISE_LIMIT:.0%}); review these labels first"
    )
