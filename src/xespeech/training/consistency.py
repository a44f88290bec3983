"""Consistency losses of windows decoded in another voice, for which there is no recording: words, voice and style.

Most speakers in the data have one language. Only in windows with the style of another recording is the decoder trained
on a language in a voice that was not recorded in it, as cross-lingual speech and conversion need it.

Shapes: B batch, S samples, T frames (50/s), P mel frames (100/s), M mel channels.

Source: the content code of converted speech compared with the source's, after Qian et al. 2019 ("AutoVC").
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from xespeech.audio.mel import centre_frequencies, hertz_to_mel, interpolation
from xespeech.audio.mel_torch import LogMel
from xespeech.config import MEL_CONTENT, MelConfig
from xespeech.content.compact import CompactContentEncoder, ContentOutput
from xespeech.model.layers import ConvNeXtStack
from xespeech.model.style import StyleEncoder
from xespeech.training.ranks import mean_over_ranks

NARROW_BAND = 7800.0
"""Bandwidth of narrow-band recordings, Hz."""

_LEAST_APART = 0.05  # of the norm of a style less the mean (styles have norm 14): below, its direction is noise


class Listener(nn.Module):
    """A frozen content encoder that reads decoded waveforms or mels.

    Args:
        encoder: trained.
        decoded: of the mels, with as many frames a second as MEL_CONTENT; waveforms have its sample rate, and a window
            longer than that of MEL_CONTENT, so that the bins are the same.
    """

    channels: Tensor

    def __init__(self, encoder: CompactContentEncoder, decoded: MelConfig) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False).eval()
        mel, rate = MEL_CONTENT, decoded.sample_rate
        size, hop, window = (n * rate // mel.sample_rate for n in (mel.n_fft, mel.hop_length, mel.win_length))
        self.mel = LogMel(MelConfig(rate, size, hop, window, mel.n_mels, mel.f_min, mel.f_max))
        channels = interpolation(*(hertz_to_mel(centre_frequencies(config)) for config in (decoded, mel)))
        self.register_buffer("channels", torch.from_numpy(channels), persistent=False)

    def forward(self, waveform: Tensor, frames: Tensor) -> ContentOutput:
        """Waveform [B, S], valid frames [B] -> features and phones."""
        return self.encoder(self.mel(waveform), 2 * frames)

    def of_mel(self, mel: Tensor, frames: Tensor) -> ContentOutput:
        """Log-mel [B, P, M], valid frames [B] -> features and phones.

        Channels are interpolated; the window is longer than the encoder's. A classifier of frames named the phone of
        62 % of them so, and 63 % from the encoder's mel (40 recordings).
        """
        return self.encoder(mel @ self.channels, 2 * frames)


def content_distance(
    read: Callable[[Tensor, Tensor], ContentOutput], decoded: Tensor, real: Tensor, frames: Tensor, mask: Tensor
) -> Tensor:
    """Distance of content between what is decoded and the recording, per valid frame.

    L1 of the content features, plus the KL divergence of the phones.

    Args:
        read: a listener, or its `of_mel`.
        decoded, real: waveforms [B, S], or log-mels [B, P, M].
        frames: valid frames [B].
        mask: 1 where valid [B, T].
    """
    count = mean_over_ranks(mask.sum()).clamp(min=1)
    if not len(decoded):
        return decoded.new_zeros(())
    wanted = read(real.detach(), frames)  # without `no_grad`, so that blocks compute both in one way, the faster one
    found = read(decoded, frames)
    distance = (found.features.float() - wanted.features.float()).abs().mean(-1)
    divergence = F.kl_div(found.phone_log_probs, wanted.phone_log_probs, reduction="none", log_target=True).sum(-1)
    return ((distance + divergence) * mask).sum() / count


def frozen_call(network: nn.Module, *inputs: Tensor) -> Tensor:
    """Output of a network whose weights get no gradient, while its inputs do."""
    frozen = {name: parameter.detach() for name, parameter in network.named_parameters()}
    return functional_call(network, frozen, inputs)


def style_distance(encoder: StyleEncoder, decoded: Tensor, mask: Tensor, wanted: Tensor, usual: Tensor) -> Tensor:
    """Distance of the style of decoded windows from the target style, per window.

    1 less the cosine of both, after the mean of the batch is subtracted, since all styles lie close together. Styles
    near the mean count less.

    Args:
        encoder: of styles; its weights get no gradient.
        decoded: log-mels of windows [B, P, M].
        mask: [B, T, 1].
        wanted: target styles [B, G].
        usual: styles of all recordings of the batch [B', G], for the mean.
    """
    mean = mean_over_ranks(usual.float().sum(0)) / mean_over_ranks(usual.new_tensor(float(len(usual))))
    count = mean_over_ranks(mask.new_tensor(float(len(decoded)))).clamp(min=1)
    if not len(decoded):
        return decoded.new_zeros(())
    found = frozen_call(encoder, decoded, mask)
    cosine = F.cosine_similarity(found.float() - mean, wanted.detach().float() - mean, eps=_LEAST_APART)
    return (1 - cosine).sum() / count


class VoiceJudge(nn.Module):
    """Classifier of voices (a speaker in a style), trained on recordings and applied to decoded windows.

    Its receptive field is a fifth of a second before pooling, so that it learns timbre, loudness and pitch rather than
    words. It sees nothing above 8 kHz, where many recordings have no content.

    Source: the auxiliary classifier of Odena et al. 2017 ("AC-GAN"), as voice conversion uses it (Kameoka et al. 2018,
    "StarGAN-VC"); statistics pooling after Snyder et al. 2018 ("X-vectors").

    Args:
        mel: of its input.
        channels: width.
        n_voices: number of classes.
    """

    def __init__(self, mel: LogMel, channels: int, n_voices: int) -> None:
        super().__init__()
        self.n_mels = int((mel.centre_frequencies < NARROW_BAND).sum())
        self.blocks = ConvNeXtStack(self.n_mels, channels, n_layers=2, kernel_size=5)
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(2 * channels, n_voices)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Log-mel [B, T, M], mask [B, T, 1] -> logits [B, voices]."""
        x = self.norm(self.blocks(0.3 * mel[..., : self.n_mels] + 1.0, mask)).float()
        count = mask.sum(1).clamp(min=1)
        mean = (x * mask).sum(1) / count
        deviation = (((x - mean[:, None]) ** 2 * mask).sum(1) / count + 1e-4).sqrt()
        return self.head(torch.cat([mean, deviation], dim=-1)).float()


def voice_loss(logits: Tensor, voices: Tensor) -> Tensor:
    """Cross-entropy of logits [B, voices] and voice ids [B], per window."""
    count = mean_over_ranks(logits.new_tensor(float(len(voices)))).clamp(min=1)
    return F.cross_entropy(logits, voices, reduction="sum") / count
