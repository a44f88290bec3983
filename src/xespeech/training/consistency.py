"""Losses of windows in somebody else's voice, which no recording shows: the same words must be heard, and that voice.

Every speaker of most data has one language. Only in windows whose style is taken from another recording does the sound
side meet a language in a voice that never spoke it, which is what cross-lingual speech and conversion ask for.

Shapes: B batch, S samples, T frames (50/s), G style channels.

Source: the content code of converted speech compared with the source's, after Qian et al. 2019 ("AutoVC").
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from xespeech.audio.mel_torch import LogMel
from xespeech.config import MEL_CONTENT, MelConfig
from xespeech.content.compact import CompactContentEncoder, ContentOutput
from xespeech.model.style import StyleEncoder
from xespeech.training.ranks import mean_over_ranks


class Listener(nn.Module):
    """A content encoder that hears waveforms as they are decoded, and does not learn.

    Args:
        encoder: trained.
        sample_rate: Hz of the waveforms; its Fourier bins are those of the encoder's own mel in a longer window.
    """

    def __init__(self, encoder: CompactContentEncoder, sample_rate: int) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False).eval()
        own = MEL_CONTENT
        size, hop, window = (n * sample_rate // own.sample_rate for n in (own.n_fft, own.hop_length, own.win_length))
        self.mel = LogMel(MelConfig(sample_rate, size, hop, window, own.n_mels, own.f_min, own.f_max))

    def forward(self, waveform: Tensor, frames: Tensor) -> ContentOutput:
        """Waveform [B, S], valid frames [B] -> what is heard in it."""
        return self.encoder(self.mel(waveform), 2 * frames)


def content_distance(listener: Listener, decoded: Tensor, real: Tensor, frames: Tensor, mask: Tensor) -> Tensor:
    """How much else is heard in decoded audio than in the recording, per valid frame.

    L1 between the content features, and divergence of the phones.

    Args:
        decoded, real: waveforms [B, S].
        frames: valid frames [B].
        mask: 1 where valid [B, T].
    """
    count = mean_over_ranks(mask.sum()).clamp(min=1)
    if not len(decoded):
        return decoded.new_zeros(())
    with torch.no_grad():
        wanted = listener(real, frames)
    heard = listener(decoded, frames)
    distance = (heard.features.float() - wanted.features.float()).abs().mean(-1)
    divergence = F.kl_div(heard.phone_log_probs, wanted.phone_log_probs, reduction="none", log_target=True).sum(-1)
    return ((distance + divergence) * mask).sum() / count


def style_distance(encoder: StyleEncoder, mel: LogMel, decoded: Tensor, mask: Tensor, wanted: Tensor) -> Tensor:
    """How far the style heard in decoded audio is from the wanted one: 1 less their cosine, per window.

    Args:
        encoder: hears the style; its own weights get no gradient.
        mel: what the encoder reads, of a waveform.
        decoded: waveforms [B, S].
        mask: [B, T, 1].
        wanted: styles [B, G].
    """
    count = mean_over_ranks(mask.new_tensor(float(len(decoded)))).clamp(min=1)
    if not len(decoded):
        return decoded.new_zeros(())
    frozen = {name: parameter.detach() for name, parameter in encoder.named_parameters()}
    heard = functional_call(encoder, frozen, (mel(decoded), mask))
    return (1 - F.cosine_similarity(heard.float(), wanted.detach().float())).sum() / count
