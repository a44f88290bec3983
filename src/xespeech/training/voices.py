"""Statistics of each voice (a speaker in a style): deviation of its log-pitch, and speaking rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from xespeech.data.pack import Row
from xespeech.text.symbols import N_PAUSES
from xespeech.training.content_features import PackedContent
from xespeech.training.sampling import Item

Voice = tuple[str, str]
"""Speaker and style."""

_RECORDINGS = 50
"""Recordings that the statistics of a voice are taken from."""
_UNKNOWN_DEVIATION = 0.2  # log-Hz
_LEAST_DEVIATION = 0.05


def voice_of(row: Row) -> Voice:
    """The voice of a recording."""
    return row.speaker, row.style


class Voices:
    """Recordings by voice, and statistics of each voice.

    Args:
        items: the training recordings.
        content: their durations.

    Attributes:
        recordings: by voice.
        ids: number of each voice.
        deviations: median over its recordings of the deviation of their log-pitch.
    """

    def __init__(self, items: Sequence[Item], content: PackedContent) -> None:
        self.content = content
        self.recordings: dict[Voice, list[Item]] = defaultdict(list)
        for item in items:
            self.recordings[voice_of(item[1])].append(item)
        self.ids = {voice: index for index, voice in enumerate(sorted(self.recordings))}
        self.deviations = {voice: _usual_deviation(found) for voice, found in self.recordings.items()}

    @cached_property
    def paces(self) -> dict[Voice, float]:
        """Duration of sounds in each style of a speaker relative to all styles of that speaker; 1 without texts."""
        found = {
            voice: [frames for frames in map(self._frames_per_sound, items[:_RECORDINGS]) if frames]
            for voice, items in self.recordings.items()
        }
        usual: dict[str, list[float]] = defaultdict(list)
        for (speaker, _), frames in found.items():
            usual[speaker] += frames
        return {
            voice: float(np.median(frames) / np.median(usual[voice[0]])) if frames else 1.0
            for voice, frames in found.items()
        }

    def _frames_per_sound(self, item: Item) -> float:
        """Mean frames of the sounds of a recording, pauses aside; 0 where there is no text."""
        pack, row = item
        durations = self.content.durations(item)[pack.symbols(row)[:, 0] >= N_PAUSES]
        return float(durations.mean()) if len(durations) else 0.0


def mean_log_pitch(item: Item) -> float:
    """Mean log-pitch of the voiced frames of a recording; nan if there are none."""
    found = _log_pitch(item)
    return float(found.mean()) if len(found) else float("nan")


def _log_pitch(item: Item) -> np.ndarray:
    """Of the voiced frames."""
    pack, row = item
    hertz = pack.pitch(row)
    return np.log(hertz[hertz > 0])


def _usual_deviation(items: Sequence[Item]) -> float:
    found = [float(log_pitch.std()) for log_pitch in map(_log_pitch, items[:_RECORDINGS]) if len(log_pitch) > 1]
    return max(_LEAST_DEVIATION, float(np.median(found))) if found else _UNKNOWN_DEVIATION
