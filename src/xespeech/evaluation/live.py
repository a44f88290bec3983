"""How live conversion does: `python -m xespeech.evaluation.live RECORDING VOICE [MODEL [MINUTES]]`.

It measures latency, speed and agreement with the conversion of a whole file. The recording is repeated for ten minutes
and converted live, in one thread, in blocks as a sound device gives them.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import xespeech
from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.errors import UserError
from xespeech.inference.live import STEP

_PER_NEPER = 20 / np.log(10)  # dB


def measure(recording: str, voice: str, model: str | None = None, minutes: float = 10.0) -> dict[str, float]:
    """Figures of live conversion; `main` names them and their units."""
    speaker = xespeech.load(model, threads=1)
    source = xespeech.audio.read(recording, speaker.sample_rate).samples
    samples = np.tile(source, int(-(-minutes * 60 * speaker.sample_rate // len(source))))
    options = xespeech.ConversionOptions(voice=voice)
    converter = speaker.live(options)
    blocks = np.split(samples, range(converter.block, len(samples), converter.block))
    said, behind, took = [], [], []
    n_heard = n_said = 0
    for block in blocks:
        started = time.process_time()
        said.append(converter.push(block))
        took.append(time.process_time() - started)
        n_heard += len(block)
        behind.append(n_heard - n_said)
        n_said += len(said[-1])
    said.append(converter.finish())
    live = np.concatenate(said)
    step = STEP * converter.block
    edges = np.arange(1, len(live) // step) * step
    inside = edges - step // 2
    seconds = 60 * speaker.sample_rate
    whole = speaker.convert(Audio(samples[:seconds], speaker.sample_rate), options).samples
    mels = [log_mel(part, speaker.description.model.mel) for part in (live[:seconds], whole)]
    loud = mels[1].mean(axis=1) > mels[1].mean()
    half = len(behind) // 2
    return {
        "latency": 1000 * max(behind) / speaker.sample_rate,
        "drift": 1000 * (max(behind[half:]) - max(behind[10:half])) / speaker.sample_rate,
        "missing": float(len(samples) - len(live)),
        "rtf": sum(took) / len(samples) * speaker.sample_rate,
        "slowest": 1000 * float(np.percentile(took, 99)),
        "click": float(np.abs(_bend(live, edges)).mean() / np.abs(_bend(live, inside)).mean()),
        "distance": float(_PER_NEPER * np.abs(mels[0] - mels[1])[loud].mean()),
        "correlation": float(np.corrcoef(mels[0][loud].ravel(), mels[1][loud].ravel())[0, 1]),
    }


def _bend(samples: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Third differences: a click makes them large."""
    near = samples[places[:, None] + np.arange(-2, 2)]
    return np.diff(near, 3, axis=1)


def main() -> None:
    """Print the figures of a recording in a voice."""
    given: list[str | None] = [*sys.argv[1:]]
    recording, voice, model, minutes, *_ = given + [None] * 4
    if recording is None or voice is None:
        raise UserError("name a recording and a voice.")
    found = measure(recording, voice, model, 10.0 if minutes is None else float(minutes))
    for key, meaning in {
        "latency": "ms from a sound to its conversion, besides computing",
        "drift": "ms that the second half is further behind than the first",
        "missing": "samples that did not come out again",
        "rtf": "of real time is one core at work",
        "slowest": "ms of work for a block of 20 ms, 99th percentile: a third of them convert 60 ms",
        "click": "third difference at the borders of what is converted at once, relative to their middles",
        "distance": "dB between the mel spectrograms of live and whole conversion, mean, where there is speech",
        "correlation": "of these spectrograms",
    }.items():
        print(f"{found[key]:9.3f}  {meaning}")


if __name__ == "__main__":
    main()
