"""Weight normalisation, on for training the original configuration and folded into plain weights for everything else.

Source: Salimans & Kingma 2016, w = g v / |v|, the norm taken over all axes but the first.
"""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

Convolution = TypeVar("Convolution", bound=nn.Module)


def normed(convolution: Convolution) -> Convolution:
    """Mark a convolution as one that is trained with weight normalisation."""
    convolution.weight_normed = True  # type: ignore[assignment]
    return convolution


def normed_modules(network: nn.Module) -> list[str]:
    """Names of the marked convolutions within a network."""
    return [name for name, module in network.named_modules() if getattr(module, "weight_normed", False)]


def add_weight_norm(network: nn.Module) -> None:
    """Reparametrise every marked convolution by norm and direction of its weights; outputs stay the same."""
    for name in normed_modules(network):
        weight_norm(network.get_submodule(name))


def fold_weight_norm(network: nn.Module) -> None:
    """Undo `add_weight_norm`: plain weights, the same outputs, faster."""
    for name in normed_modules(network):
        module = network.get_submodule(name)
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
