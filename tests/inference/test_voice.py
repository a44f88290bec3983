"""Speaking and converting with a whole model, tiny and random: lengths, levels, options, every mistake of a caller."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import xespeech
from xespeech.audio import Audio
from xespeech.errors import AudioError, ConfigError, ModelError, TextError, UnknownNameError, UserError

RATE = 24_000


@pytest.fixture(scope="module")
def voice(tiny_voice: Path) -> xespeech.Voice:
    """The tiny model."""
    return xespeech.load(tiny_voice)


@pytest.fixture(scope="module")
def source() -> Audio:
    """Two seconds of a buzz that rises and falls, and pauses in between."""
    time = np.arange(2 * RATE) / RATE
    hertz = 140 + 30 * np.sin(2 * np.pi * time)
    buzz = (np.cumsum(hertz / RATE) % 1 - 0.5) * (np.sin(2 * np.pi * 1.5 * time) > -0.5)
    return Audio((0.2 * buzz + 0.001).astype(np.float32), RATE)


def test_speaks_every_language_in_every_voice(voice: xespeech.Voice) -> None:
    for text in ("Good morning!", "早上好！", "おはようございます。", "我用 GPU 训练。"):
        for name in ("kathleen", "mei"):
            audio = voice.speak(text, voice=name)
            assert audio.sample_rate == RATE
            assert audio.samples.dtype == np.float32
            assert np.isfinite(audio.samples).all()
            assert 0.3 < audio.duration < 10
            assert 1e-3 < np.abs(audio.samples).max() <= 0.951


def test_what_is_made_says_that_it_is_synthetic(voice: xespeech.Voice, source: Audio, tmp_path: Path) -> None:
    made = {"spoken.wav": voice.speak("Hello."), "converted.opus": voice.convert(source, voice="mei")}
    for name, audio in made.items():
        assert xespeech.audio.read(audio.save(tmp_path / name)).synthetic


def test_the_same_seed_says_the_same(voice: xespeech.Voice) -> None:
    first, again, other = (voice.speak("Hello.", seed=seed).samples for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_voice_and_emotion_change_what_is_heard(voice: xespeech.Voice) -> None:
    plain = voice.speak("Hello.", voice="mei").samples
    assert not np.array_equal(plain, voice.speak("Hello.", voice="takumi").samples)
    for name in ("mei", "kathleen"):  # recorded happy, and never
        plain = voice.speak("Hello.", voice=name).samples
        assert not np.array_equal(plain, voice.speak("Hello.", voice=name, emotion="happy").samples)
        np.testing.assert_array_equal(plain, voice.speak("Hello.", voice=name, emotion="happy", intensity=0).samples)


def test_speed_divides_the_duration(voice: xespeech.Voice) -> None:
    text = "The quick brown fox jumps over the lazy dog."
    slow, normal, fast = (voice.speak(text, speed=speed).duration for speed in (0.5, 1.0, 2.0))
    assert slow == pytest.approx(2 * normal, rel=0.15)
    assert fast == pytest.approx(normal / 2, rel=0.25)


def test_pitch_pause_and_noise(voice: xespeech.Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "One, two, three, four."
    plain = voice.speak(text)
    assert voice.speak(text, pause=3).duration > plain.duration + 0.3
    assert voice.speak(text, pause=0).duration < plain.duration
    heights: list[float] = []
    sound = voice.engine.sound

    def listen(latent, style, log_pitch, voicing):
        heights.append(float(np.mean(log_pitch)))
        return sound(latent, style, log_pitch, voicing)

    monkeypatch.setattr(voice.engine, "sound", listen)
    lengths = [len(voice.speak(text, pitch=pitch).samples) for pitch in (0.0, 2.0)]
    assert lengths[0] == lengths[1]
    assert heights[1] - heights[0] == pytest.approx(2 * np.log(2) / 12, abs=1e-4)
    assert not np.array_equal(voice.speak(text, noise=0).samples, plain.samples)


def test_the_emotion_of_a_recording_in_a_named_voice(voice: xespeech.Voice, source: Audio) -> None:
    plain = voice.speak("Hello.", voice="mei").samples
    assert not np.array_equal(voice.speak("Hello.", voice="mei", emotion_reference=source).samples, plain)
    silent = voice.speak("Hello.", voice="mei", emotion_reference=source, intensity=0).samples
    np.testing.assert_array_equal(silent, plain)
    assert voice.convert(source, voice="mei", emotion_reference=source).duration == pytest.approx(2.0)


def test_a_voice_goes_to_another_process(voice: xespeech.Voice) -> None:
    """As multiprocessing sends it, whichever way its processes start."""
    other = pickle.loads(pickle.dumps(voice))
    np.testing.assert_array_equal(other.speak("Hello.", seed=3).samples, voice.speak("Hello.", seed=3).samples)


def test_options_are_keywords(voice: xespeech.Voice) -> None:
    options = xespeech.SpeechOptions(voice="mei", emotion="happy", speed=1.2)
    spoken = voice.speak("Hello.", options).samples
    np.testing.assert_array_equal(spoken, voice.speak("Hello.", voice="mei", emotion="happy", speed=1.2).samples)
    np.testing.assert_array_equal(spoken, voice.speak("Hello.", options, seed=0).samples)


def test_a_stream_is_what_speak_says(voice: xespeech.Voice) -> None:
    text = "First one. Second one! 第三句。"
    chunks = list(voice.stream(text, seed=5))
    assert list(dict.fromkeys(chunk.text for chunk in chunks)) == ["First one.", "Second one!", "第三句。"]
    assert {chunk.sample_rate for chunk in chunks} == {RATE}
    joined = np.concatenate([chunk.samples for chunk in chunks])
    np.testing.assert_allclose(joined, voice.speak(text, seed=5).samples, atol=1e-3)


def test_a_stream_begins_before_the_text_is_done(voice: xespeech.Voice) -> None:
    stream = voice.stream("Very short. " * 5000)
    assert next(stream).text == "Very short."


def test_references_of_any_kind(voice: xespeech.Voice, source: Audio, tmp_path: Path) -> None:
    source.save(tmp_path / "reference.flac")
    spoken = voice.speak("Hello.", reference=str(tmp_path / "reference.flac")).samples
    assert not np.array_equal(spoken, voice.speak("Hello.").samples)
    stereo = np.stack([source.samples, source.samples], axis=1)
    soundfile.write(tmp_path / "stereo.wav", stereo, RATE, subtype="FLOAT")
    np.testing.assert_allclose(
        voice.engine.style(np.zeros((150, 100), np.float32)).shape, voice.styles.lookup("mei").shape
    )
    for reference in (
        tmp_path / "stereo.wav",
        Audio(source.samples[: RATE // 4], RATE),
        Audio(np.tile(source.samples, 60), RATE),
        source.resample(8000),
    ):
        assert voice.speak("Hello.", reference=reference, emotion="happy").duration > 0.1


def test_converts_with_the_same_timing(voice: xespeech.Voice, source: Audio, tmp_path: Path) -> None:
    whole = voice.convert(source, voice="mei")
    assert len(whole.samples) == len(source.samples)
    assert 1e-3 < np.abs(whole.samples).max() <= 0.951
    source.resample(44_100).save(tmp_path / "source.wav")
    for options in (
        {"voice": "takumi", "emotion": "angry"},
        {"reference": source},
        {"voice": "mei", "prosody": "target"},
    ):
        converted = voice.convert(tmp_path / "source.wav", **options)
        assert converted.duration == pytest.approx(source.duration, abs=1e-3)
        assert not np.array_equal(converted.samples, whole.samples)


def test_sources_of_any_length(voice: xespeech.Voice, source: Audio) -> None:
    for samples in (source.samples[: RATE // 4], source.samples[:12_345], np.tile(source.samples, 23)):
        assert len(voice.convert(Audio(samples, RATE), voice="mei").samples) == len(samples)


def test_a_source_without_any_pitch(voice: xespeech.Voice) -> None:
    whisper = np.random.default_rng(0).normal(0, 0.05, RATE).astype(np.float32)
    assert np.isfinite(voice.convert(Audio(whisper, RATE), voice="mei").samples).all()


def test_conversion_keeps_the_melody_at_the_height_of_the_target(
    voice: xespeech.Voice, source: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xespeech.audio.pitch import BREATHY, track_pitch

    used: list[np.ndarray] = []
    sound = voice.engine.sound

    def listen(latent, style, log_pitch, voicing):
        used.append(log_pitch[voicing > 0])
        return sound(latent, style, log_pitch, voicing)

    monkeypatch.setattr(voice.engine, "sound", listen)
    voice.convert(source, voice="mei")
    voice.convert(source, voice="mei", prosody="target")
    own = track_pitch(source.samples, RATE, 240, threshold=BREATHY)
    own = np.log(own[own > 0])
    np.testing.assert_allclose(used[0] - np.median(used[0]), own - np.median(own), atol=1e-3)
    assert np.std(used[0]) > 0.05


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"text": ""}, TextError, "empty"),
        ({"text": "   \n"}, TextError, "empty"),
        ({"text": "?!…"}, TextError, "nothing that can be spoken"),
        ({"voice": "kathlen"}, UnknownNameError, "did you mean kathleen"),
        ({"emotion": "hapy"}, UnknownNameError, "did you mean happy"),
        ({"language": "jp"}, UnknownNameError, "unknown language 'jp'"),
        ({"emotion": "happy", "intensity": 3.0}, ConfigError, "intensity 3"),
        ({"speed": 0.1}, ConfigError, "speed 0.1"),
        ({"speed": 5.0}, ConfigError, "speed 5"),
        ({"speed": float("nan")}, ConfigError, "speed nan"),
        ({"seed": -1}, ConfigError, "seed -1"),
        ({"reference": "missing.wav"}, AudioError, "missing.wav: no such file"),
        ({"reference": Audio(np.zeros(RATE, np.float32), RATE)}, AudioError, "silent"),
        ({"reference": Audio(np.ones(100, np.float32), RATE)}, AudioError, "at least 0.2 s"),
        ({"reference": Audio(np.full(RATE, np.nan, np.float32), RATE)}, AudioError, "not numbers"),
        ({"reference": Audio(np.zeros(0, np.float32), RATE)}, AudioError, "0.00 s"),
        ({"voice": "mei", "reference": "a.wav"}, UserError, "give one of them"),
    ],
)
def test_mistakes_when_speaking(voice: xespeech.Voice, options: dict, kind: type[UserError], sentence: str) -> None:
    arguments = {"text": "Hello."} | options
    with pytest.raises(kind, match=sentence):
        voice.speak(**arguments)
    with pytest.raises(kind, match=sentence):
        voice.stream(**arguments)  # at once, not when the first chunk is asked for


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"voice": None}, UserError, "give a voice or a reference"),
        ({"voice": "mai"}, UnknownNameError, "did you mean mei"),
        ({"emotion": "hapy"}, UnknownNameError, "did you mean happy"),
        ({"language": "english"}, UnknownNameError, "unknown language"),
        ({"prosody": "sauce"}, UnknownNameError, "did you mean source"),
        ({"source": "missing.wav"}, AudioError, "missing.wav: no such file"),
        ({"source": __file__}, AudioError, "not audio"),
        ({"source": Audio(np.zeros(RATE, np.float32), RATE)}, AudioError, "silent"),
        ({"source": Audio(np.ones(2400, np.float32), RATE)}, AudioError, "at least 0.2 s"),
        ({"source": Audio(np.broadcast_to(np.float32(0.1), 3 * 3600 * 8000), 8000)}, AudioError, "3.0 h"),
    ],
)
def test_mistakes_when_converting(
    voice: xespeech.Voice, source: Audio, options: dict, kind: type[UserError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        voice.convert(**({"source": source, "voice": "mei"} | options))


@pytest.fixture
def copy(tiny_voice: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model to be damaged."""
    return Path(shutil.copytree(tiny_voice, tmp_path / "model"))


def test_folders_that_are_no_models(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        xespeech.load(tmp_path / "missing")
    with pytest.raises(ModelError, match=r"no config\.json"):
        xespeech.load(tmp_path)
    monkeypatch.setattr("xespeech.inference.hub.DEFAULT_FOLDER", tmp_path / "missing")
    with pytest.raises(ModelError, match="default voice is not installed"):
        xespeech.load()
    with pytest.raises(UnknownNameError, match="did you mean onnx"):
        xespeech.load(copy, engine="onx")  # type: ignore[arg-type]


def test_damaged_models(copy: Path) -> None:
    (copy / "sound.int8.onnx").write_bytes(b"half a graph")
    with pytest.raises(ModelError, match=r"sound\.int8\.onnx (is damaged|cannot be opened)"):
        xespeech.load(copy).speak("Hello.")
    (copy / "sound.onnx").unlink()
    with pytest.raises(ModelError, match=r"lacks .*sound\.onnx"):
        xespeech.load(copy)
    (copy / "model.safetensors").write_bytes(b"half the weights")
    with pytest.raises(ModelError, match=r"model\.safetensors does not hold"):
        xespeech.load(copy, engine="torch")
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    config["voices"]["ghost"] = {"languages": ["en"], "emotions": ["neutral"], "licence": "none"}
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="lacks the voice ghost"):
        xespeech.load(copy)


def test_weights_that_are_missing_or_cut(copy: Path) -> None:
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks .*model\.safetensors"):
        xespeech.load(copy)
    (copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        xespeech.load(copy).speak("Hello.")


def test_speaking_opens_only_what_it_needs(tiny_voice: Path) -> None:
    """No PyTorch, and no graph of the conversion: neither file is touched, nor is the safetensors of the networks."""
    probe = f"""
import sys
for name in ("torch", "onnx", "scipy", "lhotse"):
    sys.modules[name] = None  # importing it raises
import xespeech
voice = xespeech.load({str(tiny_voice)!r})
assert not voice.engine._sessions and "onnxruntime" not in sys.modules
voice.speak("Hello.", voice="mei", emotion="happy")
assert set(voice.engine._sessions) == {{"text", "text_to_content", "sound"}}, voice.engine._sessions
"""
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_importing_the_package_is_cheap() -> None:
    probe = """
import sys
import xespeech
heavy = [name for name in ("numpy", "onnxruntime", "soundfile", "xespeech.inference") if name in sys.modules]
assert not heavy, heavy
assert {"load", "Voice", "Audio", "StyleBank"} <= set(dir(xespeech))
assert xespeech.__version__[0].isdigit()
assert xespeech.audio.read and xespeech.Audio is xespeech.audio.Audio
try:
    xespeech.lod
except AttributeError as error:
    assert "lod" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
