"""The names of what is read off pictures and texts without a model: column -> title, unit, meaning."""

from __future__ import annotations

from collections.abc import Mapping

OF_PICTURES: Mapping[str, tuple[str, str, str]] = {
    "brightness": ("brightness", "of 1", "mean luma of the picture, 0 black to 1 white"),
    "contrast": ("contrast", "of 1", "standard deviation of the luma, 0 one grey to .5 half black and half white"),
    "sharpness": ("sharpness", "grey levels", "standard deviation of the Laplacian; low = blurred"),
    "pixel_entropy": ("pixel entropy", "bits", "entropy of the 256 grey levels, 0 one grey to 8"),
    "is_near_uniform": ("near-uniform", "", "hardly more than one grey: a contrast below .02"),
    "size_px": ("size", "px", "square root of width × height as stored"),
    "aspect": ("aspect", "width / height", "width over height as stored"),
    "is_odd_shape": ("odd shape", "", "aspect or size far from those of the other pictures"),
}
OF_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "n_characters": ("length", "characters", "characters of the text"),
    "unknown_words": ("words of no other text", "of 1", "share of its words that no other text of the data has"),
    "repetition": ("repetition", "of 1", "share of its words that repeat an earlier one of the text"),
    "script": ("script", "", "the script that most of its letters are of, such as Latin"),
}
FACTS: Mapping[str, tuple[str, str, str]] = {**OF_PICTURES, **OF_TEXTS}
