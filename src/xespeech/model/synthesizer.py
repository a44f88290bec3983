"""The whole model as a composition of its parts, and the paths through it.

    text -> TextEncoder -> prior per symbol -> expanded by durations -> text_to_content_flow (inverse) -> z_content
    content features -> content_posterior -> z_content -> content_to_spec_flow (inverse, style, pitch) -> z_spec
    mel -> spec_posterior -> z_spec -> mel_decoder (style, pitch) -> mel -> vocoder (pitch) -> waveform

Language conditions the text side, style the sound side. Pitch belongs to the sound side: it is predicted from text or
content features and the style, and drives the source of the vocoder.

Shapes: B batch, N symbols, T frames (50/s), P mel and pitch frames (100/s, config.frame_factor a frame), Z latent
channels, G style channels, M mel channels, S samples.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xespeech.config import ModelConfig
from xespeech.model.durations import DurationPredictor
from xespeech.model.flow import convnext_flow
from xespeech.model.layers import join_frames
from xespeech.model.mel_decoder import MelDecoder
from xespeech.model.pitch import PITCH_CHANNELS, PitchPredictor, pitch_condition
from xespeech.model.posterior import Posterior, convnext_posterior
from xespeech.model.style import StyleEncoder
from xespeech.model.text_encoder import TextEncoder, TextPrior, expand, frame_positions
from xespeech.model.vocoder import Vocoder


class FramePrior(NamedTuple):
    """Prior of the content latent at frame rate: mean and log_std [B, T, Z]; pitch features [B, T, C + 2]."""

    mean: Tensor
    log_std: Tensor
    pitch_features: Tensor


class SoundCondition(NamedTuple):
    """Conditioning of the sound side: style [B, 1, G], constant over time, and pitch [B, T, 3]."""

    style: Tensor
    pitch: Tensor


class Synthesizer(nn.Module):
    """X-E-Speech: text and content latents on the language side, spec latent and decoder on the style side.

    Args:
        config: sizes of the parts.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        hidden, latent, style = config.hidden_channels, config.latent_channels, config.style_channels
        sound, factor, mel = style + PITCH_CHANNELS, config.frame_factor, config.mel
        self.text_encoder = TextEncoder(config)
        self.language = nn.Embedding(config.n_languages, config.language_channels)
        self.content_posterior = convnext_posterior(
            config.content_channels, hidden, latent, config.posterior_layers, config.language_channels
        )
        self.spec_posterior = convnext_posterior(factor * mel.n_mels, hidden, latent, config.posterior_layers, style)
        self.text_to_content_flow = convnext_flow(
            latent, hidden, config.couplings, config.coupling_layers, config.language_channels
        )
        self.content_to_spec_flow = convnext_flow(latent, hidden, config.couplings, config.coupling_layers, sound)
        self.durations = DurationPredictor(hidden, hidden, config.predictor_layers, style)
        self.text_pitch = PitchPredictor(hidden + 2, hidden, config.predictor_layers, style, factor)
        self.content_pitch = PitchPredictor(config.content_channels, hidden, config.predictor_layers, style, factor)
        self.style_encoder = StyleEncoder(mel.n_mels, hidden, style, config.style_layers, factor)
        self.mel_decoder = MelDecoder(config)
        self.vocoder = Vocoder(mel, config.vocoder)

    def frame_prior(self, prior: TextPrior, durations: Tensor, n_frames: int) -> FramePrior:
        """Expand a text prior by durations [B, N] to n_frames T."""
        everything = torch.cat([prior.mean, prior.log_std, prior.hidden], dim=-1)
        mean, log_std, hidden = expand(everything, durations, n_frames).split(
            [self.config.latent_channels, self.config.latent_channels, self.config.hidden_channels], dim=-1
        )
        return FramePrior(mean, log_std, torch.cat([hidden, frame_positions(durations, n_frames)], dim=-1))

    def encode_spec(self, mel: Tensor, mask: Tensor, style: Tensor) -> Posterior:
        """Spec latents of a mel [B, P, M] under a style [B, G]; mask [B, T, 1]."""
        return self.spec_posterior(join_frames(mel, self.config.frame_factor), mask, style[:, None])

    def sound_condition(self, style: Tensor, log_pitch: Tensor, voicing: Tensor) -> SoundCondition:
        """Conditioning of the sound side from style [B, G], log-pitch and voicing [B, P]."""
        factor = self.config.frame_factor
        batch = int(log_pitch.shape[0])  # a number in exported graphs, too
        coarse = (values.reshape(batch, -1, factor).mean(2) for values in (log_pitch, voicing))
        return SoundCondition(style[:, None], pitch_condition(*coarse))

    def content_from_text(self, prior: FramePrior, noise: Tensor, mask: Tensor, language: Tensor) -> Tensor:
        """Content latent [B, T, Z]; noise [B, T, Z] is in standard deviations of the prior; language ids [B, T]."""
        z = (prior.mean + noise * prior.log_std.exp()) * mask
        return self.text_to_content_flow(z, mask, self.language(language), inverse=True)

    def spec_from_content(self, z_content: Tensor, mask: Tensor, condition: SoundCondition) -> Tensor:
        """Spec latent [B, T, Z] of a content latent under a sound condition."""
        return self.content_to_spec_flow(z_content, mask, condition, inverse=True)

    def content_from_spec(self, z_spec: Tensor, mask: Tensor, condition: SoundCondition) -> Tensor:
        """Content latent [B, T, Z] that `spec_from_content` turns into a spec latent under the same condition."""
        return self.content_to_spec_flow(z_spec, mask, condition)

    def decode_mel(
        self, z_spec: Tensor, mask: Tensor, condition: SoundCondition, log_pitch: Tensor, voicing: Tensor
    ) -> Tensor:
        """Log-mel [B, P, M] of a spec latent [B, T, Z] under a sound condition; log-pitch and voicing [B, P]."""
        return self.mel_decoder(z_spec, mask, condition, pitch_condition(log_pitch, voicing))
