"""A Whisper as content encoder: a tiny one of the test's own making, random but saved as the real ones are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from xespeech.content.encoder import load_content_encoder
from xespeech.errors import ModelError

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise whose loudness swells and fades."""
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    return (0.1 * generator.standard_normal(len(times)) * np.sin(2 * times) ** 2).astype(np.float32)


def features_by_transformers(folder: Path, samples: np.ndarray) -> np.ndarray:
    """What transformers itself makes of the same waveform, with its 30 seconds."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    mel = WhisperFeatureExtractor.from_pretrained(folder)(samples, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        return WhisperModel.from_pretrained(folder).encoder(mel.input_features).last_hidden_state[0].numpy()


def test_thirty_seconds_are_heard_as_transformers_hears_them(tiny_whisper):
    samples = noise(30)
    encoder = load_content_encoder(tiny_whisper)
    (features,) = encoder.encode([samples])
    assert features.shape == (1500, 24) == (1500, encoder.channels)
    np.testing.assert_allclose(features, features_by_transformers(tiny_whisper, samples), atol=1e-4)


def test_short_recordings_are_padded_to_fifteen_seconds_with_the_first_positions(tiny_whisper):
    """The same as a Whisper of half as many positions, whose window is 15 s."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    model = WhisperModel.from_pretrained(tiny_whisper)
    positions = model.encoder.embed_positions.weight[:750]
    model.encoder.embed_positions = torch.nn.Embedding.from_pretrained(positions)
    model.encoder.max_source_positions = model.encoder.config.max_source_positions = 750
    extractor = WhisperFeatureExtractor(chunk_length=15)
    samples = noise(4.21)
    mel = extractor(samples, sampling_rate=RATE, return_tensors="pt").input_features
    assert mel.shape[2] == 1500
    with torch.no_grad():
        expected = model.encoder(mel).last_hidden_state[0].numpy()
    (features,) = load_content_encoder(tiny_whisper).encode([samples])
    assert features.shape == (210, 24)  # 4.21 s at 50 frames/s, in whole frames
    np.testing.assert_allclose(features, expected[:210], atol=1e-4)
    assert (
        np.abs(features - features_by_transformers(tiny_whisper, samples)[:210]).max() > 1e-3
    )  # 30 s are something else


@pytest.mark.parametrize("seconds", [0.01, 0.2, 15.013, 22.5, 29.99, 31.0, 180.0])
def test_every_length_is_heard_whole(tiny_whisper, seconds):
    samples = noise(seconds)
    (features,) = load_content_encoder(tiny_whisper).encode([samples])
    assert features.shape == (len(samples) // 320, 24)
    assert np.isfinite(features).all()
    if seconds >= 0.2:
        assert features.std() > 0.1


def test_long_recordings_have_no_seams(tiny_whisper):
    """Where a recording repeats itself, windows that overlap hear nearly the same; no frame jumps."""
    (features,) = load_content_encoder(tiny_whisper).encode([np.tile(noise(15), 5)])
    steps = np.abs(np.diff(features, axis=0)).mean(1)
    assert steps.max() < 6 * np.median(steps)
    (start,) = load_content_encoder(tiny_whisper).encode([np.tile(noise(15), 2)])
    np.testing.assert_allclose(features[:1100], start[:1100], atol=1e-4)  # before the first overlap


def test_batches_do_not_change_what_is_heard(tiny_whisper):
    recordings = [noise(seconds, seed) for seed, seconds in enumerate([3, 14.9, 18, 40, 0.2, 18])]
    encoder = load_content_encoder(tiny_whisper)
    together = encoder.encode(recordings)
    for own, recording in zip(together, recordings, strict=True):
        np.testing.assert_allclose(own, encoder.encode([recording])[0], atol=2e-5)


@pytest.mark.parametrize("precision", ["bf16", "16"])
def test_half_precision_is_near_and_kept_under_another_name(tiny_whisper, precision):
    exact, half = load_content_encoder(tiny_whisper), load_content_encoder(tiny_whisper, precision)
    assert exact.name != half.name
    wanted, found = exact.encode([noise(2)])[0], half.encode([noise(2)])[0]
    assert found.dtype == np.float32
    assert 0 < np.abs(wanted - found).max() < 0.15 * np.abs(wanted).max()


def test_the_compact_encoder_keeps_the_same_promises(tiny_networks, tmp_path):
    from xespeech.content.store import save_encoder

    save_encoder(tiny_networks[1], tmp_path / "run" / "encoder", 0)
    encoder = load_content_encoder(tmp_path / "run")
    recordings = [noise(seconds) for seconds in (0.01, 0.2, 3.0, 31.0)]
    together = encoder.encode(recordings)
    assert [f.shape for f in together] == [(len(r) // 320, encoder.channels) for r in recordings]
    np.testing.assert_allclose(together[2], encoder.encode([recordings[2]])[0], atol=1e-4)


def test_what_is_no_content_encoder_is_one_clear_sentence(tiny_whisper, tmp_path, monkeypatch):
    from safetensors.torch import load_file, save_file

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="holds no content encoder"):
        load_content_encoder(tmp_path)
    with pytest.raises(ModelError, match="there is no content encoder nobody/whisper"):
        load_content_encoder("nobody/whisper")
    with pytest.raises(ModelError, match="not one of 32, bf16, 16"):
        load_content_encoder(tiny_whisper, "8")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for name in ("config.json", "preprocessor_config.json"):
        (damaged / name).write_bytes((tiny_whisper / name).read_bytes())
    with pytest.raises(ModelError, match=r"has no \*\.safetensors"):
        load_content_encoder(damaged)
    weights = load_file(tiny_whisper / "model.safetensors")
    lost = next(name for name in weights if name.endswith("encoder.layers.1.fc2.weight"))
    save_file({k: v for k, v in weights.items() if k != lost}, damaged / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks .*layers\.1\.fc2\.weight"):
        load_content_encoder(damaged).encode([noise(1)])
    (damaged / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ModelError, match="cannot be read as a Whisper"):
        load_content_encoder(damaged).encode([noise(1)])
    assert json.loads((tiny_whisper / "config.json").read_text())["model_type"] == "whisper"


@pytest.fixture(scope="module")
def faster_whisper(tiny_whisper, tmp_path_factory) -> Path:
    """The same tiny Whisper as CTranslate2 saves it."""
    converters = pytest.importorskip("ctranslate2.converters.transformers", reason="pip install faster-whisper")
    from transformers import WhisperForConditionalGeneration

    model = WhisperForConditionalGeneration.from_pretrained(tiny_whisper)
    spec = converters.WhisperLoader().get_model_spec(model)
    spec.register_vocabulary([str(index) for index in range(model.config.vocab_size)])
    spec.validate()
    folder = tmp_path_factory.mktemp("faster")
    spec.save(str(folder))
    return folder


@pytest.mark.parametrize("seconds", [0.01, 4.21, 31.0])
def test_a_whisper_for_faster_whisper_hears_the_same(tiny_whisper, faster_whisper, seconds):
    samples = noise(seconds)
    first, second = load_content_encoder(tiny_whisper), load_content_encoder(faster_whisper)
    assert second.channels == first.channels
    assert second.name != first.name
    (expected,), (features,) = first.encode([samples]), second.encode([samples])
    assert features.shape == expected.shape
    np.testing.assert_allclose(features, expected, atol=2e-3)


def test_a_damaged_whisper_for_faster_whisper_is_named(faster_whisper, tmp_path):
    for name in ("config.json", "vocabulary.json"):
        (tmp_path / name).write_bytes((faster_whisper / name).read_bytes())
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be used"):
        load_content_encoder(tmp_path)
