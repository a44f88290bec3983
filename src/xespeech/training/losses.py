"""Losses on waveforms, durations and pitch; a stage in `stages` weighs and adds them.

Means are over the batch of all processes, not over a process's share: divide by `mean_over_ranks` of the count.

Shapes: B batch, S samples, T frames (50/s), N symbols, M mel channels, R Fourier frames.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.spectrum_torch import power_spectrum
from xespeech.model.pitch import Pitch
from xespeech.training.ranks import mean_over_ranks, weight_of

_WINDOWS = (256, 512, 1024, 2048)  # samples
_FLOOR = 1e-3  # of magnitudes, where their logarithm is taken
_SILENT = 1e-16  # of powers, below which a root has no gradient
LEARNT_BAND = 0.95  # of a recording's bandwidth

Outputs = list[tuple[Tensor, list[Tensor]]]

_SPREAD_WEIGHT = 3.0  # of the deviation of the log-pitch; its L1 distance has weight 4


class SpectralLoss(nn.Module):
    """Distance of log-magnitudes and spectral convergence at four window sizes, below each recording's bandwidth.

    Source: Yamamoto et al. 2020 ("Parallel WaveGAN"), equations 4 to 6.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        for size in _WINDOWS:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, decoded: Tensor, real: Tensor, bandwidth: Tensor, weights: Tensor) -> Tensor:
        """Mean distance, summed over the sizes.

        Args:
            decoded, real: waveforms [B, S], 0 in the padding.
            bandwidth: of each recording, Hz [B].
            weights: weight of each item [B].
        """
        total = decoded.new_zeros(())
        count = mean_over_ranks(weights.sum()).clamp(min=1e-6)
        for size in _WINDOWS:
            with torch.no_grad():
                wanted = self._magnitudes(real, size)
            found = self._magnitudes(decoded, size)
            hertz = torch.linspace(0, self.sample_rate / 2, found.shape[2], device=found.device)
            below = (hertz[None, None, :] < LEARNT_BAND * bandwidth[:, None, None]).float()
            distance = ((wanted + _FLOOR).log() - (found + _FLOOR).log()).abs() * below
            convergence = ((wanted - found) * below).flatten(1).norm(dim=1)
            convergence = convergence / (wanted * below).flatten(1).norm(dim=1).clamp(min=1.0)
            per_item = distance.mean((1, 2)) / below.mean((1, 2)) + convergence
            total = total + (per_item * weights).sum() / count
        return total

    def _magnitudes(self, waveform: Tensor, size: int) -> Tensor:
        window = self.get_buffer(f"window_{size}")
        padded = F.pad(waveform[:, None], (size // 2, size // 2), mode="reflect")[:, 0]
        return power_spectrum(padded, window, size // 4).clamp(min=_SILENT).sqrt()


def discriminator_loss(real: Outputs, fake: Outputs) -> Tensor:
    """Least-squares loss of the discriminators (Mao et al. 2017), averaged over them."""
    of_real = torch.stack([((1 - score.float()) ** 2).mean() for score, _ in real]).mean()
    of_fake = torch.stack([(score.float() ** 2).mean() for score, _ in fake]).mean()
    return of_real * items_weight(real) + of_fake * items_weight(fake)


def generator_loss(fake: Outputs) -> Tensor:
    """Least-squares adversarial loss of decoded audio, averaged over the discriminators."""
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
