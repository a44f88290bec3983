"""The adversarial losses as published: summed over the discriminators, hidden layers weighted equally.

Shapes: B batch, S samples.

Source: HiFi-GAN (Kong et al. 2020), section 2.4; VITS (Kim et al. 2021), section 2.3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from xespeech.training.losses import Outputs


def discriminator_loss(real: Outputs, fake: Outputs) -> Tensor:
    """Least squares: real audio is to be scored 1, decoded audio 0."""
    terms = [((1 - r.float()) ** 2).mean() + (f.float() ** 2).mean() for (r, _), (f, _) in zip(real, fake, strict=True)]
    return torch.stack(terms).sum()


def generator_loss(fake: Outputs) -> Tensor:
    """Least squares: decoded audio is to be scored 1."""
    return torch.stack([((1 - f.float()) ** 2).mean() for f, _ in fake]).sum()


def feature_matching_loss(real: Outputs, fake: Outputs) -> Tensor:
    """Twice the L1 between hidden layers, summed over all of them."""
    terms = [
        (r.float() - f.float()).abs().mean()
        for (_, real_layers), (_, fake_layers) in zip(real, fake, strict=True)
        for r, f in zip(real_layers, fake_layers, strict=True)
    ]
    return 2 * torch.stack(terms).sum()
