"""Losses of windows in somebody else's voice, which no recording shows: the same words must be heard, and that voice.

Every speaker of most data has one language. Only in windows whose style is taken from another recording does the sound
side meet a language in a voice that never spoke it, which is what cross-lingual speech and conversion ask for.

Shapes: B batch, S samples, T frames (50/s), M mel channels.

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
from xespeech.model.layers import ConvNeXtStack
from xespeech.model.style import StyleEncoder
from xespeech.training.ranks import mean_over_ranks

NARROW_BAND = 7800.0
"""Hz above which narrow recordings hold nothing."""

_LEAST_APART = 0.05  # length of a style less the mean, where styles are 14 long, below which its direction says little


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


def hear(network: nn.Module, *inputs: Tensor) -> Tensor:
    """What a network makes of decoded audio, which learns from it; the network's own weights get no gradient."""
    frozen = {name: parameter.detach() for name, parameter in network.named_parameters()}
    return functional_call(network, frozen, inputs)


def style_distance(
    encoder: StyleEncoder, mel: LogMel, decoded: Tensor, mask: Tensor, wanted: Tensor, usual: Tensor
) -> Tensor:
    """How far the style heard in decoded windows is from the wanted one, per window.

    1 less the cosine of what sets both apart from the mean of the batch: all styles lie close together. What is hardly
    apart from it counts for less.

    Args:
        encoder: hears the style; its own weights get no gradient.
        mel: what the encoder reads, of a waveform.
        decoded: waveforms [B, S].
        mask: [B, T, 1].
        wanted: styles [B, G].
        usual: styles of the batch's recordings [B', G], whose mean is that of most speech.
    """
    mean = mean_over_ranks(usual.float().sum(0)) / mean_over_ranks(usual.new_tensor(float(len(usual))))
    count = mean_over_ranks(mask.new_tensor(float(len(decoded)))).clamp(min=1)
    if not len(decoded):
        return decoded.new_zeros(())
    heard = hear(encoder, mel(decoded), mask)
    cosine = F.cosine_similarity(heard.float() - mean, wanted.detach().float() - mean, eps=_LEAST_APART)
    return (1 - cosine).sum() / count


class VoiceJudge(nn.Module):
    """Tells voices apart, a speaker in a style each: learns from recordings, then says whose a decoded window is.

    It hears a fifth of a second at a time and pools what it heard, so that it knows timbre, loudness and height of
    voice better than words; and nothing above 8 kHz, where many recordings hold nothing.

    Source: the auxiliary classifier of Odena et al. 2017 ("AC-GAN"), as voice conversion uses it (Kameoka et al. 2018,
    "StarGAN-VC"); statistics pooling after Snyder et al. 2018 ("X-vectors").

    Args:
        mel: whose channels it hears.
        channels: width.
        n_voices: to be told apart.
    """

    def __init__(self, mel: LogMel, channels: int, n_voices: int) -> None:
        super().__init__()
        self.heard = int((mel.centre_frequencies < NARROW_BAND).sum())
        self.blocks = ConvNeXtStack(self.heard, channels, n_layers=2, kernel_size=5)
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(2 * channels, n_voices)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Log-mel [B, T, M], mask [B, T, 1] -> logits [B, voices]."""
        x = self.norm(self.blocks(0.3 * mel[..., : self.heard] + 1.0, mask)).float()
        count = mask.sum(1).clamp(min=1)
        mean = (x * mask).sum(1) / count
        deviation = (((x - mean[:, None]) ** 2 * mask).sum(1) / count + 1e-4).sqrt()
        return self.head(torch.cat([mean, deviation], dim=-1)).float()


def voice_loss(logits: Tensor, voices: Tensor) -> Tensor:
    """Cross-entropy of whose windows are, [B, voices] and ids [B], per window."""
    count = mean_over_ranks(logits.new_tensor(float(len(voices)))).clamp(min=1)
    return F.cross_entropy(logits, voices, reduction="sum") / count
