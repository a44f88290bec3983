"""A ConvNeXt block with its gradient written out, for training on a CPU.

The plain operations spend more on the way than on matrix products: a depthwise convolution wants time last and takes
its gradient channel by channel, and every product, sum and change of number format is a pass through memory. Here
channels lie side by side throughout, so that one vector instruction serves many, what the gradient needs is kept in
the format of the matrix products, and the residual's scale goes into the weights before it. What comes out is the same.

Shapes: B batch, T frames, C channels, H hidden channels, K taps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


class BlockWeights(NamedTuple):
    """Weights of a block.

    Attributes:
        taps, taps_bias: of the depthwise convolution [C, 1, K], [C].
        norm, norm_bias: of the layer norm [C].
        expand, expand_bias, contract, contract_bias: of the perceptron [H, C], [H], [C, H], [C].
        scale: of the residual [C].
    """

    taps: Tensor
    taps_bias: Tensor
    norm: Tensor
    norm_bias: Tensor
    expand: Tensor
    expand_bias: Tensor
    contract: Tensor
    contract_bias: Tensor
    scale: Tensor


class BlockShape(NamedTuple):
    """Zeros before and after the frames that the depthwise convolution reads, epsilon of the norm."""

    before: int
    after: int
    epsilon: float


def can_fuse(x: Tensor) -> bool:
    """Whether a block's gradient may be asked for on a CPU; a graph that is traced for export is made of operations."""
    return x.device.type == "cpu" and torch.is_grad_enabled() and not torch.jit.is_tracing()


def fused_block(
    x: Tensor, mask: Tensor | None, modulation: tuple[Tensor, Tensor] | None, weights: BlockWeights, shape: BlockShape
) -> Tensor:
    """Output of the block for x [B, T, C], in the matrix format of autocast.

    Args:
        x: input.
        mask: [B, T, 1], or None for all frames.
        modulation: what the normalised features are multiplied by, less 1, and what is added [B, T or 1, C]; or None.
        weights: of the block.
        shape: of the convolution.
    """
    kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else weights.expand.dtype
    factor, shift = (None, None) if modulation is None else (part.to(kind) for part in modulation)
    return _Block.apply(x, mask, factor, shift, shape, kind, *weights)


class _Block(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        mask: Tensor | None,
        factor: Tensor | None,
        shift: Tensor | None,
        shape: BlockShape,
        kind: torch.dtype,
        *weights: Tensor,
    ) -> Tensor:
        block = BlockWeights(*weights)
        contract, contract_bias = block.scale[:, None] * block.contract, block.scale * block.contract_bias
        taps, expand, contract = (weight.to(kind) for weight in (block.taps, block.expand, contract))
        biases = [bias.to(kind) for bias in (block.taps_bias, block.expand_bias, contract_bias)]
        batch, size, channels = x.shape
        padded = x.new_zeros(batch, shape.before + size + shape.after, channels, dtype=kind)
        padded[:, shape.before : shape.before + size] = x
        if mask is not None:
            padded[:, shape.before : shape.before + size] *= mask.to(kind)
        y = convolve_side_by_side(padded, taps, biases[0], groups=channels)
        normed, mean, deviation = torch.native_layer_norm(y, [channels], block.norm, block.norm_bias, shape.epsilon)
        modulated = normed if factor is None or shift is None else torch.addcmul(shift, normed, 1 + factor)
        hidden = torch.addmm(biases[1], modulated.view(-1, channels), expand.t()).relu_()
        kept = (padded, y, mean, deviation, hidden, mask, factor, None if factor is None else normed, modulated)
        ctx.save_for_backward(*kept, taps, expand, contract, *block[2:4], *block[6:])
        ctx.shape = shape
        out = torch.addmm(biases[2], hidden, contract.t()).view_as(x)
        return out + x if kind == x.dtype else out.to(x.dtype).add_(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        padded, y, mean, deviation, hidden, mask, factor, normed, modulated, *weights = ctx.saved_tensors
        taps, expand, scaled_contract, norm, norm_bias, contract, contract_bias, scale = weights
        shape, kind, channels = ctx.shape, taps.dtype, y.shape[2]
        learns = any(ctx.needs_input_grad[6:])
        gradient = gradients[0]
        of_out = gradient.to(kind).reshape(-1, channels)
        of_hidden = of_out @ scaled_contract
        torch.ops.aten.threshold_backward.grad_input(of_hidden, hidden, 0, grad_input=of_hidden)
        of_modulated = (of_hidden @ expand).view_as(y)
        of_factor = of_shift = None
        of_normed = of_modulated
        if factor is not None:
            if ctx.needs_input_grad[2]:
                of_factor = (of_modulated * normed).sum_to_size(factor.shape)
                of_shift = of_modulated.sum_to_size(factor.shape)
            of_normed = of_modulated * (1 + factor)
        of_y, of_norm, of_norm_bias = torch.ops.aten.native_layer_norm_backward(
            of_normed, y, [channels], mean, deviation, norm, norm_bias, [True, learns, learns]
        )
        of_x = None
        if ctx.needs_input_grad[0]:
            of_padded = convolve_side_by_side(of_y, taps.flip(2), None, taps.shape[2] - 1, groups=channels)
            of_x = of_padded[:, shape.before : shape.before + y.shape[1]].to(gradient.dtype)
            of_x = of_x + gradient if mask is None else torch.addcmul(gradient, of_x, mask)
        if not learns:
            return of_x, None, of_factor, of_shift, None, None, *[None] * 9
        of_scaled, of_scaled_bias = (of_out.t() @ hidden).to(scale.dtype), of_out.sum(0).to(scale.dtype)
        found = (
            _of_taps(of_y, padded, taps.shape[2]),
            of_y.sum((0, 1)),
            of_norm,
            of_norm_bias,
            of_hidden.t() @ modulated.view(-1, channels),
            of_hidden.sum(0),
            of_scaled * scale[:, None],
            of_scaled_bias * scale,
            (of_scaled * contract).sum(1) + of_scaled_bias * contract_bias,
        )
        return of_x, None, of_factor, of_shift, None, None, *(part.to(scale.dtype) for part in found)


def convolve_side_by_side(
    x: Tensor, taps: Tensor, bias: Tensor | None, padding: int = 0, stride: int = 1, groups: int = 1
) -> Tensor:
    """x [B, T, C] to [B, T', C'], by the convolution of pictures one row high whose channels lie side by side.

    Of this layout, no processor makes another on the way.
    """
    picture = x.transpose(1, 2)[:, :, None]
    y = F.conv2d(picture, taps[:, :, None], bias, (1, stride), (0, padding), groups=groups)
    return y[:, :, 0].transpose(1, 2)


def _of_taps(gradient: Tensor, padded: Tensor, count: int) -> Tensor:
    """Gradient of the taps [C, 1, K]."""
    size, channels = gradient.shape[1:]
    ones = gradient.new_ones(1, len(gradient) * size)  # its product with a matrix sums in float32 whatever the format
    parts = (padded[:, k : k + size] for k in range(count))
    return torch.stack([(ones @ (gradient * part).view(-1, channels))[0] for part in parts], 1)[:, None]
