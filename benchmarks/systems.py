"""What is compared: xespeech, the published architecture as its authors run it, and peers of a released size.

Peers have random weights of their released shapes: nothing is downloaded, and weights do not change how long a network
takes. They are told how many symbols a text has and how long it lasts in our voice, so that all make as much sound of
as many symbols; reading the text, which costs us time, is left out for them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

ORIGINAL_FOLDER = Path(__file__).parents[1] / "runs" / "benchmark-original"


class System(Protocol):
    """A way to make speech; each method returns seconds of sound."""

    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        """Speak a text `batch` times at once."""

    def convert(self, seconds: float) -> float:
        """Convert a recording of so many seconds."""


class Xespeech:
    """Our voice, from text or recording to samples."""

    def __init__(self, threads: int, model: str | None = None, **options: Any) -> None:
        import xespeech

        self.voice = xespeech.load(model, threads=threads, **options)

    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        durations = [0.0] * batch

        def say(index: int) -> None:
            durations[index] = self.voice.speak(text, seed=index).duration

        callers = [threading.Thread(target=say, args=(index,)) for index in range(1, batch)]
        for caller in callers:
            caller.start()
        say(0)
        for caller in callers:
            caller.join()
        return sum(durations)

    def convert(self, seconds: float) -> float:
        return self.voice.convert(_recording(seconds, self.voice.sample_rate), voice="mei").duration

    def first_chunk(self, text: str) -> float:
        """Seconds of sound of the first chunk of a stream."""
        chunk = next(iter(self.voice.stream(text)))
        return len(chunk.samples) / chunk.sample_rate

    def narrate(self, text: str) -> float:
        """Speak a text of any length and keep nothing of it."""
        return sum(sentence.duration for sentence in self.voice.narrate(text))

    def say(self, text: str, language: str, seed: int) -> Any:
        """A sentence as `Audio`."""
        return self.voice.speak(text, language=language, seed=seed)

    def first_sound(self, text: str, language: str) -> None:
        """A sentence until its first sound is there."""
        next(self.voice.stream(text, language=language))


class Kokoro:
    """Kokoro-82M with its released weights (ONNX, int8), the voice alpha, told our phones."""

    def __init__(self, threads: int) -> None:
        from xespeech.data.kokoro import Teacher

        self.teacher = Teacher(threads)

    def say(self, text: str, language: str, seed: int) -> Any:
        """A sentence as `Audio`; it draws nothing, so no seed changes it."""
        from xespeech.data.kokoro_letters import kokoro_letters, kokoro_pieces
        from xespeech.text import phonemize

        return self.teacher.speak(kokoro_letters(kokoro_pieces(phonemize(text, language))), "alpha", "alpha")[0]


@contextmanager
def released_layout() -> Iterator[None]:
    """The decoder's convolutions in one dimension, channels first, as the released code has them."""
    from xespeech.original.model import hifigan

    def convolve(layer: Any, x: Any) -> Any:
        return layer(x[:, :, 0])[:, :, None]

    own, hifigan.convolve = hifigan.convolve, convolve
    try:
        yield
    finally:
        hifigan.convolve = own


class Original:
    """X-E-Speech of the released size in PyTorch fp32, one pass over the whole utterance, weight norm computed anew
    in every pass: as its authors' scripts run it. Content features are given, Whisper is not counted."""

    def __init__(self, threads: int) -> None:
        import torch

        from xespeech.config import OriginalConfig
        from xespeech.original.model.synthesizer import OriginalSynthesizer
        from xespeech.original.model.weight_norm import add_weight_norm

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.config = OriginalConfig()
        self.network = OriginalSynthesizer(self.config).eval()
        add_weight_norm(self.network)
        self.torch = torch

    @released_layout()
    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        torch, network, config = self.torch, self.network, self.config
        n_frames = round(seconds * config.mel.sample_rate / config.mel.hop_length)
        n_symbols = 2 * n_symbols + 1  # a blank between symbols
        with torch.no_grad():
            symbols = torch.randint(config.n_symbols, (batch, n_symbols))
            mask, frame_mask = torch.ones(batch, n_symbols, 1), torch.ones(batch, n_frames, 1)
            language, style = torch.zeros(batch, dtype=torch.int64), torch.rand(batch, config.style_channels)
            embedding = network.language(language)[:, None]
            prior = network.text_encoder(symbols, embedding, mask)
            noise = 0.8 * torch.randn(batch, n_symbols, 2)
            network.durations(prior.hidden, mask, style, embedding, noise)  # random weights: theirs are not used
            durations = torch.from_numpy(np.diff(np.linspace(0, n_frames, n_symbols + 1).astype(np.int64)))
            frames = network.frame_prior(prior, durations[None].expand(batch, -1), n_frames)
            z_content = network.content_from_text(frames, 0.667 * torch.randn_like(frames.mean), frame_mask, language)
            waveform = network.waveform(network.spec_from_content(z_content, frame_mask, style), frame_mask, style)
        return waveform.numel() / config.mel.sample_rate

    def say(self, text: str, language: str, seed: int) -> Any:
        """Random weights for as long as the sentence lasts, about; nothing that could be listened to."""
        from xespeech.audio import Audio
        from xespeech.text import phonemize

        n_symbols = len(phonemize(text, language))
        seconds = self.speak(text, n_symbols, n_symbols / 13, 1)
        return Audio(np.zeros(round(24_000 * seconds), np.float32), 24_000)

    @released_layout()
    def convert(self, seconds: float) -> float:
        torch, network, config = self.torch, self.network, self.config
        n_frames = round(seconds * config.mel.sample_rate / config.mel.hop_length)
        with torch.no_grad():
            features, mask = torch.randn(1, n_frames, config.content_channels), torch.ones(1, n_frames, 1)
            embedding = network.language(torch.zeros(1, dtype=torch.int64))[:, None]
            style = torch.rand(1, config.style_channels)
            z_content = network.content_posterior(features, mask, embedding).sample
            there = network.text_to_content_flow(z_content, mask, embedding)  # a round trip that the script makes
            z_content = network.text_to_content_flow(there, mask, embedding, inverse=True)
            waveform = network.waveform(network.spec_from_content(z_content, mask, style), mask, style)
        return waveform.numel() / config.mel.sample_rate


class OurOriginal:
    """The published model as this library runs it; random weights of the released size, see `make_original`."""

    def __init__(self, threads: int, engine: str, precision: str) -> None:
        from xespeech.original.voice.voice import open_original

        self.voice = open_original(ORIGINAL_FOLDER, engine, threads, "cpu", precision)
        self.config = self.voice.stages.config
        self.style = np.full(self.config.style_channels, self.config.style_channels**-0.5, np.float32)

    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        stages, config = self.voice.stages, self.config
        n_frames, n_symbols = round(seconds * config.mel.sample_rate / config.mel.hop_length), 2 * n_symbols + 1
        n_samples = 0
        for _ in range(batch):
            ids = np.random.default_rng(0).integers(0, config.n_symbols, n_symbols)
            prior = stages.text(ids, 1, self.style, np.zeros((n_symbols, 2), np.float32))
            durations = np.diff(np.linspace(0, n_frames, n_symbols + 1).astype(np.int64))  # not the random weights'
            mean, log_std = (np.repeat(values, durations, axis=0) for values in (prior.mean, prior.log_std))
            latent = stages.text_to_content(mean, log_std, np.zeros_like(mean), 1)
            n_samples += len(stages.sound(latent, self.style))
        return n_samples / config.mel.sample_rate

    def convert(self, seconds: float) -> float:
        stages, config = self.voice.stages, self.config
        n_frames = round(seconds * config.mel.sample_rate / config.mel.hop_length)
        features = np.random.default_rng(0).standard_normal((n_frames, config.content_channels), dtype=np.float32)
        noise = np.zeros((n_frames, config.latent_channels), np.float32)
        return len(stages.sound(stages.recording_to_content(features, noise, 1), self.style)) / config.mel.sample_rate


def make_original() -> None:
    """Write the model folder of `OurOriginal`, once."""
    if (ORIGINAL_FOLDER / "config.json").is_file():
        return
    import torch

    from xespeech.config import OriginalConfig
    from xespeech.original.folder.description import CONTENT_ENCODER, OriginalDescription
    from xespeech.original.folder.files import write_original_folder
    from xespeech.original.model.synthesizer import OriginalSynthesizer

    torch.manual_seed(0)
    config = OriginalConfig()
    ORIGINAL_FOLDER.parent.mkdir(exist_ok=True)
    about = OriginalDescription(config, CONTENT_ENCODER, 0, None, "random", "0")
    write_original_folder(ORIGINAL_FOLDER, OriginalSynthesizer(config).eval(), about)


class Vits:
    """VITS as Transformers ships it, in the size of the released MMS voices."""

    def __init__(self, threads: int) -> None:
        import torch
        from transformers import VitsConfig, VitsModel

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.torch = torch
        self.network = VitsModel(VitsConfig()).eval()
        self.hop = int(np.prod(self.network.config.upsample_rates))
        self.predictor = self.network.duration_predictor.forward
        self.network.duration_predictor.forward = self._durations  # type: ignore[method-assign]
        self.n_frames = 0

    def _durations(self, hidden: Any, padding_mask: Any, *args: Any, **kwargs: Any) -> Any:
        log_durations = self.predictor(hidden, padding_mask, *args, **kwargs)  # counted, not used
        return self.torch.full_like(log_durations, float(np.log(self.n_frames / log_durations.shape[-1] - 0.5)))

    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        rate = self.network.config.sampling_rate
        n_symbols = 2 * n_symbols + 1
        self.n_frames = max(n_symbols, round(seconds * rate / self.hop))
        ids = self.torch.randint(1, self.network.config.vocab_size, (batch, n_symbols))
        with self.torch.no_grad():
            waveform = self.network(input_ids=ids, attention_mask=self.torch.ones_like(ids)).waveform
        return waveform.numel() / rate

    def convert(self, seconds: float) -> float:
        raise NotImplementedError


class FastSpeech2:
    """FastSpeech 2 with Conformer blocks and HiFi-GAN as Transformers ships them, in the released size."""

    def __init__(self, threads: int) -> None:
        import torch
        from transformers import FastSpeech2ConformerWithHifiGan, FastSpeech2ConformerWithHifiGanConfig

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.torch = torch
        self.network = FastSpeech2ConformerWithHifiGan(FastSpeech2ConformerWithHifiGanConfig()).eval()
        vocoder = self.network.config.vocoder_config
        self.rate, self.hop = 22_050, int(np.prod(vocoder.upsample_rates))
        self.frames = 0
        predictor = self.network.model.duration_predictor
        self.predictor = predictor.forward
        predictor.forward = self._durations  # type: ignore[method-assign]

    def _durations(self, *args: Any, **kwargs: Any) -> Any:
        return self.torch.full_like(self.predictor(*args, **kwargs), self.frames)  # counted, not used

    def speak(self, text: str, n_symbols: int, seconds: float, batch: int) -> float:
        self.frames = max(1, round(seconds * self.rate / self.hop / n_symbols))
        ids = self.torch.randint(1, self.network.config.model_config.vocab_size, (batch, n_symbols))
        with self.torch.no_grad():
            waveform = self.network(input_ids=ids, attention_mask=self.torch.ones_like(ids)).waveform
        return waveform.numel() / self.rate

    def convert(self, seconds: float) -> float:
        raise NotImplementedError


def _recording(seconds: float, rate: int) -> Any:
    """A voice-like buzz that rises, falls and pauses."""
    from xespeech.audio import Audio

    time = np.arange(round(seconds * rate)) / rate
    hertz = 140 + 30 * np.sin(2 * np.pi * time)
    buzz = (np.cumsum(hertz / rate) % 1 - 0.5) * (np.sin(2 * np.pi * 1.5 * time) > -0.5)
    return Audio((0.2 * buzz + 0.001).astype(np.float32), rate)


SYSTEMS: dict[str, tuple[str, Any]] = {
    "xespeech": ("xespeech (ONNX Runtime int8)", Xespeech),
    "xespeech-fp32": ("xespeech (ONNX Runtime fp32)", lambda threads: Xespeech(threads, precision="fp32")),
    "xespeech-torch": ("xespeech (PyTorch)", lambda threads: Xespeech(threads, engine="torch")),
    "original": ("X-E-Speech as published (PyTorch fp32, weight norm)", Original),
    "original-onnx": (
        "X-E-Speech here, `original` configuration (ONNX Runtime fp32)",
        lambda threads: OurOriginal(threads, "onnx", "fp32"),
    ),
    "original-bf16": (
        "X-E-Speech here, `original` configuration (PyTorch bf16)",
        lambda threads: OurOriginal(threads, "torch", "bf16"),
    ),
    "vits": ("VITS, Transformers (PyTorch fp32)", Vits),
    "fastspeech2": ("FastSpeech 2 Conformer + HiFi-GAN, Transformers (PyTorch fp32)", FastSpeech2),
}
"""Name in full and how it is made, for threads."""
ALIKE: dict[str, tuple[str, Any]] = {
    "xespeech": SYSTEMS["xespeech"],
    "kokoro": ("Kokoro-82M, its own weights (ONNX Runtime int8)", Kokoro),
    "original": SYSTEMS["original"],
}
"""Those that say the same sentences: name in full and how it is made, for threads."""
