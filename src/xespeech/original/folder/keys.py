"""The map of tensors between released checkpoints and our modules.

It lists the parts of names that differ. The tensors of a module follow from its kind: a convolution trained with
weight normalisation is `weight_g` and `weight_v` there, a layer norm is `gamma` and `beta`, a 1x1 convolution may be a
linear layer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer

_Renamed = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]
"""Patterns of our names and what they are there, replaced from first to last: general ones follow special ones."""
_SYNTHESIZER: _Renamed = (
    (r"^text_encoder\.symbols", "enc_p.emb"),
    (r"^text_encoder\.language", "enc_p.cond"),
    (r"^text_encoder\.transformer", "enc_p.encoder"),
    (r"^text_encoder\.prior", "enc_p.proj"),
    (r"blocks\.(\d+)\.attention\.relative_(k|v).*", r"attn_layers.\1.emb_rel_\2"),
    (r"blocks\.(\d+)\.attention\.(q|k|v|o)\w+", r"attn_layers.\1.conv_\2"),
    (r"blocks\.(\d+)\.attention_norm", r"norm_layers_1.\1"),
    (r"blocks\.(\d+)\.perceptron\.expand", r"ffn_layers.\1.conv_1"),
    (r"blocks\.(\d+)\.perceptron\.contract", r"ffn_layers.\1.conv_2"),
    (r"blocks\.(\d+)\.perceptron_norm", r"norm_layers_2.\1"),
    (r"^spec_posterior\.blocks", "enc_q"),
    (r"^content_posterior\.blocks", "enc_whisper"),
    (r"^text_to_content_flow", "flow_text_to_whisper"),
    (r"^content_to_spec_flow", "flow_whisper_to_spec"),
    # between two couplings lies one that reverses the channels
    (r"couplings\.(\d+)\.network", lambda found: f"flows.{2 * int(found[1])}"),
    (r"(flows\.\d+)\.transformer", r"\1.pre_transformer"),
    (r"(flows\.\d+)\.blocks\.head", r"\1.post"),
    (r"(flows\.\d+)\.blocks", r"\1"),
    (r"gates", "enc.in_layers"),
    (r"residuals_and_skips", "enc.res_skip_layers"),
    (r"^durations\.style", "dp.cond"),
    (r"^durations\.language", "dp.lang_cond"),
    (r"^durations\.posterior_", "dp.post_"),
    (r"^durations", "dp"),
    (r"flow\.affine\.shift", "flows.0.m"),
    (r"flow\.affine\.log_scale", "flows.0.logs"),
    (r"flow\.couplings\.(\d+)", lambda found: f"flows.{2 * int(found[1]) + 1}"),
    (r"blocks\.depthwise_norms", "convs.norms_1"),
    (r"blocks\.depthwise", "convs.convs_sep"),
    (r"blocks\.pointwise_norms", "convs.norms_2"),
    (r"blocks\.pointwise", "convs.convs_1x1"),
    (r"^style_encoder\.recurrence", "enc_spk.lstm"),
    (r"^style_encoder\.head", "enc_spk.linear"),
    (r"^decoder\.project", "dec.conv_pre"),
    (r"^decoder\.condition", "dec.cond"),
    (r"^decoder\.upsamples", "dec.ups"),
    (r"^decoder\.head", "dec.conv_post"),
    (r"^decoder", "dec"),
    (r"dilated", "convs1"),
    (r"plain", "convs2"),
    (r"condition", "enc.cond_layer"),
    (r"project", "pre"),
    (r"head", "proj"),
)
_DISCRIMINATORS: _Renamed = ((r"^members", "discriminators"), (r"layers", "convs"), (r"head", "conv_post"))


class Place(NamedTuple):
    """Source of one tensor of ours.

    Attributes:
        keys: of the checkpoint: one, or the length and the direction of a normalised weight.
        shapes: of the checkpoint's tensors, for each key.
    """

    keys: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]


def places_of(network: OriginalSynthesizer | OriginalDiscriminators) -> dict[str, Place]:
    """For every tensor of our network, its one place in a released `G_*.pth` or `D_*.pth`.

    Args:
        network: with plain weights.
    """
    renamed = _DISCRIMINATORS
    if isinstance(network, OriginalSynthesizer):
        language = "lang_emb_g_3" if network.config.n_languages == 3 else "lang_emb_g"
        n_blocks = len(network.config.block_kernel_sizes)  # blocks are counted over all stages
        blocks = (r"stages\.(\d+)\.(\d+)", lambda found: f"resblocks.{n_blocks * int(found[1]) + int(found[2])}")
        renamed = (("^language", language), blocks, *_SYNTHESIZER)
    places = {}
    for ours, tensor in network.state_dict().items():
        theirs, shape = ours, tuple(tensor.shape)
        for pattern, replacement in renamed:
            theirs = re.sub(pattern, replacement, theirs)
        module, is_weight = network.get_submodule(ours.rpartition(".")[0]), ours.endswith("weight")
        if isinstance(module, nn.LayerNorm):
            theirs = theirs.replace("weight", "gamma").replace("bias", "beta")
        elif is_weight and getattr(module, "weight_normed", False):
            length = (shape[0], *(1 for _ in shape[1:]))
            places[ours] = Place((f"{theirs}_g", f"{theirs}_v"), (length, shape))
            continue
        elif is_weight and isinstance(module, nn.Linear) and not ours.startswith("style_encoder"):
            shape = (*shape, 1)
        elif "emb_rel" in theirs:
            shape = (1, *shape)
        places[ours] = Place((theirs,), (shape,))
    return places
