"""A text classifier in a local Hugging Face folder: config.json, a tokenizer, safetensors."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hem_core.errors import ModelError
from hem_core.models._tokenizer import check_tokenizer
from hem_core.models.output_names import output_names
from hem_core.models.single_label import check_transformers

LONGEST = 512
"""Tokens of a text when neither the tokenizer nor the config says how many the model takes."""


class TextClassifier(nn.Module):
    """Texts in, `logits` (n, K) out; longer texts are cut at `max_length` tokens.

    `class_names` are the config's names of the outputs, None where it has none of its own. The head is the model's own
    last linear layer; where that is used on every token, `embeddings` (n, D) are its input at the text's last token.
    """

    def __init__(self, network: nn.Module, tokenizer: Any, *, max_length: int, class_names: list[str] | None) -> None:
        super().__init__()
        self.network, self.max_length, self.class_names = network, max_length, class_names
        self._tokenizer = tokenizer

    def preprocess(self, texts: list[str]) -> dict[str, Tensor]:
        """Token ids and masks (n, T), padded to the longest text of the batch, which the mask hides from the model."""
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
        )
        return dict(tokens)

    def forward(self, **tokens: Tensor) -> dict[str, Tensor]:
        head = getattr(self.network, "score", None)
        if not isinstance(head, nn.Linear):
            return {"logits": self.network(**tokens).logits}
        seen: list[Tensor] = []
        hook = head.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
        try:
            logits = self.network(**tokens).logits
        finally:
            hook.remove()
        return {"logits": logits, "embeddings": _at_last_token(seen[-1], tokens["attention_mask"])}

    def identity(self) -> str:
        """Distinguishes it from another model with the same weights: its tokenizer and its maximum length."""
        words = sorted(self._tokenizer.get_vocab().items())
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        said = backend.to_str() if backend is not None else repr(self._tokenizer)
        return hashlib.sha256(f"{words} {said} {self.max_length}".encode()).hexdigest()


def load(folder: Path, *, answers: str = "one class") -> TextClassifier:
    """The classifier in a folder that `save_pretrained` wrote. Nothing is downloaded and no code of the folder is run.

    answers: what the task wants of it, see `hem_core.models.answers`.

    Raises ModelError without transformers, without config.json, safetensors or a tokenizer, for weights without a
    classification head, for heads that do something else than the task wants, and for a model that only code in the
    folder can build.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(f"'{folder}' has no config.json; --model expects package.module:function or a model's folder")
    try:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise ModelError("a Hugging Face folder needs transformers: pip install 'hem[text]'") from error
    _check_weights(folder)
    _check_head(folder, answers)
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    is_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
        network, told = AutoModelForSequenceClassification.from_pretrained(
            folder, **local, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # a damaged file ends each library with an exception of its own
        raise ModelError(f"cannot load '{folder}': {' '.join(str(error).split())[:300]}") from error
    finally:
        if is_shown:
            logging.enable_progress_bar()
    check_tokenizer(tokenizer, network, folder)
    missing = sorted(told["missing_keys"])
    if missing:
        raise ModelError(
            f"'{folder}' is not a trained classifier: weights of {', '.join(missing[:3])} are missing; "
            "give the folder of a model that was trained to classify"
        )
    _let_pad(tokenizer, network.config, folder)
    length = _max_length(tokenizer, network.config)
    return TextClassifier(network, tokenizer, max_length=length, class_names=output_names(network.config)).eval()


def _check_head(folder: Path, answers: str) -> None:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        architecture = str((config.get("architectures") or [""])[0])
    except (OSError, ValueError, AttributeError, LookupError) as error:
        raise ModelError(f"'{folder / 'config.json'}' cannot be read: {error}") from error
    if "ForImageClassification" in architecture:
        raise ModelError(
            f"'{folder}' holds a {architecture}, which classifies pictures; a folder is read as a classifier of texts: "
            "pass --model package.module:function that loads it"
        )
    check_transformers(config, architecture, f"the model in '{folder}'", answers=answers)


def _check_weights(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    if any(folder.glob("*.bin")):
        raise ModelError(
            f"the weights in '{folder}' are a pickle, which can run code, and are not loaded. If you trust them, "
            "save them again: AutoModelForSequenceClassification.from_pretrained(FOLDER).save_pretrained(OTHER)"
        )
    raise ModelError(f"no weights in '{folder}'; expected model.safetensors")


def _let_pad(tokenizer: Any, config: Any, folder: Path) -> None:
    """Texts of a batch are padded to one length; a decoder's tokenizer pads with its end token, which is masked."""
    if tokenizer.pad_token is None and tokenizer.eos_token is None:
        raise ModelError(f"the tokenizer in '{folder}' has no pad token; set one and save it again")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if config.pad_token_id is None:
        config.pad_token_id = tokenizer.pad_token_id


def _max_length(tokenizer: Any, config: Any) -> int:
    """The lesser of what the tokenizer and the config say; RoBERTa's positions begin after its pad token."""
    positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    if positions is not None and ("roberta" in config.model_type or config.model_type == "camembert"):
        positions -= (config.pad_token_id or 0) + 1
    said = [length for length in (tokenizer.model_max_length, positions) if length is not None and 0 < length < 1e6]
    return int(min(said, default=LONGEST))


def _at_last_token(features: Tensor, mask: Tensor) -> Tensor:
    """(n, T, D) and mask (n, T) -> (n, D): the features of each text's last token that is no padding."""
    last = (torch.arange(mask.shape[1], device=mask.device) * mask).argmax(dim=1)  # (n, T) -> (n,)
    return features[torch.arange(len(features), device=features.device), last]
