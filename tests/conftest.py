"""Models small enough that every path runs in seconds."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from torch import Tensor

    from xespeech.model_folder.weights import Networks
    from xespeech.original.model.synthesizer import OriginalSynthesizer

TINY_VOICES = {
    "kathleen": (("en",), ("neutral",)),
    "mei": (("ja",), ("neutral", "happy", "angry")),
    "takumi": (("ja",), ("neutral", "happy")),
    "yue-tan": (("zh",), ("neutral",)),
    "actor": (("en",), ("expressive",)),
}


@pytest.fixture(scope="session", autouse=True)
def all_products_are_rounded() -> Iterator[None]:
    """Integer graphs leave products of few values alone; the tiny networks have no others."""
    from xespeech.model_folder import integer_graph

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integer_graph, "_FEW", 0)
        yield


@pytest.fixture(scope="session")
def tiny_networks() -> Networks:
    """Networks with few channels and random weights, the same every time."""
    import torch

    from xespeech.config import ContentConfig, ModelConfig, VocoderConfig
    from xespeech.content.compact import CompactContentEncoder
    from xespeech.model.synthesizer import Synthesizer
    from xespeech.model_folder.weights import Networks
    from xespeech.text import MARKS, PHONES

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ModelConfig(
            n_phones=len(PHONES), n_marks=len(MARKS), content_channels=16, latent_channels=8, hidden_channels=16,
            style_channels=12, language_channels=4, text_layers=1, posterior_layers=1, couplings=2, coupling_layers=1,
            predictor_layers=1, style_layers=1, mel_decoder_channels=16, mel_decoder_layers=1,
            mel_decoder_fine_layers=1, vocoder=VocoderConfig(channels=16, n_layers=1, lookahead=6),
        )  # fmt: skip
        content = ContentConfig(hidden_channels=16, content_channels=16, n_layers=1, n_phones=len(PHONES))
        synthesizer, encoder = Synthesizer(model), CompactContentEncoder(content)
        with torch.no_grad():
            for parameter in synthesizer.parameters():  # nothing may hide behind weights that begin at zero
                if not parameter.any():
                    parameter.normal_(std=0.1)
            durations = synthesizer.durations.blocks.head
            assert durations is not None
            durations.bias.fill_(float(np.log(5.0)))
            synthesizer.mel_decoder.head.bias.fill_(-0.5)  # quiet enough for the limiter to leave it alone
        live = CompactContentEncoder(replace(content, lookahead=2))
        for head in ("phone_head", "tone_head"):
            getattr(live, head).load_state_dict(getattr(encoder, head).state_dict())
    return Networks(synthesizer.eval(), encoder.eval(), live.eval())


@pytest.fixture(scope="session")
def tiny_voice(tiny_networks: Networks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder, complete and a few hundred kB: its speech is noise of a plausible length."""
    from xespeech.inference import StyleBank
    from xespeech.model_folder.description import Description, VoiceInfo
    from xespeech.model_folder.files import write_model_folder
    from xespeech.text import PHONES

    synthesizer, encoder, _ = tiny_networks
    generator = np.random.default_rng(0)
    styles = {
        (name, emotion): generator.standard_normal(synthesizer.config.style_channels)
        for name, (_, emotions) in TINY_VOICES.items()
        for emotion in emotions
    }
    description = Description(
        model=synthesizer.config,
        content=encoder.config,
        voices=tuple(VoiceInfo(name, *about, "CC0 1.0") for name, about in TINY_VOICES.items()),
        default_voice="kathleen",
        phone_frequencies={language: [1 / len(PHONES)] * len(PHONES) for language in ("en", "ja", "zh")},
        licence="CC0 1.0",
        step=0,
        version="0",
    )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_model_folder(folder, tiny_networks, StyleBank(styles), description)
    return folder


ORIGINAL = Path(__file__).parent / "fixtures" / "original"
"""A small checkpoint in the layout of the released ones, its configuration, its numbers, and the keys of large ones."""


@pytest.fixture(scope="session")
def original_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`G_3.pth`, a few MB, with `config.json` beside it."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "G_3.pth").write_bytes(lzma.decompress((ORIGINAL / "tiny.pth.xz").read_bytes()))
    shutil.copy(ORIGINAL / "tiny_config.json", folder / "config.json")
    return folder / "G_3.pth"


@pytest.fixture(scope="session")
def tiny_original(original_checkpoint: Path) -> OriginalSynthesizer:
    """The network of that checkpoint."""
    from xespeech.original.folder.checkpoint import build_synthesizer, read_checkpoint, read_config

    checkpoint = read_checkpoint(original_checkpoint)
    return build_synthesizer(checkpoint, read_config(original_checkpoint.with_name("config.json"), checkpoint))


class Golden:
    """Numbers of the reference implementation, all random draws replaced by zeros; [B, T, C] as here, not [B, C, T]."""

    def __init__(self) -> None:
        self.arrays = np.load(ORIGINAL / "tiny_golden.npz")

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.arrays_of(name)
        return tensor.transpose(1, 2) if tensor.dim() == 3 else tensor

    def arrays_of(self, name: str) -> Tensor:
        """As it is stored."""
        import torch

        return torch.from_numpy(self.arrays[name])


@pytest.fixture(scope="session")
def golden() -> Golden:
    return Golden()


@pytest.fixture(scope="session")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random Whisper of 24 channels, saved as the real ones are."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

    config = WhisperConfig(
        d_model=24, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=32, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=16, num_mel_bins=80, vocab_size=51865,
    )  # fmt: skip
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        model = WhisperModel(config)
        for layer in model.encoder.layers:  # sharper than at random, so that what is heard depends on when it is heard
            layer.self_attn.q_proj.weight *= 20
            layer.self_attn.v_proj.weight *= 20
    folder = tmp_path_factory.mktemp("whisper")
    model.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def original_model(original_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That checkpoint as a model folder."""
    from xespeech.original.folder.files import import_original

    folder = tmp_path_factory.mktemp("models") / "original"
    import_original(original_checkpoint, original_checkpoint.with_name("config.json"), folder)
    return folder


@pytest.fixture(scope="session")
def wheel_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it is released: built from the source distribution, which lies beside it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", folder, Path(__file__).parents[1]]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return next(folder.glob("*.whl"))


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    output: str
    errors: str


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Result]:
    """Run `xespeech ARGUMENTS...` in an empty folder."""
    from xespeech.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["xespeech", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        output, errors = capsys.readouterr()
        return Result(int(ended.value.code or 0), output, errors)

    return run


@pytest.fixture(scope="session")
def serve(tiny_voice: Path) -> Callable[..., Any]:
    """`with serve(workers=1, ...) as server:` is a server with these settings."""
    from serving import RunningServer
    from xespeech.server import Settings, create_app

    @contextmanager
    def start(**settings: Any) -> Iterator[Any]:
        server = RunningServer(create_app(Settings(**{"model": tiny_voice, "workers": 1, **settings})))
        try:
            yield server
        finally:
            server.stop()

    return start
