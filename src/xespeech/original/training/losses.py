"""Feature matching as published: hidden layers weighted equally.

Source: HiFi-GAN (Kong et al. 2020), section 2.4; VITS (Kim et al. 2021), section 2.3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from xespeech.training.losses import Outputs


def feature_matching_loss(real: Outputs, fake: Outputs) -> Tensor:
    """Twice the L1 between hidden layers, summed over all of them."""
    terms = [
        (r.float() - f.float()).abs().mean()
        for (_, real_layers), (_, fake_layers) in zip(real, fake, strict=True)
        for r, f in zip(real_layers, fake_layers, strict=True)
    ]
    return 2 * torch.stack(terms).sum()
