"""Each measure on recordings whose answer is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from xespeech.audio import Audio
from xespeech.audio.pitch import pitch_statistics
from xespeech.content.recognizer import PhoneRecognizer
from xespeech.errors import ModelError, UserError
from xespeech.evaluation import distortion, intelligibility
from xespeech.evaluation.distortion import mel_cepstral_distortion
from xespeech.evaluation.intelligibility import Errors, WordRecognizer, count_errors, phone_errors
from xespeech.evaluation.quality import QualityJudge
from xespeech.evaluation.speaker import SpeakerEncoder, similarity
from xespeech.text import PHONES, phonemize

SENTENCE = "Only, it is so wonderful, so almost impossible to believe."


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("Dr. Smith's 3 well-known cafés, don't!", "doctor smith's three well known cafes don't"),
        ("“It’s £2,” said 'Tom'.", "it's two pounds said tom"),
        ("…", ""),
    ],
)
def test_written_and_heard_words_are_compared_in_one_spelling(written: str, heard: str) -> None:
    assert intelligibility.english_words(written) == heard.split()


def test_errors_are_substitutions_insertions_and_deletions_over_all_words() -> None:
    one = intelligibility.count_errors(["the", "cat", "sat"], ["a", "cat", "sat", "down"])
    assert one == Errors(2, 3)
    assert Errors.total([one, Errors(0, 7)]).rate == pytest.approx(0.2)
    assert intelligibility.count_errors(["all", "of", "it"], []).rate == 1.0


@pytest.mark.parametrize(
    ("text", "language", "judged"),
    [
        (SENTENCE, "en", True),
        ("I saw a cat.", "en", True),
        ("Yes, please.", "en", False),
        ("P I T T S B U R G H", "en", False),
        ("今天 的 天气 很好", "zh", False),
    ],
)
def test_words_are_judged_only_where_pocketsphinx_can_hear_them(text: str, language: str, judged: bool) -> None:
    assert intelligibility.is_judged_by_words(text, language) is judged


def _error_rate(text: str, heard: list[str]) -> float:
    return intelligibility.count_errors(intelligibility.english_words(text), heard).rate


def test_words_are_heard_and_no_recording_influences_the_next(speech: Audio, noisy_speech: Audio) -> None:
    recognizer = WordRecognizer()
    first = recognizer.transcribe(speech)
    assert _error_rate(SENTENCE, first) <= 0.5
    assert _error_rate("Something else is written here instead of it.", first) >= 0.8
    recognizer.transcribe(Audio(noisy_speech.samples[: speech.sample_rate], speech.sample_rate))
    assert recognizer.transcribe(speech) == first
    assert recognizer.transcribe(Audio(speech.samples * 0.05, speech.sample_rate)) == first  # loudness is no matter


class _Hears(NamedTuple):
    """A recogniser that always hears the same."""

    heard: list[str]

    def transcribe(self, audio: Audio) -> list[str]:
        return self.heard


def test_phones_and_tones_of_a_text_are_compared_without_its_pauses(speech: Audio) -> None:
    phonemes = phonemize("你好，世界。", "zh")
    phones, tones = phonemes.sounds, intelligibility.tones(phonemes)
    assert tones == ("2", "3", "4", "4")
    assert "," in phonemes.phones
    assert phone_errors(speech, phones, _Hears(list(phones))) == Errors(0, len(phones))
    assert phone_errors(speech, phones, _Hears([*phones[1:], "s"])).errors == 2
    assert count_errors(tones, ["3", "3", "4", "4"]) == Errors(1, 4)


def test_a_model_folder_hears_phones_and_tones(tiny_voice, speech: Audio) -> None:
    recognizer = PhoneRecognizer(tiny_voice)
    assert set(recognizer.transcribe(speech)) <= set(PHONES)
    assert set(recognizer.tones(speech)) <= set("12345")


def test_a_folder_without_content_encoder_is_named(tmp_path) -> None:
    with pytest.raises(ModelError, match="holds no content encoder"):
        PhoneRecognizer(tmp_path / "nowhere")


def test_a_voice_is_more_like_itself_than_like_another(speech: Audio, noisy_speech: Audio, other_voice: Audio) -> None:
    encoder = SpeakerEncoder()
    voice = encoder.embed_voice([speech, Audio(speech.samples[: 2 * speech.sample_rate], speech.sample_rate)])
    assert np.linalg.norm(voice) == pytest.approx(1.0, abs=1e-5)
    assert similarity(encoder.embed(speech), voice) > 0.9
    assert similarity(encoder.embed(other_voice), voice) < 0.75
    noise = Audio(np.random.default_rng(0).uniform(-0.01, 0.01, 16_000).astype(np.float32), 16_000)
    assert similarity(encoder.embed(noise), voice) < 0.75  # nothing that the voice activity detector would keep


def test_quality_is_that_of_speechmos(speech: Audio, noisy_speech: Audio) -> None:
    from speechmos import dnsmos

    judge = QualityJudge()
    clean, noisy = judge.judge(speech), judge.judge(noisy_speech)
    expected = dnsmos.run(np.clip(speech.resample(16_000).samples, -1, 1), 16_000)
    assert clean == pytest.approx((expected["ovrl_mos"], expected["sig_mos"], expected["bak_mos"]), abs=1e-3)
    assert 2.5 < clean.overall < 4.0
    assert noisy.overall < clean.overall - 0.3


def test_quality_of_a_long_recording_is_a_mean_over_its_seconds(speech: Audio) -> None:
    samples = speech.resample(16_000).samples
    twice = Audio(np.tile(samples, -(-160_000 // len(samples)))[: int(10.5 * 16_000)], 16_000)
    assert QualityJudge().judge(twice).overall == pytest.approx(QualityJudge().judge(speech).overall, abs=0.3)


def _tone(pitch: np.ndarray) -> Audio:
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    samples = sum(np.sin(k * phase) / k for k in range(1, 8)) * 0.1
    return Audio(samples.astype(np.float32), 16_000)


def test_pitch_of_a_steady_and_of_a_moving_voice() -> None:
    steady = pitch_statistics(_tone(np.full(16_000, 200.0)))
    moving = pitch_statistics(_tone(200.0 * 2 ** (np.sin(np.arange(16_000) / 16_000 * 2 * np.pi) / 6)))
    assert steady is not None
    assert moving is not None
    assert steady.median == pytest.approx(200, abs=2)
    assert steady.spread < 0.2
    assert moving.spread == pytest.approx(2 / np.sqrt(2), abs=0.2)  # two semitones up and down
    noise = Audio(np.random.default_rng(0).uniform(-0.1, 0.1, 16_000).astype(np.float32), 16_000)
    assert pitch_statistics(noise) is None


def test_distortion_knows_the_same_words_from_others(speech: Audio, noisy_speech: Audio) -> None:
    half = len(speech.samples) // 2
    swapped = Audio(np.concatenate([speech.samples[half:], speech.samples[:half]]), speech.sample_rate)
    pause = np.zeros(speech.sample_rate // 2, np.float32)
    delayed = Audio(np.concatenate([pause, speech.samples * 0.3]), speech.sample_rate)
    assert mel_cepstral_distortion(speech, speech) == pytest.approx(0, abs=1e-6)
    assert mel_cepstral_distortion(delayed, speech) < 2.5  # time and loudness are no matter
    assert mel_cepstral_distortion(noisy_speech, speech) > 3
    assert mel_cepstral_distortion(swapped, speech) > 4.5


def test_distortion_is_in_decibels_of_the_spectrum(monkeypatch: pytest.MonkeyPatch, speech: Audio) -> None:
    angles = np.pi * (np.arange(80) + 0.5) / 80
    flat, wavy = np.zeros((40, 80)), np.tile(0.3 * np.cos(3 * angles), (60, 1))
    spectra = iter([flat, wavy + 5.0])  # 5: louder
    monkeypatch.setattr(distortion, "log_mel", lambda samples, config: next(spectra))
    root_mean_square = 20 / np.log(10) * np.sqrt(np.mean(wavy**2))
    assert mel_cepstral_distortion(speech, speech) == pytest.approx(root_mean_square, rel=1e-6)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pocketsphinx", None)
    with pytest.raises(UserError, match=r'pocketsphinx.*pip install "xespeech\[evaluate\]"'):
        WordRecognizer()
