"""nn.MultiheadAttention, its projections taken apart so that each can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Project = Callable[..., Tensor]
"""(inputs, weight, bias, weight_rows, bias_rows) -> outputs, recorded."""


def attention(
    project: Project,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _width: int,
    n_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    *,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    average_attn_weights: bool = True,
    **separate: Any,
) -> tuple[Tensor, Tensor | None] | None:
    """What F.multi_head_attention_forward gives, or None for the forms of it that are not taken apart here.

    query (L, N, D), key and value (S, N, D). A causal mask comes as attn_mask with its hint, which is not needed.
    """
    is_odd = bias_k is not None or bias_v is not None or add_zero_attn or (training and dropout_p > 0)
    if is_odd or query.dim() != 3 or separate.get("static_k") is not None or separate.get("static_v") is not None:
        return None
    q, k, v = _projected(project, query, key, value, in_proj_weight, in_proj_bias, separate)
    heads = [each.unflatten(2, (n_heads, -1)).permute(1, 2, 0, 3) for each in (q, k, v)]  # (N, H, L, D / H)
    mask = _merged(attn_mask, key_padding_mask, heads[0], len(key))
    weights = None
    if need_weights:
        scale = heads[0].shape[3] ** -0.5
        scores = heads[0] * scale @ heads[1].transpose(2, 3)  # (N, H, L, S)
        weights = (scores if mask is None else scores + mask).softmax(dim=3)
        mixed = weights @ heads[2]
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        mixed = F.scaled_dot_product_attention(*heads, attn_mask=mask)
    together = mixed.permute(2, 0, 1, 3).flatten(2)  # (N, H, L, D / H) -> (L, N, D)
    return project(together, out_proj_weight, out_proj_bias), weights


def _projected(
    project: Project,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    separate: dict[str, Any],
) -> tuple[Tensor, ...]:
    width = query.shape[2]
    parts = [slice(start, start + width) for start in (0, width, 2 * width)]
    if separate.get("use_separate_proj_weight"):
        weights = [separate[f"{name}_proj_weight"] for name in "qkv"]
        each = zip((query, key, value), weights, parts, strict=True)
        return tuple(project(inputs, own, bias, slice(None), rows) for inputs, own, rows in each)
    if query is key and key is value:
        return project(query, weight, bias).chunk(3, dim=2)
    each = zip((query, key, value), parts, strict=True)
    return tuple(project(inputs, weight, bias, rows, rows) for inputs, rows in each)


def _merged(attn_mask: Tensor | None, padding: Tensor | None, heads: Tensor, n_keys: int) -> Tensor | None:
    """Both masks as numbers to add, for scores (N, H, L, S)."""
    n, n_heads, n_queries, _width = heads.shape
    merged = None
    if attn_mask is not None:
        merged = _additive(attn_mask, heads)
        merged = merged.view(n, n_heads, n_queries, n_keys) if merged.dim() == 3 else merged
    if padding is not None:
        more = _additive(padding, heads).view(n, 1, 1, n_keys)
        merged = more if merged is None else merged + more
    return merged


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        return mask.to(like.dtype)
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill_(mask, -torch.inf)
