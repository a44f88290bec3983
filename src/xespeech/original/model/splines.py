"""Monotonic rational-quadratic splines: flexible invertible functions of one number.

Shapes: ... any leading shape, K bins.

Source: Durkan et al. 2019, "Neural spline flows"; the identity beyond the bound.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST_WIDTH = _LEAST_HEIGHT = _LEAST_SLOPE = 1e-3


def rational_quadratic_spline(
    x: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float, inverse: bool
) -> tuple[Tensor, Tensor]:
    """Apply a spline to each value, or undo it.

    Args:
        x: values [...].
        widths, heights: of the bins, before softmax [..., K].
        slopes: at the inner knots, before softplus [..., K - 1]; 1 at both ends.
        bound: the spline maps -bound..bound onto itself and leaves everything beyond alone.
        inverse: undo.

    Returns:
        Values [...] and log of the derivative of what was applied [...].
    """
    x_knots, y_knots = _knots(widths, bound, _LEAST_WIDTH), _knots(heights, bound, _LEAST_HEIGHT)
    edge = math.log(math.expm1(1 - _LEAST_SLOPE))  # its softplus and the least slope make 1
    knot_slopes = _LEAST_SLOPE + F.softplus(F.pad(slopes, (1, 1), value=edge))
    inside = (x >= -bound) & (x <= bound)
    held = x.clamp(-bound, bound)
    knots = y_knots if inverse else x_knots
    last = knots.shape[-1] - 2
    index = ((held[..., None] >= knots).sum(-1, keepdim=True) - 1).clamp(0, last)

    def at(values: Tensor, shift: int = 0) -> Tensor:
        return values.gather(-1, index + shift)[..., 0]

    left, bottom = at(x_knots), at(y_knots)
    width, height = at(x_knots, 1) - left, at(y_knots, 1) - bottom
    slope, first, second = height / width, at(knot_slopes), at(knot_slopes, 1)
    curvature = first + second - 2 * slope
    if inverse:
        rise = held - bottom
        a = rise * curvature + height * (slope - first)
        b = height * first - rise * curvature
        c = -slope * rise
        share = 2 * c / (-b - torch.sqrt((b * b - 4 * a * c).clamp(min=0)))
    else:
        share = (held - left) / width
    product = share * (1 - share)
    denominator = slope + curvature * product
    derivative = slope**2 * (second * share**2 + 2 * slope * product + first * (1 - share) ** 2) / denominator**2
    if inverse:
        result, log_derivative = share * width + left, -derivative.log()
    else:
        result = bottom + height * (slope * share**2 + first * product) / denominator
        log_derivative = derivative.log()
    return torch.where(inside, result, x), torch.where(inside, log_derivative, torch.zeros_like(x))


def _knots(sizes: Tensor, bound: float, least: float) -> Tensor:
    """Positions [..., K + 1] from -bound to bound of knots that are at least `least` of the whole apart."""
    n_bins = sizes.shape[-1]
    shares = least + (1 - least * n_bins) * sizes.softmax(-1)
    inner = 2 * bound * shares.cumsum(-1)[..., :-1] - bound
    return F.pad(F.pad(inner, (1, 0), value=-bound), (0, 1), value=bound)
