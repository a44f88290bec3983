"""The training graph of the published X-E-Speech: alignment, posteriors, flows, durations and a decoded segment.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, G style channels, M mel channels, D content channels,
S samples of a segment.

Source: X-E-Speech (Guo et al. 2024), on VITS (Kim et al. 2021); the equations named below are those of VITS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xespeech.model.alignment import search
from xespeech.model.layers import length_mask
from xespeech.model.posterior import kl_divergence
from xespeech.model.text_encoder import TextPrior
from xespeech.original.model.synthesizer import FramePrior, OriginalSynthesizer
from xespeech.training.batch import TensorBatch


@dataclass(frozen=True)
class OriginalBatch(TensorBatch):
    """Whole recordings.

    Attributes:
        audio: [B, S].
        content: content features [B, T, D].
        n_frames: valid frames [B].
        symbols: ids [B, N].
        n_symbols: valid symbols [B].
        languages: ids [B].
        segments: first frame of the segment that is decoded [B].
        references: frames of the mel that the style is computed from [B, R].
    """

    audio: Tensor
    content: Tensor
    n_frames: Tensor
    symbols: Tensor
    n_symbols: Tensor
    languages: Tensor
    segments: Tensor
    references: Tensor


@dataclass(frozen=True)
class JointOutput:
    """Outputs of the networks that the losses compare.

    Attributes:
        kl_text_content, kl_content_spec, kl_text_spec: the three divergences, unweighted, per frame.
        durations_loss: negative log-likelihood bound of the durations, each item's share of the mean per symbol [B].
        durations: aligned frames per symbol, int64 [B, N].
        waveform: decoded segments [B, S].
    """

    kl_text_content: Tensor
    kl_content_spec: Tensor
    kl_text_spec: Tensor
    durations_loss: Tensor
    durations: Tensor
    waveform: Tensor


def joint_forward(
    model: OriginalSynthesizer, batch: OriginalBatch, mel: Tensor, reference: Tensor, segment_frames: int
) -> JointOutput:
    """Run every part once.

    Args:
        model: the synthesizer.
        batch: recordings with text and content features.
        mel: of the recordings [B, T, M].
        reference: mel of each item's reference [B, R, M], without padding.
        segment_frames: frames of each recording that are decoded; shorter recordings are followed by silence.
    """
    size = mel.shape[1]
    symbol_mask, mask = length_mask(batch.n_symbols, batch.symbols.shape[1]), length_mask(batch.n_frames, size)
    style = model.style_encoder(reference)
    language = model.language(batch.languages)[:, None]
    text = model.text_encoder(batch.symbols, language, symbol_mask)
    spec = model.spec_posterior(mel, mask, style[:, None])
    content = model.content_posterior(batch.content, mask, language)

    spec_as_content = model.content_to_spec_flow(spec.sample, mask, style[:, None])
    content_as_text = model.text_to_content_flow(content.sample, mask, language)
    spec_as_text = model.text_to_content_flow(spec_as_content, mask, language)
    durations = align(text, content_as_text, batch.n_symbols, batch.n_frames)
    prior: FramePrior = model.frame_prior(text, durations, size)
    nll = model.durations.loss(text.hidden, symbol_mask, style, language, durations)
    return JointOutput(
        kl_text_content=kl_divergence(content_as_text, content.log_std, prior.mean, prior.log_std, mask),
        kl_content_spec=kl_divergence(spec_as_content, spec.log_std, content.mean, content.log_std, mask),
        kl_text_spec=kl_divergence(spec_as_text, spec.log_std, prior.mean, prior.log_std, mask),
        durations_loss=nll / symbol_mask.sum(),
        durations=durations,
        waveform=model.decoder(cut(spec.sample, batch.segments, segment_frames), style),
    )


@torch.no_grad()
def align(prior: TextPrior, latent: Tensor, n_symbols: Tensor, n_frames: Tensor) -> Tensor:
    """Most likely durations, int64 [B, N], of symbols with a prior for a latent [B, T, Z] (equations 5-6)."""
    precision = torch.exp(-2 * prior.log_std.float())  # [B, N, Z]
    latent, mean = latent.float(), prior.mean.float()
    constant = -0.5 * math.log(2 * math.pi) * mean.shape[-1] - prior.log_std.float().sum(-1)
    scores = (constant - 0.5 * (mean**2 * precision).sum(-1))[:, None]  # [B, T, N] below, as the search reads them
    scores = scores - 0.5 * latent**2 @ precision.transpose(1, 2) + latent @ (mean * precision).transpose(1, 2)
    return search(scores.transpose(1, 2), n_symbols, n_frames)


def cut(values: Tensor, starts: Tensor, size: int) -> Tensor:
    """Pieces [B, size, ...] of values [B, T, ...] that begin at starts [B]; 0 beyond the end."""
    index = starts[:, None] + torch.arange(size, device=starts.device)
    inside = index < values.shape[1]
    rows = torch.arange(len(values), device=starts.device)[:, None]
    pieces = values[rows, index.clamp(max=values.shape[1] - 1)]
    return pieces * inside.view(*inside.shape, *(1,) * (values.dim() - 2)).to(values.dtype)
