"""Emotional Japanese speech from HTS voices, synthesised by pyopenjtalk's engine.

Statistical voices sound buzzy, but they are the only emotional speech with text, and they never misread.
"""

from __future__ import annotations

import random
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.io import check
from xespeech.data.report import Problem, Report, finish
from xespeech.data.work import Clip, output_folder, prepare_all
from xespeech.errors import ConfigError, DataError
from xespeech.processes import Workers

_STYLES = {name: name for name in ("neutral", "happy", "angry", "sad", "bashful")} | {"normal": "neutral"}
_SECONDS_PER_KANA = 0.155
_DEV_SENTENCES = 40
_DEV_PER_VOICE = 8


def speaker_and_style(voice: Path) -> tuple[str, str]:
    """`mei_happy` is mei's happy voice; a name without a style is neutral, its first word the speaker."""
    match = re.fullmatch(rf"(.+)[-_]({'|'.join(_STYLES)})", voice.stem)
    return (match[1], _STYLES[match[2]]) if match else (voice.stem.split("_")[0], "neutral")


def prepare_hts_japanese(
    folder: Path,
    out: Path,
    *,
    hours: float = 2.0,
    seed: int = 0,
    workers: Workers = Workers(),
) -> Report:
    """Speak sentences with every HTS voice of a folder and prepare the recordings.

    The voices have equal shares of the hours and different sentences. The sentences of the development set are in no
    voice's training data. The same seed gives the same recordings.

    Args:
        folder: holds `.htsvoice` files at any depth, and `sentences.csv` (id|text|kana reading) or the transcript of
            the ROHAN corpus, `ROHAN4600_transcript*.txt` (ID:TEXT with readings in brackets,KANA).
        out: prepared folder to be written; a run that was stopped goes on where it was.
        hours: of speech in all, about.
        seed: of the distribution of the sentences.
        workers: processes or cluster; one process by default.

    Raises:
        ConfigError: hours is not positive, or more than the sentences give.
        DataError: no voices or no sentences, or the output folder cannot be written.
    """
    started = time.monotonic()
    if not hours > 0:
        raise ConfigError(f"--hours must be positive, not {hours:g}.")
    voices = sorted(folder.rglob("*.htsvoice"))
    if not voices:
        raise DataError(f"{folder} holds no .htsvoice files: name the folder that the voices were unpacked into.")
    sentences, problems = _read_sentences(folder)
    random.Random(seed).shuffle(sentences)
    n_dev = min(_DEV_SENTENCES, len(sentences) // 10)
    dev_sentences, train_sentences = sentences[:n_dev], sentences[n_dev:]
    clips, dev = [], set()
    for index, voice in enumerate(voices):
        speaker, style = speaker_and_style(voice)
        chosen = [dev_sentences[(index * _DEV_PER_VOICE + k) % n_dev] for k in range(min(_DEV_PER_VOICE, n_dev))]
        of_voice = _share(train_sentences, index, len(voices), hours * 3600 / len(voices))
        for number, (name, text, _) in enumerate(chosen + of_voice):
            id = f"{speaker}-{style}-{name}"
            source, fingerprint = (str(voice.absolute()), text), f"{voice.stat().st_size} {text}"
            clips.append(Clip(id, source, "ja", speaker, style, text, fingerprint=fingerprint))
            if number < len(chosen):
                dev.add(id)
    with output_folder(out, folder):
        results = prepare_all(clips, _speak, out, workers)
        return finish(out, folder, results, problems, dev, time.monotonic() - started)


def _share(
    sentences: list[tuple[str, str, str]], index: int, n_voices: int, seconds: float
) -> list[tuple[str, str, str]]:
    """A voice's sentences: voices begin at places spread over the list, so that they differ while there are enough."""
    first = index * len(sentences) // n_voices
    share: list[tuple[str, str, str]] = []
    for sentence in sentences[first:] + sentences[:first]:
        if seconds <= 0:
            return share
        share.append(sentence)
        seconds -= len(sentence[2]) * _SECONDS_PER_KANA
    if seconds > 0:
        most = sum(len(sentence[2]) for sentence in sentences) * _SECONDS_PER_KANA * n_voices / 3600
        raise ConfigError(f"the sentences give {most:.1f} hours with {n_voices} voices: ask for fewer with --hours.")
    return share


def _read_sentences(folder: Path) -> tuple[list[tuple[str, str, str]], list[Problem]]:
    """Sentences as (id, text, kana)."""
    path = folder / "sentences.csv"
    rohan = sorted(folder.glob("ROHAN4600_transcript*.txt"))
    is_rohan = bool(rohan) and not path.exists()
    path = rohan[0] if is_rohan else path
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; write one, a line a sentence: id|text|kana reading.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    sentences, problems = {}, []
    for number, line in enumerate(lines, 1):
        fields = _split_rohan(line) if is_rohan else line.split("|")
        if len(fields) != 3 or not all(fields):
            wanted = "ID:TEXT,KANA" if is_rohan else "id|text|kana reading"
            problems.append(Problem(f"{path.name} line {number}", f"is not {wanted}"))
        elif fields[0] in sentences:
            problems.append(Problem(f"{path.name} line {number}", f"repeats the id {fields[0]}"))
        else:
            sentences[fields[0]] = (fields[0], fields[1], fields[2])
    if len(sentences) < 10:
        raise DataError(f"{path} holds {len(sentences)} usable sentences: at least 10 are needed.")
    return list(sentences.values()), problems


def _split_rohan(line: str) -> list[str]:
    name, _, rest = line.strip().partition(":")
    text, _, kana = rest.rpartition(",")
    return [name, re.sub(r"[(（][^()（）]*[)）]", "", text), kana]


def _speak(source: tuple[str, ...]) -> Audio:
    import pyopenjtalk

    voice, text = source
    engine = _engine(voice)
    samples = np.asarray(engine.synthesize(pyopenjtalk.extract_fullcontext(text)))
    # the engine's full scale is that of 16-bit audio, which loud voices exceed
    scale = max(32768.0, np.abs(samples).max(initial=0.0))
    audio = Audio((samples / scale).astype(np.float32), engine.get_sampling_frequency())
    check(audio, text)
    return audio


@lru_cache(maxsize=4)
def _engine(voice: str) -> Any:
    from pyopenjtalk import HTSEngine

    try:
        return HTSEngine(voice.encode())
    except RuntimeError as error:
        raise DataError(f"{voice} is not an HTS voice: unpack it again.") from error
