"""Live voice conversion: a stream is converted while it is spoken.

Every `step` frames, the networks run once on the newest frames, with the past that they need and `lookahead` frames of
the future. That is less than their receptive field, so the result differs from the conversion of a whole recording;
docs/live.md has the figures. The content encoder of files reaches 0.74 s ahead; models with a `live_content` graph have
one that needs two frames.

Shapes: S samples, T frames (50/s), P pitch frames (100/s), D content channels, Z latent channels,
G style channels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import BREATHY, interpolate_pitch, track_pitch
from xespeech.config import MEL_CONTENT, ModelConfig
from xespeech.errors import UnknownNameError
from xespeech.inference.conversion import detect_language, mixed
from xespeech.inference.engine import ContentOutput, Engine
from xespeech.inference.level import Limiter
from xespeech.inference.options import DEFAULT_DELAY, ConversionOptions
from xespeech.inference.reference import NEAR, source_style
from xespeech.inference.render import SourceFilter, rendering_delay
from xespeech.inference.sound import filters_of, predicted_hertz, shift_pitch
from xespeech.model_folder.description import Description
from xespeech.text import LANGUAGES


class Delay(NamedTuple):
    """Frames of live conversion; their sum is most of the latency.

    Attributes:
        step: frames that are converted at once.
        lookahead: frames after them that the networks see.
    """

    step: int
    lookahead: int


DELAYS = {"high": (0.2, 3), "normal": (0.1, 1), "low": (0.05, 1)}
"""By name: latency in seconds, without computing, and frames converted at once; docs/live.md has their quality."""
_LIMITER_REACH = 1


def delay_named(name: str, model: ModelConfig) -> Delay:
    """The frames of a setting: the lookahead is what its latency allows, 0 where renderer and limiter take all of it.

    Raises:
        UnknownNameError: there is no such setting.
    """
    UnknownNameError.check("delay", name, DELAYS)
    seconds, step = DELAYS[name]
    frame = model.hop_length / model.mel.sample_rate
    return Delay(step, max(0, int((seconds - _rendering_seconds(model)) / frame + 1e-9) - step))


def _rendering_seconds(model: ModelConfig) -> float:
    """Latency of renderer and limiter."""
    mel, vocoder = model.mel, model.vocoder
    samples = rendering_delay(mel.hop_length, mel.hop_length // vocoder.render_factor, vocoder.n_fft)
    return (samples + Limiter(reach=_LIMITER_REACH).delay) / mel.sample_rate


# Frames of the past that content and sound are computed from. The networks reach further, 37 and 26 frames; that
# much would change the mel spectrogram by less than 0.05 dB.
_CONTENT_PAST, _SOUND_PAST = 24, 16
_MARGIN = 2  # frames dropped at the beginning, whose mel windows are padded
_PITCH_PAST = 15  # frames of context of the pitch tracker
_LEVEL_MEMORY = 3000  # mel frames (30 s) of the mean level
# Recordings have a mean level (natural log of the mel) so far below their loudest twentieth; of speech that has just
# begun, that is a better guess than the mean so far, and weighs as much as so many mel frames (1.5 s).
_LOUD, _BELOW_LOUD, _GUESS_WEIGHT = 0.95, 1.7, 150
_QUIETEST = -7.0  # loudest twentieth of a quiet microphone; below it, nobody is taken to have spoken yet
_SILENT = 4.0  # below the loudest twentieth, natural log: what is not near anything louder is a long silence
_RECENT = 300  # mel frames whose loudest twentieth counts too: speech after a long silence is heard at once
# frames of lookahead from which on the content encoder of whole recordings comes nearer to what it hears in them
_FAR = 8
_HOLD = 8  # frames for which the last known one is repeated: the networks take zeros for silence
_LONGEST_GAP = 200  # unvoiced pitch frames over which the pitch is interpolated
_FIRST_STYLE, _LONGEST_STYLE = 0.5, 8.0  # seconds of voiced frames that a source's style is first and last taken from
_PITCH_MEMORY = 1000  # voiced pitch frames (10 s) of the median pitch


class Analysis(NamedTuple):
    """Content features [T, D], log-probabilities of phones [T, phones] and tracked pitch in Hz [P].

    The mel [P, M] begins earlier, with the frames that the content latent of its end depends on.
    """

    mel: np.ndarray
    features: np.ndarray
    phone_log_probs: np.ndarray
    hertz: np.ndarray


class Analyser:
    """Keeps the part of the source that is needed and computes features and pitch of its frames.

    Args:
        engine, description: of the model.
        live: whether the content encoder with little lookahead is used, if there is one.
    """

    def __init__(self, engine: Engine, description: Description, live: bool) -> None:
        self._engine, self._config, self._live = engine, description.model, live
        self._samples = np.zeros(0, np.float32)
        self._first = 0  # frame that the samples begin with
        self._levels = np.zeros(0, np.float32)  # of the newest mel frames
        self._level = self._peak = 0.0

    def push(self, samples: np.ndarray) -> None:
        """Append the next samples [S]."""
        self._samples = np.concatenate([self._samples, samples])
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))

    def analyse(self, done: int, stop: int, known: int, hold: int) -> Analysis:
        """Analysis of the frames from `done` to `known`, as if the last one lasted `hold` frames more.

        Frames from `stop` on will be analysed again.
        """
        hop, rate = self._config.hop_length, self._config.mel.sample_rate
        start = self._first
        samples = self._samples[: (known - start) * hop]
        audio = Audio(samples, rate).resample(MEL_CONTENT.sample_rate)
        mel = log_mel(audio.samples, MEL_CONTENT)
        self._learn_level(mel[2 * (done - start) : 2 * (stop - start)])
        skipped = min(_MARGIN, start)
        n_before, n_known = done - start, known - start - skipped
        features, phone_log_probs = self._engine.content(_held(mel[2 * skipped :], 2 * hold), self._level, self._live)
        features, phone_log_probs = features[:n_known], phone_log_probs[:n_known]
        tracked = max(0, n_before - _PITCH_PAST)
        first = tracked * hop * audio.sample_rate // rate
        pitch_hop = self._config.mel.hop_length * audio.sample_rate // rate
        hertz = track_pitch(audio.samples[first:], audio.sample_rate, pitch_hop, peak=self._peak, threshold=BREATHY)
        self._first = max(0, stop - _CONTENT_PAST - _MARGIN)
        self._samples = self._samples[(self._first - start) * hop :]
        factor = self._config.frame_factor
        hertz = hertz[factor * (n_before - tracked) : factor * (known - start - tracked)]
        hertz = np.pad(hertz, (0, factor * (known - done) - len(hertz)))  # resampling may cost the last sample
        spectra = log_mel(samples, self._config.mel)[factor * skipped :]
        return Analysis(spectra, features[n_before - skipped :], phone_log_probs[n_before - skipped :], hertz)

    def _learn_level(self, mel: np.ndarray) -> None:
        """Update the estimate of the mean level of the whole recording, long silences left out."""
        levels = np.concatenate([self._levels, mel.mean(axis=1)])
        loud = max(np.quantile(levels, _LOUD), np.quantile(levels[-_RECENT:], _LOUD))
        near = np.convolve(levels > loud - _SILENT, np.ones(2 * NEAR + 1))[NEAR : NEAR + len(levels)] > 0
        self._levels = levels[near][-_LEVEL_MEMORY:]
        n_levels = len(self._levels)
        total = self._levels.sum() + _GUESS_WEIGHT * (max(loud, _QUIETEST) - _BELOW_LOUD)
        self._level = float(total / (n_levels + _GUESS_WEIGHT))


class Melody:
    """Shifts the source's pitch to the median pitch that the model predicts for the target, both estimated so far."""

    def __init__(self) -> None:
        self._source: deque[float] = deque(maxlen=_PITCH_MEMORY)
        self._target: deque[float] = deque(maxlen=_PITCH_MEMORY)

    def move(self, hertz: np.ndarray, predicted: np.ndarray, n_final: int) -> np.ndarray:
        """Pitch in Hz [P], 0 where unvoiced, for tracked and predicted pitch [P] whose first frames are final."""
        for learnt, values in ((self._source, hertz[:n_final]), (self._target, predicted[:n_final])):
            learnt.extend(np.log(values[values > 0]).tolist())
        if not self._source or not self._target:
            return hertz
        return hertz * np.exp(np.median(self._target) - np.median(self._source))


class Spectrum:
    """Content latents of the source's own spectrum, under the style that it has had so far.

    Args:
        engine, config: of the model.
        style: of any speaker [G], until the source has spoken long enough; None for no latents until then.
    """

    def __init__(self, engine: Engine, config: ModelConfig, style: np.ndarray | None) -> None:
        self._engine, self._factor = engine, config.frame_factor
        self._rate = config.mel.sample_rate / config.mel.hop_length
        self._style = style
        self._spoken: list[tuple[np.ndarray, np.ndarray]] = []  # mel and voicing of what the style is taken from
        self._silence = np.zeros((0, config.mel.n_mels), np.float32)  # mel since the last voiced frames
        self._voiced = 0.0  # frames
        self._hertz = np.zeros(0, np.float32)  # of the frames before
        self._next = _FIRST_STYLE

    def latents(self, mel: np.ndarray, hertz: np.ndarray, n_final: int, hold: int) -> np.ndarray | None:
        """Content latents [T, Z] of the newest frames; None as long as the source has no style.

        Args:
            mel: of frames of the past and of the newest [P, M].
            hertz: pitch of the newest in Hz [P'], 0 where unvoiced.
            n_final: how many of these are final [P'].
            hold: frames that the last one is repeated for.
        """
        known = np.concatenate([self._hertz, hertz])
        log_pitch, voicing = interpolate_pitch(known)
        final = len(mel) - len(hertz) + n_final
        self._learn(mel[len(mel) - len(hertz) : final], voicing[len(self._hertz) : len(self._hertz) + n_final])
        self._hertz = known[: len(self._hertz) + n_final][-_LONGEST_GAP:]
        if self._style is None:
            return None
        held = self._factor * hold
        log_pitch, voicing = (np.pad(values, (len(mel), 0))[-len(mel) :] for values in (log_pitch, voicing))
        latents = self._engine.spectrum_to_content(
            _held(mel, held), self._style, _held(log_pitch, held), _held(voicing, held)
        )
        return latents[(len(mel) - len(hertz)) // self._factor : len(mel) // self._factor]

    def _learn(self, mel: np.ndarray, voicing: np.ndarray) -> None:
        """Take the style again whenever there is twice as much speech, up to _LONGEST_STYLE."""
        if self._next > _LONGEST_STYLE:
            return
        if not voicing.any():  # of a long silence, only what is near speech is kept
            silence = np.concatenate([self._silence, mel])
            after = silence[:NEAR] if self._spoken else silence[:0]
            self._silence = silence if len(silence) <= len(after) + NEAR else np.concatenate([after, silence[-NEAR:]])
            return
        self._spoken.append((self._silence, np.zeros(len(self._silence), np.float32)))
        self._spoken.append((mel.copy(), voicing.copy()))
        self._silence, self._voiced = self._silence[:0], self._voiced + float(voicing.sum())
        if self._voiced >= self._next * self._rate:
            spoken, voicing = (np.concatenate(parts) for parts in zip(*self._spoken, strict=True))
            self._style = source_style(spoken, voicing, self._engine)
            self._next *= 2
            if self._next > _LONGEST_STYLE:
                self._spoken, self._silence = [], self._silence[:0].copy()


class LiveConverter:
    """Converts samples that arrive in pieces of any size; the output does not depend on the pieces.

    Args:
        style: [G].
        engine, description: of the model.
        options: prosody, clarity, language, pitch and seed are used.
        delay: None for DEFAULT_DELAY.
        of_all: mean style of all speakers [G], which the source is taken to have until it has been heard; None where
            a model lacks it: `clarity` then sets in later.

    Attributes:
        step: frames that are converted at once.
        block: samples of a frame: pieces of this size are converted as soon as they can be.
    """

    def __init__(
        self,
        style: np.ndarray,
        engine: Engine,
        description: Description,
        options: ConversionOptions,
        delay: Delay | None = None,
        of_all: np.ndarray | None = None,
    ) -> None:
        model = description.model
        self._style, self._engine, self._config, self._options = style, engine, model, options
        self._frequencies: Mapping[str, list[float]] = description.phone_frequencies
        self.step, self._lookahead = delay or delay_named(DEFAULT_DELAY, model)
        self.block = model.hop_length
        self._reach = max(2 * model.posterior_layers, 4 * model.predictor_layers)  # of the content, frames
        self._analyser = Analyser(engine, description, live=self._lookahead < _FAR)
        self._melody = Melody()
        self._spectrum = Spectrum(engine, model, of_all)
        self._limiter = Limiter(reach=_LIMITER_REACH)
        self._source = SourceFilter(model.mel.sample_rate, model.mel.hop_length, np.random.default_rng(options.seed))
        self._done = self._n_samples = self._n_given = 0  # frames, samples, samples
        self._features = np.zeros((0, model.content_channels), np.float32)
        self._frames = [np.zeros((0, model.latent_channels), np.float32)]  # latent; log-pitch and voicing of a frame
        self._frames += [np.zeros((0, model.frame_factor), np.float32)] * 2
        self._hertz = np.zeros(0)  # of the last voiced frame, and 0 for each unvoiced one since
        self._phones = np.zeros(len(next(iter(self._frequencies.values()), [])) or 1)
        self._last_phone = 0

    @property
    def latency(self) -> float:
        """Seconds from a sound to its conversion, besides the time that computing takes."""
        frames = (self.step + self._lookahead) * self._config.hop_length
        return frames / self._config.mel.sample_rate + _rendering_seconds(self._config)

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take the next samples [S] of the source; returns the converted samples float32 [S] that are ready."""
        self._analyser.push(np.asarray(samples, np.float32))
        self._n_samples += len(samples)
        finished = [np.zeros(0, np.float32)]
        while self._n_samples >= (self._done + self.step + self._lookahead) * self._config.hop_length:
            stop = self._done + self.step
            finished.append(self._convert(stop, stop + self._lookahead, _HOLD))
        return self._cut(self._limiter.push(np.concatenate(finished)))

    def finish(self) -> np.ndarray:
        """The remaining samples; in all, as many come out as went in."""
        n_frames = -(-self._n_samples // self._config.hop_length)
        self._analyser.push(np.zeros(n_frames * self._config.hop_length - self._n_samples, np.float32))
        finished = [np.zeros(0, np.float32)]
        while self._done < n_frames:
            stop = min(self._done + self.step, n_frames)
            finished.append(self._convert(stop, min(stop + self._lookahead, n_frames), hold=0))
        finished.append(self._source.finish())
        return self._cut(self._limiter.push(np.concatenate(finished), is_last=True))

    def _cut(self, samples: np.ndarray) -> np.ndarray:
        """Samples without those after the end of the source."""
        samples = samples[: self._n_samples - self._n_given]
        self._n_given += len(samples)
        return samples

    def _convert(self, stop: int, known: int, hold: int) -> np.ndarray:
        """Finished samples of the frames up to `stop`; those up to `known` are lookahead, the last of them held."""
        n_new, n_past = stop - self._done, len(self._features)
        factor = self._config.frame_factor
        analysis = self._analyser.analyse(self._done, stop, known, hold)
        features = np.concatenate([self._features, analysis.features])
        language = np.full(len(features), LANGUAGES.index(self._language(analysis.phone_log_probs[:n_new])), np.int64)
        content = self._engine.recording_to_content(_held(features, hold), _held(language, hold), self._style)
        now, fine = slice(n_past, len(features)), slice(factor * n_past, factor * len(features))
        content = ContentOutput(content.latent[now], content.log_pitch[fine], content.voicing[fine])
        latent = self._clearer(content.latent, analysis, factor * n_new, hold)
        hertz = predicted_hertz(content)
        if self._options.prosody == "source":
            hertz = self._melody.move(analysis.hertz, hertz, factor * n_new)
        log_pitch = shift_pitch(self._continued(hertz, factor * n_new), self._options.pitch)
        new = (latent, log_pitch.reshape(-1, factor), (hertz > 0).astype(np.float32).reshape(-1, factor))
        frames = [np.concatenate(pair) for pair in zip(self._frames, new, strict=True)]
        added = slice(len(self._frames[0]), len(self._frames[0]) + n_new)
        latents, log_pitches, voicings = (_held(values, hold) for values in frames)
        filters = filters_of(self._engine, self._style, latents, log_pitches.ravel(), voicings.ravel(), added)
        self._features = features[max(0, n_past + n_new - self._reach) : n_past + n_new]
        self._frames = [values[max(0, added.stop - _SOUND_PAST) : added.stop] for values in frames]
        self._done = stop
        return self._source.push(filters, log_pitch[: factor * n_new])

    def _clearer(self, latent: np.ndarray, analysis: Analysis, n_final: int, hold: int) -> np.ndarray:
        """Content latents [T, Z], moved towards those of the spectrum by `clarity`."""
        clarity = self._options.clarity
        spectrum = self._spectrum.latents(analysis.mel, analysis.hertz, n_final, hold) if clarity else None
        return latent if spectrum is None else mixed(latent, spectrum, clarity)

    def _continued(self, hertz: np.ndarray, n_new: int) -> np.ndarray:
        """Log-pitch [P] interpolated through unvoiced frames, from the last voiced frame before; n_new are final."""
        log_pitch, _ = interpolate_pitch(np.concatenate([self._hertz, hertz]))
        final = np.concatenate([self._hertz, hertz[:n_new]])
        voiced = np.flatnonzero(final)
        if len(voiced):
            unvoiced = min(len(final) - voiced[-1] - 1, _LONGEST_GAP)
            self._hertz = np.pad(final[voiced[-1:]], (0, unvoiced))
        return log_pitch[len(log_pitch) - len(hertz) :]

    def _language(self, phone_log_probs: np.ndarray) -> str:
        """Language of the source: as given, or identified by all phones so far."""
        if self._options.language is not None:
            return self._options.language
        for phone in phone_log_probs.argmax(axis=1).tolist():
            if phone not in (0, self._last_phone) and phone < len(self._phones):
                self._phones[phone] += 1
            self._last_phone = phone
        return detect_language(self._phones, self._frequencies)


def _held(values: np.ndarray, n: int) -> np.ndarray:
    """Values [T, ...] with the last row repeated n times more."""
    return np.concatenate([values, np.repeat(values[-1:], n, axis=0)])
