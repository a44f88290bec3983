"""The published model speaks and converts as its reference implementation does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import xespeech
from syllables import syllables
from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_ORIGINAL, OriginalConfig
from xespeech.errors import UserError
from xespeech.inference.engine import Engine
from xespeech.original.folder.description import OriginalDescription
from xespeech.original.folder.graphs import build_original_graphs
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.text import symbols_to_ids
from xespeech.original.voice import reference as original_reference
from xespeech.original.voice.voice import OriginalVoice, language_of_symbols

CLIP = Path(xespeech.__file__).parent / "voices/demo/kathleen.opus"
SYMBOLS = "həlˈoʊ wˈɜːld."


@pytest.fixture(scope="session")
def original_voice(original_model: Path) -> OriginalVoice:
    voice = xespeech.load(original_model, threads=1)
    assert isinstance(voice, OriginalVoice)
    return voice


def speech(seconds: float, seed: int = 0) -> Audio:
    return Audio(syllables(seconds, seed=seed), 16_000)


def features(seconds: float) -> np.ndarray:
    size = (round(seconds * 16_000) // 320, 1280)
    return np.random.default_rng(2).standard_normal(size, dtype=np.float32)


def test_graphs_equal_the_reference_numbers(original_voice: OriginalVoice, golden):
    stages = original_voice.stages
    for i in range(2):
        language, style = int(golden["language"][i]), golden["style"][i].numpy()
        found = stages.style(golden["reference_mel"][i].numpy().copy())
        assert np.abs(found - style).max() < 1e-4
        n, t = int(golden["text_lengths"][i]), int(golden["mel_lengths"][i])
        ids = golden["text"][i, :n].numpy()
        text = stages.text(ids, language, style, np.zeros((n, 2), np.float32))
        durations = np.ceil(np.exp(text.log_durations)).astype(int)
        mean, log_std = (np.repeat(values, durations, axis=0) for values in (text.mean, text.log_std))
        content = stages.text_to_content(mean, log_std, np.zeros_like(mean), language)
        assert np.abs(stages.sound(content, style) - golden.arrays_of(f"tts_{i}").numpy()[0, 0]).max() < 1e-4
        own = golden["content"][i, :t].numpy().copy()
        content = stages.recording_to_content(own, np.zeros((t, 16), np.float32), language)
        assert np.abs(stages.sound(content, style) - golden.arrays_of(f"vc_{i}").numpy()[0, 0]).max() < 1e-4


@torch.no_grad()
def expected_speech(model: OriginalSynthesizer, reference: Audio) -> np.ndarray:
    """SYMBOLS in the voice of six seconds, by the network alone."""
    mel = torch.from_numpy(log_mel(reference.samples, MEL_ORIGINAL))[None]
    style, identity = model.style_encoder(mel), torch.tensor([1])
    language = model.language(identity)[:, None]
    ids = torch.tensor([symbols_to_ids(SYMBOLS, "en")])
    mask = torch.ones(1, ids.shape[1], 1)
    text = model.text_encoder(ids, language, mask)
    durations = model.durations(text.hidden, mask, style, language, torch.zeros(1, ids.shape[1], 2)).exp().ceil().long()
    size = int(durations.sum())
    mask, prior = torch.ones(1, size, 1), model.frame_prior(text, durations, size)
    content = model.content_from_text(prior, torch.zeros_like(prior.mean), mask, identity)
    return model.waveform(model.spec_from_content(content, mask, style), mask, style)[0].numpy()


def test_without_noise_speech_is_the_reference_graph_whatever_the_seed(original_voice, tiny_original):
    reference = speech(6.0)
    options = {"reference": reference, "noise": 0.0, "duration_noise": 0.0, "symbols": True}
    first = original_voice.speak(SYMBOLS, **options)
    again = original_voice.speak(SYMBOLS, seed=5, language="en", **options)
    assert np.array_equal(first.samples, again.samples)
    assert first.sample_rate == 16_000
    expected = expected_speech(tiny_original, reference)
    assert first.samples.shape == expected.shape
    assert np.abs(first.samples - expected).max() < 1e-4
    varied = original_voice.speak(SYMBOLS, **{**options, "noise": 1.0})
    assert np.abs(varied.samples[:3200] - first.samples[:3200]).max() > 1e-4


def test_conversion_is_the_reference_graph(original_voice, tiny_original):
    source, reference, content = speech(1.3, 1), speech(6.0), features(1.3)
    found = original_voice.convert(source, reference=reference, content=content, language="zh")
    with torch.no_grad():
        model, mask = tiny_original, torch.ones(1, len(content), 1)
        style = model.style_encoder(torch.from_numpy(log_mel(reference.samples, MEL_ORIGINAL))[None])
        language = model.language(torch.tensor([0]))[:, None]
        latent = model.content_posterior(torch.from_numpy(content)[None], mask, language).mean
        expected = model.waveform(model.spec_from_content(latent, mask, style), mask, style)[0].numpy()
    assert np.abs(found.samples - expected).max() < 1e-4


def test_the_language_of_a_source_is_heard(original_voice):
    source = xespeech.audio.read(CLIP)
    content = features(source.duration)
    options = {"reference": speech(6.0), "content": content}
    expected = original_voice.convert(source, language="en", **options)
    assert np.array_equal(original_voice.convert(source, **options).samples, expected.samples)


class Graphs(Engine):
    """Runs a network that was never written to a folder."""

    def __init__(self, synthesizer: OriginalSynthesizer) -> None:
        self.graphs = build_original_graphs(synthesizer.eval())

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        own = self.graphs[graph]
        with torch.inference_mode():
            outputs = own.module(*(torch.from_numpy(inputs[name]) for name in own.inputs))
        return [output.numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))]


def test_a_source_is_heard_by_the_whisper_that_the_model_names(tiny_whisper):
    from xespeech.content.encoder import load_content_encoder

    config = OriginalConfig(
        content_channels=24, latent_channels=8, hidden_channels=8, style_channels=8, text_layers=1, decoder_channels=32
    )
    about = OriginalDescription(config, str(tiny_whisper), 0, None, "CC0", "0")
    voice = OriginalVoice(about, Graphs(OriginalSynthesizer(config)))
    source, options = speech(1.0), {"reference": speech(6.0), "language": "en"}
    heard = load_content_encoder(tiny_whisper).encode([source.samples])[0]
    expected = voice.convert(source, content=heard, **options)
    assert np.array_equal(voice.convert(source, **options).samples, expected.samples)
    other = OriginalVoice(replace(about, model=replace(config, content_channels=1280)), voice.engine)
    with pytest.raises(UserError, match="gives 24 channels, the model wants 1280"):
        other.convert(source, **options)


@pytest.mark.parametrize("seconds", [0.2, 31.0, 180.0])
def test_sources_of_any_length_are_converted_whole(original_voice, seconds):
    source, content = speech(seconds), features(seconds)
    converted = original_voice.convert(source, reference=speech(6.0), content=content, language="en")
    assert len(converted.samples) == len(content) * 320
    assert np.abs(converted.samples[-1600:]).max() > 0


def test_windows_of_the_decoder_are_not_heard(original_voice, tiny_original):
    latent = np.random.default_rng(3).standard_normal((1130, 16), dtype=np.float32)
    style = np.full(256, 1 / 16, np.float32)
    with torch.no_grad():
        z, g, mask = torch.from_numpy(latent)[None], torch.from_numpy(style)[None], torch.ones(1, 1130, 1)
        expected = tiny_original.waveform(tiny_original.spec_from_content(z, mask, g), mask, g)[0].numpy()
    assert np.abs(original_voice.stages.sound(latent, style) - expected).max() < 1e-4


@pytest.mark.parametrize(("precision", "error"), [("fp32", 1e-5), ("bf16", 0.02)])
def test_pytorch_runs_the_same_model(original_model, original_voice, precision, error):
    options = {"reference": speech(6.0), "content": features(0.5), "language": "en"}
    expected = original_voice.convert(speech(0.5), **options).samples
    other = xespeech.load(original_model, engine="torch", threads=1, precision=precision)
    found = other.convert(speech(0.5), **options).samples
    assert np.abs(found - expected).max() < error * np.abs(expected).max() + 1e-6


def test_references_are_trimmed_as_librosa_trims_them():
    loud = speech(1.0).samples
    samples = np.concatenate([loud[:9000] * 0.01, loud, loud[:5000] * 0.02])
    # librosa.effects.trim(samples, top_db=20) of librosa 0.11 tells these limits
    assert np.array_equal(original_reference.trim(samples), samples[8192:26112])


def test_short_references_are_repeated_and_long_ones_heard_in_windows(original_voice):
    for seconds in (0.3, 5.0, 20.0):
        style = original_reference.style_of(speech(seconds), original_voice.stages)
        assert style.shape == (256,)
        assert np.linalg.norm(style) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "reference"),
        ({"voice": "kathleen"}, "no built-in voices"),
        ({"reference": speech(1.0), "emotion": "happy"}, "emotion"),
        ({"reference": speech(1.0), "pitch": 2.0}, "pitch"),
        ({"reference": speech(1.0), "symbols": True, "language": "ja"}, "does not speak ja"),
    ],
)
def test_what_it_cannot_do_is_refused(original_voice, options, named):
    with pytest.raises(UserError, match=named):
        original_voice.speak("a", **options)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (np.zeros((65, 12), np.float32), r"\[65, 12\], the model wants \[T, 1280\]"),
        (np.zeros((40, 1280), np.float32), "40 frames, the recording 65"),
        (np.full((65, 1280), np.nan, np.float32), "not numbers"),
        ("missing.npy", "missing.npy cannot be read"),
    ],
)
def test_features_of_something_else_are_refused(original_voice, content, named):
    with pytest.raises(UserError, match=named):
        original_voice.convert(speech(1.3), reference=speech(1.0), content=content, language="en")


def test_content_features_are_read_from_a_file(original_voice, tmp_path):
    content = features(0.5)
    np.save(tmp_path / "content.npy", content.astype(np.float16))
    options = {"reference": speech(1.0), "language": "en"}
    found = original_voice.convert(speech(0.5), content=tmp_path / "content.npy", **options)
    expected = original_voice.convert(speech(0.5), content=content.astype(np.float16), **options)
    assert np.array_equal(found.samples, expected.samples)


def test_symbols_tell_their_language():
    assert language_of_symbols("həlˈoʊ") == "en"
    assert language_of_symbols("ni3 hao3") == "zh"
    assert language_of_symbols("k o N n i ch i w a") == "ja"


def test_the_compact_model_refuses_what_only_the_original_has(tiny_voice):
    compact = xespeech.load(tiny_voice)
    for options in ({"symbols": True}, {"duration_noise": 0.0}):
        with pytest.raises(UserError, match="only the original model"):
            compact.speak("hello", **options)
    with pytest.raises(UserError, match="only the original model"):
        compact.convert(speech(1.0), voice="mei", content=features(1.0))
