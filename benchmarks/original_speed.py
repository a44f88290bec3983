"""The published model, run and trained as its released code does it and as this library does it, side by side.

    python benchmarks/original_speed.py inference
    python benchmarks/original_speed.py training
    python benchmarks/original_speed.py alignment

The yardstick is rebuilt from the same modules and the same random weights: PyTorch in 32 bits, weight normalisation
computed at every call, the whole utterance decoded at once, conversion with the round trip through the text flow;
training with the alignment searched item by item, all discriminators run on real and decoded audio for either update
with gradients for their weights, and AdamW parameter by parameter. Printed are Markdown tables.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import torch
import torch.nn.functional as F
from systems import released_layout
from torch import Tensor, nn

from xespeech.audio.mel_torch import LogMel
from xespeech.config import OriginalConfig
from xespeech.model.alignment import search
from xespeech.model.layers import length_mask
from xespeech.model.posterior import kl_divergence
from xespeech.original.folder.description import CONTENT_ENCODER, OriginalDescription
from xespeech.original.folder.files import write_original_folder
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.weight_norm import add_weight_norm
from xespeech.original.training import graph as original_graph
from xespeech.original.training.losses import feature_matching_loss
from xespeech.original.training.task import OriginalBatch, OriginalTask
from xespeech.original.voice.voice import open_original
from xespeech.training.config import JointConfig, TrainingConfig
from xespeech.training.learner import Learner
from xespeech.training.losses import discriminator_loss, generator_loss

SYMBOLS_PER_SECOND = 26
"""Of English, with the blanks between its symbols."""
clock = time.perf_counter
"""Seconds of the clock on the wall, or of the processor where others use it too."""


def in_turn(ways: dict[str, Callable[[], Any]], repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Median seconds and results of each way, run in turn so that all see the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results = {name: way() for name, way in ways.items()}
    for _ in range(repeats):
        for name, way in ways.items():
            started = clock()
            way()
            seconds[name].append(clock() - started)
    return {name: statistics.median(own) for name, own in seconds.items()}, results


# -- inference ---------------------------------------------------------------------------------------------------


class Reference:
    """Speaking and converting as the released code does."""

    def __init__(self, synthesizer: OriginalSynthesizer) -> None:
        self.model = deepcopy(synthesizer)
        add_weight_norm(self.model)

    @torch.no_grad()
    @released_layout()
    def speak(self, ids: np.ndarray, language: int, style: np.ndarray) -> np.ndarray:
        model, identity, g = self.model, torch.tensor([language]), torch.from_numpy(style)[None]
        embedding, symbols = model.language(identity)[:, None], torch.from_numpy(ids)[None]
        mask = torch.ones(1, len(ids), 1)
        text = model.text_encoder(symbols, embedding, mask)
        log_durations = model.durations(text.hidden, mask, g, embedding, torch.zeros(1, len(ids), 2))
        durations = log_durations.exp().ceil().long()
        size = int(durations.sum())
        mask, prior = torch.ones(1, size, 1), model.frame_prior(text, durations, size)
        content = model.content_from_text(prior, torch.zeros_like(prior.mean), mask, identity)
        return model.waveform(model.spec_from_content(content, mask, g), mask, g)[0].numpy()

    @torch.no_grad()
    @released_layout()
    def convert(self, features: np.ndarray, language: int, style: np.ndarray) -> np.ndarray:
        model, g = self.model, torch.from_numpy(style)[None]
        embedding, mask = model.language(torch.tensor([language]))[:, None], torch.ones(1, len(features), 1)
        content = model.content_posterior(torch.from_numpy(features)[None], mask, embedding).mean
        there = model.text_to_content_flow(content, mask, embedding)
        content = model.text_to_content_flow(there, mask, embedding, inverse=True)
        return model.waveform(model.spec_from_content(content, mask, g), mask, g)[0].numpy()


def inference(config: OriginalConfig, n_frames: int, repeats: int, threads: int, folder: Path) -> str:
    """Seconds of speaking and converting, and how far the waveforms are from the yardstick's.

    Args:
        config: of the model.
        n_frames: of the utterance (50/s).
        repeats: runs of each way.
        threads: for everything.
        folder: of the model with random weights; made when it is missing.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    synthesizer = random_weights(OriginalSynthesizer(config)).eval()
    generator = np.random.default_rng(0)
    ids = generator.integers(0, config.n_symbols, n_frames * SYMBOLS_PER_SECOND // 50)
    features = generator.standard_normal((n_frames, config.content_channels), dtype=np.float32)
    style = np.full(config.style_channels, config.style_channels**-0.5, np.float32)
    reference = Reference(synthesizer)
    spoken, converted = reference.speak(ids, 1, style), reference.convert(features, 1, style)
    seconds = len(spoken) / config.mel.sample_rate, len(converted) / config.mel.sample_rate
    speak: dict[str, Callable[[], np.ndarray]] = {"as released": lambda: reference.speak(ids, 1, style)}
    convert: dict[str, Callable[[], np.ndarray]] = {"as released": lambda: reference.convert(features, 1, style)}
    if not folder.is_dir():
        about = OriginalDescription(config, CONTENT_ENCODER, 0, None, "random", "0")
        write_original_folder(folder, synthesizer, about)
    for name, engine, precision in (
        ("ONNX Runtime, fp32", "onnx", "fp32"),
        ("PyTorch, fp32", "torch", "fp32"),
        ("PyTorch, bf16", "torch", "bf16"),
    ):
        stages = open_original(folder, engine, threads, "cpu", precision).stages

        def say(stages=stages) -> np.ndarray:
            text = stages.text(ids, 1, style, np.zeros((len(ids), 2), np.float32))
            durations = np.ceil(np.exp(text.log_durations)).astype(np.int64)
            mean, log_std = (np.repeat(values, durations, axis=0) for values in (text.mean, text.log_std))
            return stages.sound(stages.text_to_content(mean, log_std, np.zeros_like(mean), 1), style)

        def change(stages=stages) -> np.ndarray:
            noise = np.zeros((len(features), config.latent_channels), np.float32)
            return stages.sound(stages.recording_to_content(features, noise, 1), style)

        speak[name], convert[name] = say, change
    rows = [
        f"| {n_frames / 50:g} s of sound | speaking, s | of real time | error | conversion | of real time | error |",
        "|---|---|---|---|---|---|---|",
    ]
    runs = in_turn(speak, repeats), in_turn(convert, repeats)
    for name in speak:
        cells = []
        for expected, (took, made), length in zip((spoken, converted), runs, seconds, strict=True):
            error = float(np.abs(made[name] - expected).max())
            faster = took["as released"] / took[name]
            cells.append(f"{took[name]:.2f} ({faster:.2f}x) | {took[name] / length:.2f} | {error:.1e}")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    peak = float(np.abs(spoken).max())
    rows.append(f"\nErrors are the largest difference of a sample; the yardstick's peak is {peak:.2f}.")
    return "\n".join(rows)


def random_weights(synthesizer: OriginalSynthesizer) -> OriginalSynthesizer:
    """Weights of which none is zero, and that sound at all: as after some training, nothing can hide behind a zero."""
    with torch.no_grad():
        for parameter in synthesizer.parameters():
            if not parameter.any():
                parameter.normal_(std=0.02)
        synthesizer.decoder.head.weight.mul_(8)
    return synthesizer


# -- training ---------------------------------------------------------------------------------------------------


class Step(OriginalTask):
    """One step of the published training on a batch of noise."""

    def __init__(self, model: OriginalConfig, config: JointConfig) -> None:
        self.model, self.config = model, config
        self.synthesizer, self.discriminators = OriginalSynthesizer(model), OriginalDiscriminators()
        for network in (self.synthesizer, self.discriminators):
            add_weight_norm(network)
        self.networks = nn.ModuleDict({"synthesizer": self.synthesizer, "discriminators": self.discriminators})
        self.optimized = {"discriminators": ["discriminators"], "synthesizer": ["synthesizer"]}
        self.mel = LogMel(model.mel)
        self.loss_modules = nn.ModuleList([self.mel])
        self.sampler = SimpleNamespace(epoch_frames=1_000_000)  # type: ignore[assignment]


def noise_batch(model: OriginalConfig, config: JointConfig, size: int, n_frames: int) -> OriginalBatch:
    """Recordings of noise, n_frames each, with as many symbols as speech of that length has."""
    torch.manual_seed(1)
    n_symbols = n_frames // 2
    return OriginalBatch(
        audio=torch.randn(size, n_frames * model.mel.hop_length) * 0.1,
        content=torch.randn(size, n_frames, model.content_channels),
        n_frames=torch.full((size,), n_frames),
        symbols=torch.randint(1, model.n_symbols, (size, n_symbols)),
        n_symbols=torch.full((size,), n_symbols),
        languages=torch.arange(size) % model.n_languages,
        segments=torch.zeros(size, dtype=torch.long),
        references=torch.arange(config.reference_frames).repeat(size, 1) % n_frames,
    )


class ReferenceStep:
    """The released training step: every part in 32 bits, everything computed where it is needed."""

    def __init__(self, step: Step) -> None:
        self.synthesizer, self.discriminators = deepcopy(step.synthesizer), deepcopy(step.discriminators)
        self.mel, self.config, self.hop = step.mel, step.config, step.model.mel.hop_length
        self.optimizers = {
            name: torch.optim.AdamW(network.parameters(), 2e-4, (0.8, 0.99), eps=1e-9, foreach=False, fused=False)
            for name, network in (("d", self.discriminators), ("g", self.synthesizer))
        }

    @released_layout()
    def __call__(self, batch: OriginalBatch) -> None:
        config, model = self.config, self.synthesizer
        mel = self.mel(batch.audio)
        mask = length_mask(batch.n_frames, mel.shape[1])
        symbol_mask = length_mask(batch.n_symbols, batch.symbols.shape[1])
        style = model.style_encoder(mel[torch.arange(len(mel))[:, None], batch.references])
        language = model.language(batch.languages)[:, None]
        text = model.text_encoder(batch.symbols, language, symbol_mask)
        spec = model.spec_posterior(mel, mask, style[:, None])
        content = model.content_posterior(batch.content, mask, language)
        spec_as_content = model.content_to_spec_flow(spec.sample, mask, style[:, None])
        content_as_text = model.text_to_content_flow(content.sample, mask, language)
        spec_as_text = model.text_to_content_flow(spec_as_content, mask, language)
        path = self._path(text, content_as_text, batch)  # [B, T, N]
        durations = model.durations.loss(text.hidden, symbol_mask, style, language, path.sum(1)) / symbol_mask.sum()
        mean, log_std = path @ text.mean, path @ text.log_std
        waveform = model.decoder(original_graph.cut(spec.sample, batch.segments, config.segment_frames), style)
        real = original_graph.cut(batch.audio, batch.segments * self.hop, config.segment_frames * self.hop)

        self.optimizers["d"].zero_grad()
        both = len(self.discriminators.members)  # the losses are means over them, those published are sums
        (both * discriminator_loss(self.discriminators(real), self.discriminators(waveform.detach()))).backward()
        self.optimizers["d"].step()

        real_outputs, fake_outputs = self.discriminators(real), self.discriminators(waveform)
        real_outputs = [(scores, [hidden.detach() for hidden in layers]) for scores, layers in real_outputs]
        segment = original_graph.cut(mel, batch.segments, config.segment_frames)
        loss = (
            both * generator_loss(fake_outputs)
            + feature_matching_loss(real_outputs, fake_outputs)
            + 45 * F.l1_loss(self.mel(waveform), segment)
            + durations.sum()
            + kl_divergence(content_as_text, content.log_std, mean, log_std, mask)
            + kl_divergence(spec_as_content, spec.log_std, content.mean, content.log_std, mask)
            + kl_divergence(spec_as_text, spec.log_std, mean, log_std, mask)
        )
        self.optimizers["g"].zero_grad()
        loss.backward()
        self.optimizers["g"].step()

    def _path(self, text: object, latent: Tensor, batch: OriginalBatch) -> Tensor:
        found: list[Tensor] = []

        def keep(scores: Tensor, n_symbols: Tensor, n_frames: Tensor) -> Tensor:
            paths = search_each(np.ascontiguousarray(scores.transpose(1, 2).numpy()), n_symbols, n_frames)
            found.append(torch.from_numpy(paths).float())
            return found[0].sum(1).long()

        searching, original_graph.search = original_graph.search, keep
        try:
            original_graph.align(text, latent, batch.n_symbols, batch.n_frames)  # type: ignore[arg-type]
        finally:
            original_graph.search = searching
        return found[0]


def training(model: OriginalConfig, repeats: int, threads: int, size: int, n_frames: int) -> str:
    """Seconds of a training step."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = JointConfig()
    step = Step(model, config)
    batch = noise_batch(model, config, size, n_frames)
    reference = ReferenceStep(step)
    ways: dict[str, Callable[[], object]] = {"as released, fp32": lambda: reference(batch)}
    for name, precision in (("this library, fp32", "32-true"), ("this library, bf16", "bf16-mixed")):
        settings = TrainingConfig(
            learning_rate=2e-4, epsilon=1e-9, warmup_steps=0, decay_share=0.0, clip_norm=1e9, ema_decay=0.0,
            precision=precision, accelerator="cpu",
        )  # fmt: skip
        learner = Learner(deepcopy(step), settings)
        ways[name] = lambda learner=learner: learner.learn(batch, 0, 1000)  # type: ignore[misc]
    times, _ = in_turn(ways, repeats)
    seconds = size * n_frames / 50
    rows = [
        f"| a step on {size} recordings of {n_frames / 50:g} s | s | seconds of audio per second |",
        "|---|---|---|",
    ]
    for name, took in times.items():
        rows.append(f"| {name} | {took:.2f} ({times['as released, fp32'] / took:.2f}x) | {seconds / took:.2f} |")
    return "\n".join(rows)


# -- alignment ---------------------------------------------------------------------------------------------------


def _search_one(path: np.ndarray, value: np.ndarray, n_frames: int, n_symbols: int) -> None:
    """One item's path [T, N] from its scores [T, N], which are overwritten: cell by cell, as in Glow-TTS and VITS."""
    for t in range(n_frames):
        for n in range(max(0, n_symbols + t - n_frames), min(n_symbols, t + 1)):
            stay = -1e9 if n == t else value[t - 1, n]
            move = (0.0 if t == 0 else -1e9) if n == 0 else value[t - 1, n - 1]
            value[t, n] += max(stay, move)
    n = n_symbols - 1
    for t in range(n_frames - 1, -1, -1):
        path[t, n] = 1
        if n != 0 and (n == t or value[t - 1, n] < value[t - 1, n - 1]):
            n -= 1


_search_one_compiled = numba.njit(_search_one)


def search_each(
    scores: np.ndarray, n_symbols: Tensor, n_frames: Tensor, one: Callable[..., None] = _search_one_compiled
) -> np.ndarray:
    """Paths [B, T, N] for scores [B, T, N], item by item."""
    values, paths = scores.copy(), np.zeros(scores.shape, np.int32)
    for i in range(len(scores)):
        one(paths[i], values[i], int(n_frames[i]), int(n_symbols[i]))
    return paths


def alignment(repeats: int, threads: int, size: int = 32) -> str:
    """Seconds of the alignment search of a batch, and that all find the same."""
    numba.set_num_threads(threads)
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    length, text = 360, 190
    scores = torch.randn(size, length, text)
    n_symbols, n_frames = torch.full((size,), text), torch.full((size,), length)
    array = scores.numpy()
    ways: dict[str, Callable[[], object]] = {
        "numba, item by item": lambda: search_each(array, n_symbols, n_frames),
        "this library": lambda: search(scores.transpose(1, 2), n_symbols, n_frames),
    }
    times, _ = in_turn(ways, repeats)
    started = clock()
    search_each(array[:1], n_symbols, n_frames, _search_one)
    times = {"plain Python, item by item": size * (clock() - started), **times}
    expected = search_each(array, n_symbols, n_frames).sum(1)
    assert np.array_equal(expected, search(scores.transpose(1, 2), n_symbols, n_frames).numpy())
    rows = [f"| {size} items of {text} symbols and {length} frames | ms | |", "|---|---|---|"]
    rows += [f"| {name} | {1000 * t:.2f} | {t / times['this library']:.1f} |" for name, t in times.items()]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("inference", "training", "alignment"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="medians of so many runs, after one that is not counted")
    parser.add_argument("--batch", type=int, default=4, help="recordings of a training step")
    parser.add_argument("--frames", type=int, help="of a recording (50/s); 360 to speak and convert, 200 to train on")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu where others use the machine too")
    parser.add_argument("--folder", type=Path, help="keep the model of random weights here, for the next run")
    parser.add_argument("--small", action="store_true", help="a model of few channels, to see that everything runs")
    options = parser.parse_args()
    global clock
    if options.clock == "cpu":
        clock = time.process_time
    config = OriginalConfig()
    if options.small:
        config = OriginalConfig(latent_channels=16, hidden_channels=16, text_layers=1, decoder_channels=32)
    if options.what == "inference":
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.folder or Path(temporary) / "model"
            print(inference(config, options.frames or 360, options.repeats, options.threads, folder))
    elif options.what == "training":
        print(training(config, options.repeats, options.threads, options.batch, options.frames or 200))
    else:
        print(alignment(options.repeats, options.threads))


if __name__ == "__main__":
    main()
