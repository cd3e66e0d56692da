"""A text–image model, such as CLIP or SigLIP, in a local Hugging Face folder: pictures and words in one embedding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hem_core.errors import ModelError
from hem_core.media._grey_levels import for_the_eye

AT_ONCE = 64
"""Pictures, or texts, that the model gets together."""
WAY = "give the folder of a CLIP or SigLIP model that save_pretrained wrote, with its processor"


@dataclass(frozen=True, eq=False)
class TextImageModel:
    """Both towers of a model, on a device; every vector has length 1, so that a dot product is a cosine."""

    network: Any
    processor: Any
    tokenizer: Any
    device: torch.device
    identity: str
    """A digest of the files in its folder."""

    @torch.inference_mode()
    def of_pictures(self, pictures: Any) -> Tensor:
        """Pictures as stored, (n, H, W, C) or a list of (H, W, C) -> (n, D) float32 on the device."""
        parts = []
        for start in range(0, len(pictures), AT_ONCE):
            shown = [_three_channels(one) for one in pictures[start : start + AT_ONCE]]
            # Which axis has the channels is said: of a picture 1 or 3 px high the processor would guess wrong.
            made = self.processor(images=shown, input_data_format="channels_last", return_tensors="pt")
            pixels = made["pixel_values"]
            parts.append(_vectors(self.network.get_image_features(pixel_values=pixels.to(self.device))))
        return torch.cat(parts)

    @torch.inference_mode()
    def of_words(self, texts: Sequence[str]) -> Tensor:
        """n texts -> (n, D) float32 on the device. Longer texts are cut at what the model takes."""
        longest = int(self.network.config.text_config.max_position_embeddings)
        # SigLIP was trained on texts that are all padded to one length, and has no mask for less.
        padding = "max_length" if "siglip" in self.network.config.model_type else True
        parts = []
        for start in range(0, len(texts), AT_ONCE):
            tokens = self.tokenizer(
                list(texts[start : start + AT_ONCE]),
                padding=padding,
                truncation=True,
                max_length=longest,
                return_tensors="pt",
            )
            wanted = {name: tokens[name].to(self.device) for name in ("input_ids", "attention_mask") if name in tokens}
            parts.append(_vectors(self.network.get_text_features(**wanted)))
        return torch.cat(parts)


def load(folder: str | Path, device: str | torch.device = "cpu") -> TextImageModel:
    """The model in a folder. Nothing is downloaded and no code of the folder is run; loaded once for a device.

    Raises ModelError without transformers, and for a folder that holds no such model.
    """
    return _loaded(Path(folder).resolve(), torch.device(device))


def identity_of(folder: Path) -> str:
    """A digest of the files of a model's folder: its config, its processor, its tokenizer and its weights."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".txt", ".model", ".safetensors"):
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _loaded(folder: Path, device: torch.device) -> TextImageModel:
    _check(folder)
    try:
        from transformers import AutoImageProcessor, AutoModel, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise ModelError("a text–image model needs transformers: pip install 'hem[text]'") from error
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    is_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        network, told = AutoModel.from_pretrained(folder, **local, use_safetensors=True, output_loading_info=True)
        processor = AutoImageProcessor.from_pretrained(folder, **local, **_without_torchvision())
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    except Exception as error:  # a damaged file ends each library with an exception of its own
        raise ModelError(f"cannot load '{folder}': {' '.join(str(error).split())[:300]}") from error
    finally:
        if is_shown:
            logging.enable_progress_bar()
    if not all(hasattr(network, f"get_{what}_features") for what in ("image", "text")):
        raise ModelError(f"'{folder}' holds a {type(network).__name__}, which has no text and image towers; {WAY}")
    if told["missing_keys"]:
        some = ", ".join(sorted(told["missing_keys"])[:3])
        raise ModelError(f"'{folder}' is not a trained text–image model: weights of {some} are missing; {WAY}")
    return TextImageModel(network.eval().to(device), processor, tokenizer, device, identity_of(folder))


def _without_torchvision() -> dict[str, Any]:
    """The option that makes pictures into tensors by Pillow, whose name differs by version."""
    import transformers

    return {"backend": "pil"} if int(transformers.__version__.split(".")[0]) >= 5 else {"use_fast": False}


def _check(folder: Path) -> None:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"'{folder}' has no config.json that can be read; {WAY}") from error
    if not isinstance(config, dict) or not {"text_config", "vision_config"} <= set(config):
        kind = config.get("model_type", "unknown model") if isinstance(config, dict) else "unknown model"
        raise ModelError(f"'{folder}' holds a model of type '{kind}', which does not pair texts with pictures; {WAY}")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(f"no weights in '{folder}'; expected model.safetensors (a pickle is not loaded); {WAY}")


def _three_channels(picture: Tensor) -> np.ndarray:
    """A picture as stored, (H, W) or (H, W, C) of any numbers -> uint8 (H, W, 3)."""
    shown = for_the_eye(picture.cpu().numpy())
    shown = shown[:, :, None] if shown.ndim == 2 else shown
    if shown.shape[2] not in (1, 3, 4):
        raise ModelError(
            f"a text–image model sees pictures of 1, 3 or 4 channels; these have {shown.shape[2]}: omit --embedding"
        )
    return np.ascontiguousarray(np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown[:, :, :3])


def _vectors(features: Any) -> Tensor:
    """What a tower gave, as (n, D) float32 of length 1."""
    found = features if isinstance(features, Tensor) else features.pooler_output
    return torch.nn.functional.normalize(found.float(), dim=1)
