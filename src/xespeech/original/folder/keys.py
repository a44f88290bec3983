"""The map of tensors between released checkpoints and our modules.

It lists pairs of modules. The tensors of a module follow from its kind: a convolution trained with
weight normalisation is `weight_g` and `weight_v` there, a layer norm is `gamma` and `beta`, a 1x1 convolution may be a
linear layer here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, cast

from torch import nn

from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.hifigan import HifiGanDecoder, ResidualBlock
from xespeech.original.model.stochastic_durations import DurationFlow, SeparableStack
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.wavenet import WaveNetStack

Kind = Literal["layer", "pointwise", "norm", "value", "relative"]


class Place(NamedTuple):
    """Source of one tensor of ours.

    Attributes:
        keys: of the checkpoint: one, or the length and the direction of a normalised weight.
        shapes: of the checkpoint's tensors, for each key.
    """

    keys: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]


_Row = tuple[str, str, Kind]  # their module, our module, kind


def _synthesizer_modules(synthesizer: OriginalSynthesizer) -> Iterator[_Row]:
    n_languages = synthesizer.config.n_languages
    yield "lang_emb_g_3" if n_languages == 3 else "lang_emb_g", "language", "layer"
    yield "enc_p.emb", "text_encoder.symbols", "layer"
    yield "enc_p.cond", "text_encoder.language", "pointwise"
    yield from _transformer(
        "enc_p.encoder", "text_encoder.transformer", len(synthesizer.text_encoder.transformer.blocks)
    )
    for i in range(len(synthesizer.text_encoder.transformer.blocks)):
        for theirs, ours in (("emb_rel_k", "relative_keys"), ("emb_rel_v", "relative_values")):
            their_name = f"enc_p.encoder.attn_layers.{i}.{theirs}"
            yield their_name, f"text_encoder.transformer.blocks.{i}.attention.{ours}", "relative"
    yield "enc_p.proj", "text_encoder.prior", "pointwise"
    for their_name, our_name in (("enc_q", "spec_posterior"), ("enc_whisper", "content_posterior")):
        yield from _wavenet(their_name, f"{our_name}.blocks", "proj", synthesizer)
    for their_flow, our_flow in (
        ("flow_text_to_whisper", "text_to_content_flow"),
        ("flow_whisper_to_spec", "content_to_spec_flow"),
    ):
        for i, coupling in enumerate(synthesizer.get_submodule(our_flow).couplings):  # type: ignore[arg-type]
            theirs = f"{their_flow}.flows.{2 * i}"  # between two of them lies one that reverses the channels
            ours = f"{our_flow}.couplings.{i}.network"
            n_blocks = len(coupling.network.transformer.blocks)
            yield from _transformer(f"{theirs}.pre_transformer", f"{ours}.transformer", n_blocks)
            yield from _wavenet(theirs, f"{ours}.blocks", "post", synthesizer)
    yield from _durations(synthesizer)
    yield "enc_spk.lstm", "style_encoder.recurrence", "layer"
    yield "enc_spk.linear", "style_encoder.head", "layer"
    yield from _decoder(synthesizer.decoder)


def _transformer(theirs: str, ours: str, n_layers: int) -> Iterator[_Row]:
    for i in range(n_layers):
        for their_name, our_name in (("q", "query"), ("k", "key"), ("v", "value"), ("o", "output")):
            yield f"{theirs}.attn_layers.{i}.conv_{their_name}", f"{ours}.blocks.{i}.attention.{our_name}", "pointwise"
        yield f"{theirs}.norm_layers_1.{i}", f"{ours}.blocks.{i}.attention_norm", "norm"
        yield f"{theirs}.ffn_layers.{i}.conv_1", f"{ours}.blocks.{i}.perceptron.expand", "layer"
        yield f"{theirs}.ffn_layers.{i}.conv_2", f"{ours}.blocks.{i}.perceptron.contract", "layer"
        yield f"{theirs}.norm_layers_2.{i}", f"{ours}.blocks.{i}.perceptron_norm", "norm"


def _wavenet(theirs: str, ours: str, their_head: str, synthesizer: nn.Module) -> Iterator[_Row]:
    stack = synthesizer.get_submodule(ours)
    assert isinstance(stack, WaveNetStack)
    yield f"{theirs}.pre", f"{ours}.project", "layer"
    yield f"{theirs}.enc.cond_layer", f"{ours}.condition", "layer"
    for i in range(len(stack.gates)):
        yield f"{theirs}.enc.in_layers.{i}", f"{ours}.gates.{i}", "layer"
        yield f"{theirs}.enc.res_skip_layers.{i}", f"{ours}.residuals_and_skips.{i}", "layer"
    yield f"{theirs}.{their_head}", f"{ours}.head", "layer"


def _durations(synthesizer: OriginalSynthesizer) -> Iterator[_Row]:
    ours = "durations"
    for their_name, our_name in (
        ("pre", "project"),
        ("cond", "style"),
        ("lang_cond", "language"),
        ("proj", "head"),
        ("post_pre", "posterior_project"),
        ("post_proj", "posterior_head"),
    ):
        yield f"dp.{their_name}", f"{ours}.{our_name}", "layer"
    yield from _separable("dp.convs", f"{ours}.blocks", synthesizer.durations.blocks)
    yield from _separable("dp.post_convs", f"{ours}.posterior_blocks", synthesizer.durations.posterior_blocks)
    for theirs, name in (("dp.flows", "flow"), ("dp.post_flows", "posterior_flow")):
        flow = synthesizer.durations.get_submodule(name)
        assert isinstance(flow, DurationFlow)
        yield f"{theirs}.0.m", f"{ours}.{name}.affine.shift", "value"
        yield f"{theirs}.0.logs", f"{ours}.{name}.affine.log_scale", "value"
        for i, coupling in enumerate(flow.couplings):
            their_coupling, our_coupling = f"{theirs}.{2 * i + 1}", f"{ours}.{name}.couplings.{i}"
            yield f"{their_coupling}.pre", f"{our_coupling}.project", "layer"
            yield from _separable(f"{their_coupling}.convs", f"{our_coupling}.blocks", coupling.blocks)  # type: ignore[arg-type]
            yield f"{their_coupling}.proj", f"{our_coupling}.head", "layer"


def _separable(theirs: str, ours: str, stack: SeparableStack) -> Iterator[_Row]:
    for i in range(len(stack.depthwise)):
        yield f"{theirs}.convs_sep.{i}", f"{ours}.depthwise.{i}", "layer"
        yield f"{theirs}.norms_1.{i}", f"{ours}.depthwise_norms.{i}", "norm"
        yield f"{theirs}.convs_1x1.{i}", f"{ours}.pointwise.{i}", "layer"
        yield f"{theirs}.norms_2.{i}", f"{ours}.pointwise_norms.{i}", "norm"


def _decoder(decoder: HifiGanDecoder) -> Iterator[_Row]:
    yield "dec.conv_pre", "decoder.project", "layer"
    yield "dec.cond", "decoder.condition", "layer"
    number = 0
    for i, blocks in enumerate(decoder.stages):
        yield f"dec.ups.{i}", f"decoder.upsamples.{i}", "layer"
        for j, block in enumerate(cast(Iterable[ResidualBlock], blocks)):
            for k in range(len(block.dilated)):
                yield f"dec.resblocks.{number}.convs1.{k}", f"decoder.stages.{i}.{j}.dilated.{k}", "layer"
                yield f"dec.resblocks.{number}.convs2.{k}", f"decoder.stages.{i}.{j}.plain.{k}", "layer"
            number += 1
    yield "dec.conv_post", "decoder.head", "layer"


def _discriminator_modules(discriminators: OriginalDiscriminators) -> Iterator[_Row]:
    for i, member in enumerate(discriminators.members):
        for j in range(len(member.layers)):  # type: ignore[arg-type]
            yield f"discriminators.{i}.convs.{j}", f"members.{i}.layers.{j}", "layer"
        yield f"discriminators.{i}.conv_post", f"members.{i}.head", "layer"


def places_of(network: OriginalSynthesizer | OriginalDiscriminators) -> dict[str, Place]:
    """For every tensor of our network, its one place in a released `G_*.pth` or `D_*.pth`.

    Args:
        network: with plain weights.
    """
    if isinstance(network, OriginalSynthesizer):
        rows = _synthesizer_modules(network)
    else:
        rows = _discriminator_modules(network)
    state = network.state_dict()
    places: dict[str, Place] = {}
    for theirs, ours, kind in rows:
        if kind in ("value", "relative"):
            shape = tuple(state[ours].shape)
            places[ours] = Place((theirs,), ((1, *shape) if kind == "relative" else shape,))
            continue
        module = network.get_submodule(ours)
        for name, tensor in module.named_parameters(recurse=False):
            shape = tuple(tensor.shape)
            if kind == "norm":
                place = Place((f"{theirs}.{ {'weight': 'gamma', 'bias': 'beta'}[name] }",), (shape,))
            elif kind == "pointwise" and name == "weight":
                place = Place((f"{theirs}.weight",), ((*shape, 1),))
            elif name == "weight" and getattr(module, "weight_normed", False):
                length = (shape[0], *(1 for _ in shape[1:]))
                place = Place((f"{theirs}.weight_g", f"{theirs}.weight_v"), (length, shape))
            else:
                place = Place((f"{theirs}.{name}",), (shape,))
            places[f"{ours}.{name}"] = place
    assert places.keys() == state.keys(), sorted(places.keys() ^ state.keys())
    return places
