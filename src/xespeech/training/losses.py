"""Losses on waveforms, durations and pitch; a stage in `stages` weighs and adds them.

Means are over the batch of all processes, not over a process's share: divide by `mean_over_ranks` of the count.

Shapes: B batch, S samples, T frames (50/s), N symbols, M mel channels, R Fourier frames.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from xespeech.model.pitch import Pitch
from xespeech.training.ranks import mean_over_ranks, weight_of

_CACHED = 1 << 16  # values that fit a core's cache in 32 bits, several times

Outputs = list[tuple[Tensor, list[Tensor]]]

_SPREAD_WEIGHT = 3.0  # of the deviation of the log-pitch; its L1 distance has weight 4


def discriminator_loss(real: Outputs, fake: Outputs, hinge: bool = False) -> Tensor:
    """Loss of the discriminators, averaged over them: least squares (Mao et al. 2017) or hinge (Lim & Ye 2017).

    Args:
        real, fake: their outputs.
        hinge: whether scores of more than 1 for recordings and less than -1 for others cost nothing.
    """

    def cost(scores: Tensor, sign: int) -> Tensor:
        return F.relu(1 - sign * scores) if hinge else (scores - max(sign, 0)) ** 2

    of_real = torch.stack([cost(scores.float(), 1).mean() for scores, _ in real]).mean()
    of_fake = torch.stack([cost(scores.float(), -1).mean() for scores, _ in fake]).mean()
    return of_real * items_weight(real) + of_fake * items_weight(fake)


def generator_loss(fake: Outputs, hinge: bool = False) -> Tensor:
    """Adversarial loss of decoded audio, averaged over the discriminators; arguments as of `discriminator_loss`."""
    scores = [scores.float() for scores, _ in fake]
    costs = [-score.mean() if hinge else ((1 - score) ** 2).mean() for score in scores]
    return torch.stack(costs).mean() * items_weight(fake)


def feature_matching_loss(real: Outputs, fake: Outputs) -> Tensor:
    """L1 between the discriminators' hidden layers, relative to the real ones' magnitude, averaged over all.

    The real ones are constants.
    """
    pairs = [
        (r, f)
        for (_, real_layers), (_, fake_layers) in zip(real, fake, strict=True)
        for r, f in zip(real_layers, fake_layers, strict=True)
    ]
    weight = items_weight(real)
    distances, magnitudes = map(torch.stack, zip(*(_LayerDistance.apply(f, r.detach()) for r, f in pairs), strict=True))
    return (distances * weight / mean_over_ranks(magnitudes * weight).clamp(min=1e-3)).mean()


class _LayerDistance(torch.autograd.Function):
    """Mean of |r - f| and of |r|. Layers have millions of values of 16 bits: part by part, none leaves the cache in 32,
    and the gradient is a sign.
    """

    @staticmethod
    def forward(ctx: Any, fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        at_once = _CACHED if fake.device.type == "cpu" else max(1, fake.numel())
        signs = torch.empty_like(fake, memory_format=torch.contiguous_format) if ctx.needs_input_grad[0] else None
        parts = zip(*(values.reshape(-1).split(at_once) for values in (fake, real)), strict=True)
        sums = []
        for number, (f, r) in enumerate(parts):
            wanted = r.float()
            gap = f.float() - wanted
            sums.append(torch.stack([gap.abs().sum(), wanted.abs().sum()]))  # a fifth of the time of a norm
            if signs is not None:
                signs.view(-1)[number * at_once : (number + 1) * at_once] = gap.sign_()
        ctx.signs = signs
        distance, magnitude = torch.stack(sums).sum(0) / fake.numel()
        ctx.mark_non_differentiable(magnitude)
        return distance, magnitude

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.signs * (gradients[0] / ctx.signs.numel()).to(ctx.signs.dtype), None


def some_items(outputs: Outputs, first: int, stop: int, n_items: int) -> Outputs:
    """Outputs for the items from `first` to before `stop`; discriminators may have several rows per item.

    Args:
        outputs: of discriminators.
        first, stop: the items.
        n_items: number of all items.
    """

    def cut(rows: Tensor) -> Tensor:
        each = len(rows) // n_items
        return rows[first * each : stop * each]

    return [(cut(scores), [cut(layer) for layer in layers]) for scores, layers in outputs]


def items_weight(outputs: Outputs) -> Tensor:
    """Weight of a mean over this process's segments in the mean over all processes."""
    return weight_of(outputs[0][0].new_tensor(len(outputs[0][0]), dtype=torch.float32))


def duration_loss(log_durations: Tensor, durations: Tensor, mask: Tensor) -> Tensor:
    """Poisson deviance of predicted durations, per valid symbol; its optimum is the mean: the speaking rate is kept.

    Args:
        log_durations: predicted log of frames [B, N].
        durations: frames [B, N].
        mask: 1 where valid [B, N].
    """
    deviance = log_durations.exp() - durations - durations * (log_durations - durations.clamp(min=1).log())
    return (deviance * mask).sum() / mean_over_ranks(mask.sum()).clamp(min=1)


def pitch_loss(pitch: Pitch, log_pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
    """L1 of log-pitch in voiced frames, distance of its deviation, and cross-entropy of voicing, per valid frame.

    The first term alone favours a flat contour. The second keeps the standard deviation of each window at that of its
    recording ("global variance", Toda & Tokuda 2007).

    Args:
        pitch: predicted [B, T].
        log_pitch, voicing: targets [B, T].
        mask: 1 where valid [B, T].
    """
    voiced = voicing * mask
    distance = (pitch.log_pitch - log_pitch).abs() * voiced
    entropy = F.binary_cross_entropy_with_logits(pitch.voicing, voicing, reduction="none") * mask
    spread = (_spread(pitch.log_pitch, voiced) - _spread(log_pitch, voiced)).abs() * voiced.sum(1)
    total = (4.0 * distance + entropy).sum() + _SPREAD_WEIGHT * spread.sum()
    return total / mean_over_ranks(mask.sum()).clamp(min=1)


def _spread(values: Tensor, weights: Tensor) -> Tensor:
    """Standard deviation [B] of values [B, T] under weights [B, T]."""
    total = weights.sum(1, keepdim=True).clamp(min=1)
    mean = (values * weights).sum(1, keepdim=True) / total
    return (((values - mean) ** 2 * weights).sum(1) / total[:, 0] + 1e-4).sqrt()
