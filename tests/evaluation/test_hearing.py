"""What Whisper and DistillMOS judge."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xespeech.audio import Audio
from xespeech.content.listening import INSTALL_WHISPER, WhisperRecognizer, find_whisper
from xespeech.errors import ModelError, UserError
from xespeech.evaluation.intelligibility import content_units, is_judged_by_whisper
from xespeech.evaluation.judges import find_judges
from xespeech.evaluation.naturalness import INSTALL_DISTILLMOS, NaturalnessJudge


@pytest.fixture(scope="module")
def whisper() -> WhisperRecognizer:
    """Whisper base."""
    pytest.importorskip("faster_whisper")
    try:
        return WhisperRecognizer(find_whisper())
    except ModelError as error:
        pytest.skip(str(error))


def test_whisper_hears_words_and_how_sure_it_is(whisper: WhisperRecognizer, speech: Audio, noisy_speech: Audio) -> None:
    text, sure = whisper.hear(speech, "en")
    assert "wonderful" in text
    assert whisper.transcribe(speech, "en") == text
    babble = Audio(noisy_speech.samples[::-1].copy(), speech.sample_rate)
    assert whisper.hear(babble, "en")[1] < sure < 0


@pytest.mark.parametrize(
    ("language", "written", "heard"),
    [
        ("en", "I've 2 cats.", "i've two cats"),
        ("zh", "系统在2017年。", "系統,在二零一七年"),
        ("ja", "今日は、晴れです。", "きょうははれです"),
    ],
)
def test_another_spelling_of_the_same_is_no_error(language: str, written: str, heard: str) -> None:
    assert content_units(written, language) == content_units(heard, language)
    assert content_units("…", language) == []


@pytest.mark.parametrize(
    ("text", "language", "judged"),
    [
        ("I saw a cat.", "en", True),
        ("Yes.", "en", False),
        ("今天天气很好", "zh", True),
        ("你好", "zh", False),
        ("今日は晴れです", "ja", True),
        ("はい", "ja", False),
        ("", "zh", False),
        ("Das ist gut so.", "de", False),
    ],
)
def test_texts_too_short_or_of_no_language_of_ours_are_not_judged(text: str, language: str, judged: bool) -> None:
    assert is_judged_by_whisper(text, language) is judged


def test_missing_judges_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xespeech.content.listening._from_packages", lambda: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("faster_whisper.utils.download_model", _not_there)
    monkeypatch.setattr("xespeech.evaluation.judges.find_spec", lambda name: None)
    judges = find_judges()
    assert judges.whisper is None
    assert INSTALL_WHISPER in judges.missing["Whisper"]
    assert INSTALL_DISTILLMOS in judges.missing["DistillMOS"]
    with pytest.raises(ModelError, match=r"Whisper small is not on this machine and cannot be fetched \(no network\)"):
        find_judges(whisper="small")
    monkeypatch.setitem(sys.modules, "distillmos", None)
    with pytest.raises(UserError, match=INSTALL_DISTILLMOS):
        NaturalnessJudge()


def _not_there(name: str, local_files_only: bool) -> str:
    raise OSError("no network")


def test_noise_is_less_natural_and_no_torchaudio_is_needed(
    speech: Audio, noisy_speech: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xls_r_sqa", reason=INSTALL_DISTILLMOS)
    (tmp_path / "torchaudio.py").write_text("raise OSError('libcudart.so: cannot open shared object file')", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("distillmos", "torchaudio")]:
        monkeypatch.delitem(sys.modules, name)
    judge = NaturalnessJudge()
    assert "torchaudio" not in sys.modules  # others that import it get the real one
    natural = judge.judge(speech)
    assert 3.5 < natural <= 5
    assert 1 <= judge.judge(noisy_speech) < natural - 0.5
