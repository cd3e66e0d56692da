"""Where the library of a training is missing, the way out is named."""

import importlib
import sys

import pytest

from hem_core.errors import HemError


@pytest.mark.parametrize(
    ("name", "library", "text"),
    [
        ("lightning", "lightning.pytorch", "RecorderCallback needs Lightning: pip install 'hem\\[lightning\\]'"),
        ("keras", "keras.callbacks", "RecorderCallback needs Keras 3: pip install keras, and set KERAS_BACKEND=torch"),
        (
            "tokens",
            "transformers",
            "recording tokens needs transformers: pip install 'hem\\[text\\]', and trl for SFTT",
        ),
        ("transformers", "transformers", "recording a Trainer needs transformers: pip install 'hem\\[text\\]'"),
    ],
)
def test_a_missing_library_is_named(monkeypatch, name, library, text):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"hem_core.dynamics.{name}", raising=False)
    with pytest.raises(HemError, match=text):
        importlib.import_module(f"hem_core.dynamics.{name}")
