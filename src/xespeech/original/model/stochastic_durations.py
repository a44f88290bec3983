"""The stochastic duration predictor: a flow from noise to log-durations.

Shapes: B batch, N symbols, C channels, G conditioning channels.

Source: VITS (Kim et al. 2021), section 2.2.2 and appendix B.1; X-E-Speech adds the language to its conditions.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.original.model.splines import rational_quadratic_spline

N_BINS = 10
BOUND = 5.0  # beyond it the splines are the identity
_KERNEL_SIZE, _DROPOUT, _COUPLINGS, _LAYERS = 3, 0.5, 4, 3


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of [B, C, N]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class SeparableStack(nn.Module):
    """Residual depthwise-separable convolutions, the i-th dilated by kernel size^i; everything [B, C, N].

    Args:
        channels: C.
        dropout: probability of dropping a value at the end of each.
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        dilations = [_KERNEL_SIZE**i for i in range(_LAYERS)]
        self.depthwise = nn.ModuleList(
            nn.Conv1d(channels, channels, _KERNEL_SIZE, padding=d * (_KERNEL_SIZE // 2), dilation=d, groups=channels)
            for d in dilations
        )
        self.depthwise_norms = nn.ModuleList(ChannelNorm(channels) for _ in dilations)
        self.pointwise = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in dilations)
        self.pointwise_norms = nn.ModuleList(ChannelNorm(channels) for _ in dilations)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor | None = None) -> Tensor:
        """x [B, C, N], mask [B, 1, N], condition [B, C, N] added at the start -> [B, C, N]."""
        if condition is not None:
            x = x + condition
        layers = (self.depthwise, self.depthwise_norms, self.pointwise, self.pointwise_norms)
        for depthwise, depthwise_norm, pointwise, pointwise_norm in zip(*layers, strict=True):
            y = F.gelu(depthwise_norm(depthwise(x * mask)))
            y = F.gelu(pointwise_norm(pointwise(y)))
            x = x + self.dropout(y)
        return x * mask


class ScaleAndShift(nn.Module):
    """An affine map of each channel with learned scale and shift."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(channels, 1))
        self.log_scale = nn.Parameter(torch.zeros(channels, 1))

    def forward(self, x: Tensor, mask: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        """x [B, 2, N] -> [B, 2, N] and the log-determinant [B]."""
        if inverse:
            return (x - self.shift) * torch.exp(-self.log_scale) * mask, -(self.log_scale * mask).sum((1, 2))
        return (self.shift + torch.exp(self.log_scale) * x) * mask, (self.log_scale * mask).sum((1, 2))


class SplineCoupling(nn.Module):
    """Coupling layer that bends the second channel by a spline read from the first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.project = nn.Conv1d(1, channels, 1)
        self.blocks = SeparableStack(channels, dropout=0.0)
        self.head = nn.Conv1d(channels, 3 * N_BINS - 1, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        """x [B, 2, N] -> [B, 2, N] and the log-determinant [B]."""
        kept, moved = x.chunk(2, dim=1)
        hidden = self.blocks(self.project(kept), mask, condition)
        shape = (self.head(hidden) * mask).float().transpose(1, 2)  # [B, N, 3 K - 1]
        widths, heights, slopes = shape.split([N_BINS, N_BINS, N_BINS - 1], dim=-1)
        size = math.sqrt(self.channels)
        bent, log_derivative = rational_quadratic_spline(
            moved[:, 0].float(), widths / size, heights / size, slopes, BOUND, inverse
        )
        bent, log_derivative = bent[:, None], log_derivative[:, None] * mask
        return torch.cat([kept, bent], dim=1) * mask, log_derivative.sum((1, 2))


class DurationFlow(nn.Module):
    """A learned affine map, then spline couplings with the two channels swapped after each; everything [B, 2, N]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.affine = ScaleAndShift(2)
        self.couplings = nn.ModuleList(SplineCoupling(channels) for _ in range(_COUPLINGS))

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """x [B, 2, N] -> [B, 2, N] and the log-determinant [B]."""
        x, total = self.affine(x, mask)
        for coupling in self.couplings:
            x, log_determinant = coupling(x, mask, condition)
            x, total = x.flip(1), total + log_determinant
        return x, total

    def inverse(self, x: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """From noise [B, 2, N]. The first coupling only bends the channel that is thrown away, and is left out."""
        for coupling in reversed(self.couplings[1:]):  # type: ignore[call-overload, arg-type]
            x, _ = coupling(x.flip(1), mask, condition, inverse=True)
        x, _ = self.affine(x.flip(1), mask, inverse=True)
        return x


class StochasticDurationPredictor(nn.Module):
    """Samples log-durations, and computes the likelihood of given ones.

    Args:
        in_channels: of the text encoder's hidden states.
        channels: C, width of everything.
        condition_channels: G, of the style and of the language embedding.
    """

    def __init__(self, in_channels: int, channels: int, condition_channels: int) -> None:
        super().__init__()
        self.project = nn.Conv1d(in_channels, channels, 1)
        self.style = nn.Conv1d(condition_channels, channels, 1)
        self.language = nn.Conv1d(condition_channels, channels, 1)
        self.blocks = SeparableStack(channels, _DROPOUT)
        self.head = nn.Conv1d(channels, channels, 1)
        self.flow = DurationFlow(channels)
        # for training only: the posterior of variational dequantisation
        self.posterior_project = nn.Conv1d(1, channels, 1)
        self.posterior_blocks = SeparableStack(channels, _DROPOUT)
        self.posterior_head = nn.Conv1d(channels, channels, 1)
        self.posterior_flow = DurationFlow(channels)

    def forward(self, hidden: Tensor, mask: Tensor, style: Tensor, language: Tensor, noise: Tensor) -> Tensor:
        """Log-durations [B, N].

        Args:
            hidden: of the text encoder [B, N, in_channels]; no gradient reaches it.
            mask: [B, N, 1].
            style: [B, G].
            language: embedding [B, 1 or N, G].
            noise: standard normal times its scale [B, N, 2].
        """
        mask = mask.transpose(1, 2)
        z = self.flow.inverse(noise.transpose(1, 2), mask, self._condition(hidden, mask, style, language))
        return z[:, 0]

    def loss(self, hidden: Tensor, mask: Tensor, style: Tensor, language: Tensor, durations: Tensor) -> Tensor:
        """Variational bound of the negative log-likelihood of durations, summed over each item's symbols [B].

        Args:
            hidden, mask, style, language: as in `forward`.
            durations: whole frames [B, N].
        """
        mask = mask.transpose(1, 2)
        durations = durations[:, None].float() * mask
        condition = self._condition(hidden, mask, style, language)
        given = self.posterior_blocks(self.posterior_project(durations), mask)
        given = self.posterior_head(given) * mask
        noise = torch.randn(len(hidden), 2, hidden.shape[1], device=hidden.device) * mask
        z_q, log_determinant = self.posterior_flow(noise, mask, condition + given)
        log_odds, z_free = z_q.chunk(2, dim=1)
        # variational dequantisation: durations less a share of a frame, always above 0
        log_determinant = log_determinant + ((F.logsigmoid(log_odds) + F.logsigmoid(-log_odds)) * mask).sum((1, 2))
        posterior = -_negative_log_normal(noise, mask) - log_determinant
        exact = (durations - torch.sigmoid(log_odds) * mask) * mask
        log_exact = exact.clamp(min=1e-5).log() * mask
        z, log_determinant = self.flow(torch.cat([log_exact, z_free], dim=1), mask, condition)
        return _negative_log_normal(z, mask) - (log_determinant - log_exact.sum((1, 2))) + posterior

    def _condition(self, hidden: Tensor, mask: Tensor, style: Tensor, language: Tensor) -> Tensor:
        """[B, C, N]; the conditions are detached, so durations do not shape what they are predicted from."""
        x = self.project(hidden.detach().transpose(1, 2))
        x = x + self.style(style.detach()[:, :, None]) + self.language(language.detach().transpose(1, 2))
        return self.head(self.blocks(x, mask)) * mask


def _negative_log_normal(x: Tensor, mask: Tensor) -> Tensor:
    """Negative log-density of a standard normal, summed over channels and valid symbols [B]."""
    return (0.5 * (math.log(2 * math.pi) + x**2) * mask).sum((1, 2))
