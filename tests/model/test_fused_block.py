"""The block with its gradient written out gives what the plain operations give, gradients included."""

from __future__ import annotations

import pytest
import torch

from xespeech.model.layers import Condition, ConvNeXtBlock, length_mask

BATCH, SIZE, CHANNELS, STYLE, PITCH = 2, 9, 6, 4, 3


def plain(block: ConvNeXtBlock, x: torch.Tensor, mask: torch.Tensor | None, condition: Condition | None):
    """The block as the ONNX graphs and GPUs compute it, one operation after the other."""
    y, layer = (x if mask is None else x * mask).transpose(1, 2), block.depthwise
    y = torch.nn.functional.pad(y, block._shape[:2])
    y = torch.nn.functional.conv1d(y, layer.weight, layer.bias, 1, 0, layer.dilation, layer.groups).transpose(1, 2)
    y = block.norm(y)
    if block.condition is not None:
        scale, shift = block._modulation(block.condition, condition).chunk(2, dim=-1)
        y = y * (1 + scale) + shift
    return x + block.scale * block.contract(block.activation(block.expand(y)))


def conditions(kind: str) -> Condition | None:
    if kind == "none":
        return None
    style = torch.randn(BATCH, 1, STYLE, dtype=torch.float64, requires_grad=True)
    if kind == "same":
        return style
    return style, torch.randn(BATCH, SIZE, PITCH, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["none", "same", "moving"])
@pytest.mark.parametrize(("kernel", "lookahead"), [(5, None), (7, 0), (5, 1)])
def test_outputs_and_gradients_are_those_of_the_plain_block(masked, kind, kernel, lookahead):
    channels = {"none": 0, "same": STYLE, "moving": STYLE + PITCH}[kind]
    block = ConvNeXtBlock(CHANNELS, 2, kernel, channels, lookahead).double()
    torch.nn.init.normal_(block.scale)
    if block.condition is not None:
        torch.nn.init.normal_(block.condition.weight)
    x = torch.randn(BATCH, SIZE, CHANNELS, dtype=torch.float64, requires_grad=True)
    mask = length_mask(torch.tensor([SIZE, SIZE - 4]), SIZE).double() if masked else None
    condition = conditions(kind)
    learnt = [
        x,
        *block.parameters(),
        *(condition if isinstance(condition, tuple) else () if kind == "none" else [condition]),
    ]
    found, wanted = block(x, mask, condition), plain(block, x, mask, condition)
    assert torch.allclose(found, wanted)
    with torch.no_grad():
        assert torch.allclose(block(x, mask, condition), wanted)
    weights = torch.randn_like(wanted)
    for own, other in zip(*(torch.autograd.grad((y * weights).sum(), learnt) for y in (found, wanted)), strict=True):
        assert torch.allclose(own, other)


def test_a_frozen_block_passes_the_gradient_on_and_gets_none():
    block = ConvNeXtBlock(CHANNELS).double().requires_grad_(False)
    x = torch.randn(BATCH, SIZE, CHANNELS, dtype=torch.float64, requires_grad=True)
    block(x).square().sum().backward()
    (wanted,) = torch.autograd.grad(plain(block, x, None, None).square().sum(), x)
    assert torch.allclose(x.grad, wanted)
    assert all(parameter.grad is None for parameter in block.parameters())


def test_one_frozen_layer_does_not_stop_the_others():
    block = ConvNeXtBlock(CHANNELS).double()
    block.depthwise.requires_grad_(False)
    block(torch.randn(BATCH, SIZE, CHANNELS, dtype=torch.float64)).square().sum().backward()
    assert block.depthwise.weight.grad is None
    assert block.expand.weight.grad.abs().sum() > 0


def test_bfloat16_comes_as_close_as_the_plain_block():
    torch.manual_seed(0)
    block = ConvNeXtBlock(32, condition_channels=STYLE)
    x, condition = torch.randn(4, 50, 32, requires_grad=True), torch.randn(4, 1, STYLE)
    exact = plain(block, x, None, condition)
    (wanted,) = torch.autograd.grad(exact.square().sum(), block.expand.weight)
    errors = []
    for forward in (block, lambda *given: plain(block, *given)):
        with torch.autocast("cpu", torch.bfloat16):
            y = forward(x, None, condition)
        (own,) = torch.autograd.grad(y.square().sum(), block.expand.weight)
        errors.append(((y - exact).norm() / exact.norm() + (own - wanted).norm() / wanted.norm()).item())
    assert errors[0] < 1.5 * errors[1] + 1e-3
