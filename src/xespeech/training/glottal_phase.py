"""Where in each period of a voice its energy lies, so that rendered pulses fall where those of the recording do.

Pulses that fall elsewhere teach the vocoder to smear them: in windows that are about as long as a period, a pulse at
the wrong place is further from the recording than none.

Shapes: B batch, P pitch frames, S samples, J steps of 2.5 ms.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from xespeech.model.source_filter import cycles_of

_STEPS = 400  # per second
_SMOOTHING = 9  # steps, odd


@torch.no_grad()
def glottal_phase(waveform: Tensor, log_pitch: Tensor, voicing: Tensor, sample_rate: int, hop_length: int) -> Tensor:
    """Phase in cycles to be added to a pulse train [B, S], double.

    The energy of the waveform's high frequencies is greatest after the glottis closes. It is demodulated by the pitch;
    the angle of what is left tells how far the pulses of the recording are from those of the pitch alone. Unvoiced
    frames have the phase of the last voiced one.

    Args:
        waveform: recordings [B, S], S = P * hop_length.
        log_pitch: log of Hz / REFERENCE_PITCH [B, P], defined in unvoiced frames too.
        voicing: in 0..1 [B, P].
        sample_rate: Hz.
        hop_length: samples per pitch frame.
    """
    with torch.autocast(waveform.device.type, enabled=False):
        cycles, voiced = cycles_of(log_pitch, sample_rate, hop_length).cycles, (voicing > 0.5).float()
        energy = F.pad(waveform.float().diff(dim=1), (1, 0)).square()
        energy = energy * voiced.repeat_interleave(hop_length, dim=1)  # fricatives beside a vowel are louder
        angle = (2 * math.pi * (cycles % 1.0)).float()
        step = sample_rate // _STEPS
        parts = torch.stack([energy * angle.cos(), -energy * angle.sin()], dim=1)  # [B, 2, S]
        parts = F.avg_pool1d(parts, step)
        window = torch.hann_window(_SMOOTHING + 2, periodic=False, device=parts.device)[1:-1]
        real, imaginary = F.conv1d(parts, window.expand(2, 1, -1), padding=_SMOOTHING // 2, groups=2).unbind(1)
        found = torch.atan2(imaginary, real) / (2 * math.pi)
        voiced = F.interpolate(voiced[:, None], size=found.shape[1], mode="nearest")[:, 0]
        index = torch.arange(found.shape[1], device=found.device) * voiced.long()
        found = found.gather(1, index.cummax(1).values)  # unvoiced steps have that of the last voiced one
        turns = found.diff(dim=1, prepend=found[:, :1])
        found = found[:, :1] + (turns - turns.round()).cumsum(1)
        return F.interpolate(found[:, None].double(), size=waveform.shape[1], mode="linear", align_corners=False)[:, 0]
