"""Whether a tokenizer exists, has a vocabulary, and belongs to its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hem_core.errors import ModelError


def check_tokenizer(tokenizer: Any, network: Any, folder: Path) -> None:
    """Raise ModelError when the folder has no vocabulary, so that every word is unknown, or that of another model.

    transformers makes a tokenizer of the right kind with an empty vocabulary when its files are missing.
    """
    wanted = sorted({*getattr(type(tokenizer), "vocab_files_names", {}).values()})
    names = {"tokenizer.json", *wanted}
    way = f"copy its files ({', '.join(sorted(names))}) into the folder: tokenizer.save_pretrained('{folder}')"
    if wanted and not any((folder / name).is_file() for name in names):
        raise ModelError(f"no tokenizer in '{folder}', so that every word would be unknown; {way}")
    vocabulary = tokenizer.get_vocab()
    if not set(vocabulary) - set(tokenizer.all_special_tokens):
        raise ModelError(f"the tokenizer in '{folder}' has no vocabulary; {way}")
    rows = network.get_input_embeddings()
    n_rows = getattr(rows, "num_embeddings", None)
    largest = max(vocabulary.values())
    if n_rows is not None and largest >= n_rows:
        raise ModelError(
            f"the tokenizer in '{folder}' numbers words up to {largest:,}, and the model has {n_rows:,}: it belongs "
            f"to another model; {way}"
        )
