"""Whether a processor has instructions for bfloat16.

Without them, PyTorch emulates it, and a training step takes many times as long as in float32.
"""

from __future__ import annotations

import platform

import torch


def bf16_is_native(device: str) -> bool:
    """Whether a kind of device, "cpu" or "cuda", has instructions for matrix products in bfloat16."""
    if device == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu":
        return False
    if platform.machine().lower() in ("aarch64", "arm64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # on x86 this would be true of emulation too
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
