"""The gallery: an HTML page with samples of every voice, language and emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xespeech.audio import Audio, read
from xespeech.audio.pitch import pitch_statistics
from xespeech.errors import UnknownNameError
from xespeech.evaluation._extra import check_extra
from xespeech.evaluation.quality import QualityJudge
from xespeech.evaluation.report import embedded, render
from xespeech.evaluation.samples import voices_of
from xespeech.files import write_text
from xespeech.model_folder.description import NEUTRAL
from xespeech.progress import Progress, silent, track
from xespeech.text import LANGUAGES

SENTENCES = {
    "en": "I never thought that I would see you here again. Where have you been?",
    "zh": "没想到今天会在这里遇见你，最近过得怎么样？",
    "ja": "まさかここで会えるとは思わなかった。今までどこにいたの？",
}
LANGUAGE_NAMES = {"en": "English", "zh": "Mandarin", "ja": "Japanese"}
MOST_VOICES = 12


def write_gallery(
    model: Any,
    page: Path,
    *,
    voices: Sequence[str] = (),
    emotions: Sequence[str] = (),
    recordings: Mapping[tuple[str, str], Path] | None = None,
    title: str = "Voices",
    progress: Progress = silent,
) -> int:
    """Write an HTML file with samples of every voice, language and emotion, which needs no other files.

    Args:
        model: an `xespeech.Voice`.
        page: file to write, whole or not at all.
        voices: names; empty for the twelve most recorded.
        emotions: besides plain speech; empty for all recorded ones.
        recordings: natural recordings by (voice, emotion), for comparison.
        title: of the page.
        progress: of the work.

    Returns:
        Number of samples spoken.

    Raises:
        UnknownNameError: the model has no such voice or emotion.
        UserError: something of the `evaluate` extra is missing.
    """
    check_extra()
    known = voices_of(model, voices)
    every = {emotion for info in model.voices for emotion in info.emotions} - {NEUTRAL}
    for name in emotions:
        UnknownNameError.check("emotion", name, every)
    chosen = list(voices) or list(known)[:MOST_VOICES]
    moods = [NEUTRAL, *(emotions or sorted(every))]
    judge = QualityJudge()
    plan = [(voice, mood, language) for voice in chosen for mood in moods for language in LANGUAGES]
    clips: dict[tuple[str, str, str], dict[str, str]] = {}
    for voice, mood, language in track(plan, "speaking", progress):
        audio = model.speak(SENTENCES[language], voice=voice, language=language, emotion=mood)
        clips[voice, mood, language] = _clip(LANGUAGE_NAMES[language], audio, judge)
    natural = {key: _clip("recorded", read(path), judge) for key, path in (recordings or {}).items()}
    html = render(
        "gallery.html.jinja",
        title=title,
        sentences={LANGUAGE_NAMES[language]: text for language, text in SENTENCES.items()},
        voices={name: known[name] for name in chosen},
        moods=moods,
        languages=LANGUAGES,
        clips=clips,
        natural=natural,
    )
    write_text(page, html)
    return len(clips)


def choose_recordings(cuts: Sequence[Any]) -> dict[tuple[str, str], Path]:
    """A recording of medium length by (speaker, style)."""
    groups: dict[tuple[str, str], list[tuple[float, Path]]] = {}
    for cut in cuts:
        supervision = cut.supervisions[0]
        key = (supervision.speaker, (supervision.custom or {}).get("style", NEUTRAL))
        groups.setdefault(key, []).append((cut.duration, Path(cut.recording.sources[0].source)))
    return {key: sorted(lengths)[3 * len(lengths) // 4][1] for key, lengths in groups.items()}


def _clip(caption: str, audio: Audio, judge: QualityJudge) -> dict[str, str]:
    """What the page shows of a sound: caption, figures, and what `embedded` gives."""
    pitch = pitch_statistics(audio)
    figures = [f"{audio.duration:.1f} s", f"OVRL {judge.judge(audio).overall:.2f}"]
    if pitch is not None:
        figures.append(f"F0 {pitch.median:.0f} Hz ± {pitch.spread:.1f} st")
    return {"caption": caption, "figures": ", ".join(figures), **embedded(audio)}
