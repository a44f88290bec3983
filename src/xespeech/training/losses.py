"""Losses on waveforms, durations and pitch. Means are over the batch of all processes, not over a process's share.

Shapes: B batch, S samples, T frames (50/s), N symbols, M mel channels, R Fourier frames.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.mel_torch import LogMel
from xespeech.config import MelConfig
from xespeech.model.pitch import Pitch
from xespeech.training.ranks import mean_over_ranks, weight_of

Outputs = list[tuple[Tensor, list[Tensor]]]

_SPREAD_WEIGHT = 3.0  # of the distance of the melody's spread, where its L1 distance weighs 4


class MelLoss(nn.Module):
    """L1 between log-mels at three resolutions, only below each recording's bandwidth.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        top = sample_rate / 2
        self.mels = nn.ModuleList(
            LogMel(MelConfig(sample_rate, n_fft, hop, n_fft, n_mels, 0.0, top))
            for n_fft, hop, n_mels in ((512, 120, 60), (1024, 240, 100), (2048, 480, 120))
        )

    def forward(self, decoded: Tensor, real: Tensor, bandwidth: Tensor, share: Tensor, weights: Tensor) -> Tensor:
        """Mean distance.

        Args:
            decoded, real: waveforms [B, S], 0 in the padding.
            bandwidth: Hz up to which each recording holds sound [B].
            share: share of each item's samples that is not padding [B].
            weights: weight of each item [B].
        """
        total = decoded.new_zeros(())
        count = mean_over_ranks((share * weights).sum())
        for mel in self.mels:
            below = (mel.centre_frequencies[None, :] < 0.95 * bandwidth[:, None]).float()  # type: ignore[index, operator]
            below = below / below.mean(1, keepdim=True)
            distance = ((mel(decoded) - mel(real)).abs() * below[:, None, :]).mean(dim=(1, 2))
            total = total + (distance * weights).sum() / count
        return total / len(self.mels)


def discriminator_loss(real: Outputs, fake: Outputs) -> Tensor:
    """Least-squares loss of the discriminators (Mao et al. 2017), averaged over them."""
    of_real = torch.stack([((1 - score.float()) ** 2).mean() for score, _ in real]).mean()
    of_fake = torch.stack([(score.float() ** 2).mean() for score, _ in fake]).mean()
    return of_real * items_weight(real) + of_fake * items_weight(fake)


def generator_loss(fake: Outputs) -> Tensor:
    """Least-squares loss of what the discriminators say of decoded audio, averaged over them."""
    return torch.stack([((1 - f.float()) ** 2).mean() for f, _ in fake]).mean() * items_weight(fake)


def feature_matching_loss(real: Outputs, fake: Outputs) -> Tensor:
    """L1 between the discriminators' hidden layers, relative to the real ones' magnitude, averaged over all."""
    pairs = [
        (r.float(), f.float())
        for (_, real_layers), (_, fake_layers) in zip(real, fake, strict=True)
        for r, f in zip(real_layers, fake_layers, strict=True)
    ]
    weight = items_weight(real)
    magnitudes = mean_over_ranks(torch.stack([r.abs().mean() for r, _ in pairs]) * weight)
    distances = torch.stack([(r - f).abs().mean() for r, f in pairs]) * weight
    return (distances / magnitudes.clamp(min=1e-3)).mean()


def some_items(outputs: Outputs, first: int, stop: int, n_items: int) -> Outputs:
    """What is said of the items from `first` to before `stop`; discriminators may make several rows of an item.

    Args:
        outputs: of discriminators.
        first, stop: which items are kept.
        n_items: all items.
    """

    def cut(rows: Tensor) -> Tensor:
        each = len(rows) // n_items
        return rows[first * each : stop * each]

    return [(cut(scores), [cut(layer) for layer in layers]) for scores, layers in outputs]


def items_weight(outputs: Outputs) -> Tensor:
    """What a mean over this process's judged pieces counts for beside those of the others."""
    return weight_of(outputs[0][0].new_tensor(len(outputs[0][0]), dtype=torch.float32))


def duration_loss(log_durations: Tensor, durations: Tensor, mask: Tensor) -> Tensor:
    """Poisson deviance of predicted durations, per valid symbol; its optimum is the mean, so speech keeps its pace.

    Args:
        log_durations: predicted log of frames [B, N].
        durations: frames [B, N].
        mask: 1 where valid [B, N].
    """
    deviance = log_durations.exp() - durations - durations * (log_durations - durations.clamp(min=1).log())
    return (deviance * mask).sum() / mean_over_ranks(mask.sum()).clamp(min=1)


def pitch_loss(pitch: Pitch, log_pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
    """L1 of log-pitch in voiced frames, distance of its spread, and cross-entropy of voicing, per valid frame.

    The first term alone is lowest near the middle of what is possible: a flat melody. The second holds the deviation
    of every window at that of its recording ("global variance", Toda & Tokuda 2007).

    Args:
        pitch: predicted [B, T].
        log_pitch, voicing: wanted [B, T].
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
