"""Batches of windows: at most two seconds each, with the text of their recording and a reference of their style.

Texts are encoded whole. Durations come from the content encoder's forced alignment, so no step needs whole sentences at
frame rate.

Shapes: B batch, N symbols, T frames (50/s), C content channels, S samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH, ModelConfig
from xespeech.data.pack import Row
from xespeech.training.batch import Judged, OtherStyles, SynthesisBatch, VoiceChange, Words
from xespeech.training.config import SynthesisConfig
from xespeech.training.content_features import PackedContent
from xespeech.training.ranks import Share
from xespeech.training.sampling import Item, LengthSampler, balanced_weights
from xespeech.training.speaker_consistency import FRAMES, MOST_WINDOWS
from xespeech.training.voice_change import draw_change
from xespeech.training.voices import Voice, Voices, mean_log_pitch, voice_of

_TEXT_SPEC_SHARE = 4
"""The text-to-spec divergence is estimated on every 4th item: a third pass through a flow is expensive."""
_MOST_RISE = 1.2
"""Log-Hz by which pitch is shifted to another voice, at most."""
_MOST_STRETCH = 1.8
"""Factor of the deviation of the pitch, and of durations, at most."""
_SAME_RECORDING = 0.4
"""Share of the references that are cut from the recording itself."""


class _Reference(NamedTuple):
    """A style reference: a recording, the first frame and the number of frames."""

    item: Item
    first: int
    n_frames: int


@dataclass(frozen=True)
class _Choice:
    """The random choices for a batch of B recordings, which are the same in all processes.

    Attributes:
        items: the recordings.
        firsts: first frame of each window.
        size: frames of the longest window.
        references: of the style of each recording.
        order: a permutation; those first are decoded from text, the next from content [B].
        narrow: whether the input loses its upper band [B].
        changed: whether the content features are those of a changed voice [B].
        partners: index of the item whose reference is used if the window is in another style [B].
        swapped: whether the window is in another style [B].
        judged: whether the discriminators see the window and its recording [B].
        full_band_only: whether those are only full-band recordings.
    """

    items: list[Item]
    firsts: list[int]
    size: int
    references: list[_Reference]
    order: np.ndarray
    narrow: np.ndarray
    changed: np.ndarray
    partners: np.ndarray
    swapped: np.ndarray
    judged: np.ndarray
    full_band_only: bool


class Windows:
    """Cuts batches out of the recordings of packs.

    Args:
        items: the training recordings.
        config: shape of the batches.
        model: for hop length and frame rates.
        content: content features and durations of the recordings.
        batch_frames: frames of a batch.

    Attributes:
        sampler: which recordings go into a batch.
        voices: of the recordings.
    """

    def __init__(
        self,
        items: Sequence[Item],
        config: SynthesisConfig,
        model: ModelConfig,
        content: PackedContent,
        batch_frames: int,
    ) -> None:
        self.config, self.content = config, content
        self.hop, self.factor, self.sample_rate = model.hop_length, model.frame_factor, model.mel.sample_rate
        self.n_mels = model.mel.n_mels
        self.voices = Voices(items, content)
        weights = balanced_weights([row for _, row in items], config.language_shares, config.untranscribed_weight)
        self.sampler = LengthSampler(items, weights, batch_frames, longest=config.window_frames)

    def draw(self, generator: np.random.Generator, words: bool, share: Share = Share()) -> SynthesisBatch:
        """A process's share of a batch.

        Args:
            generator: of all random draws; every process gets the same one.
            words: whether the stage needs content and texts; without them, no window is in another style.
            share: the part of the batch of this process.
        """
        choice = self._choose(generator, words, share)
        items, firsts = share.take(choice.items), share.take(choice.firsts)
        rank = (choice.order[share.rows] + 0.5) / len(choice.items)
        predicted = rank < self.config.text_share + self.config.content_share
        references = [self._cut(*reference) for reference in share.take(choice.references)]
        most = max(reference.n_frames for reference in choice.references) * self.hop
        pitch = [self._pitch(row_of, first, choice.size) for row_of, first in zip(items, firsts, strict=True)]
        log_pitch = torch.from_numpy(np.stack([log_pitch for log_pitch, _ in pitch]))
        audio = self._audio(items, firsts, choice.size)
        frames = torch.tensor(
            [min(choice.size, row.n_frames - first) for (_, row), first in zip(items, firsts, strict=True)]
        )
        change = self._change(generator, len(choice.items), share)
        if change is not None:
            log_pitch = log_pitch + change.stretch.log()[:, None]
        return SynthesisBatch(
            audio=audio,
            targets=self._audio(items, firsts, choice.size, True) if self.config.denoised_targets else audio,
            frames=frames,
            first=torch.tensor(firsts),
            log_pitch=log_pitch,
            voicing=torch.from_numpy(np.stack([voicing for _, voicing in pitch])),
            bandwidth=self._bandwidth(items, change),
            language=torch.tensor([row.language_id for _, row in items]),
            voice=torch.tensor([self.voices.ids[voice_of(row)] for _, row in items]),
            narrow=torch.from_numpy(choice.narrow[share.rows]),
            reference=torch.from_numpy(np.stack([np.pad(samples, (0, most - len(samples))) for samples in references])),
            reference_frames=torch.tensor([len(samples) // self.hop for samples in references]),
            predicted=_indices(predicted),
            own=_indices(~choice.swapped[share.rows]),
            heard=self._heard(frames, predicted & ~choice.swapped[share.rows]),
            judged=self._judged(choice, share),
            others=self._others(choice, share),
            change=change,
            words=self._words(choice, share) if words else None,
        )

    # -- which windows ------------------------------------------------------------------------------------------------

    def _choose(self, generator: np.random.Generator, words: bool, share: Share) -> _Choice:
        items = self.sampler.draw(generator, share.world_size)
        count = len(items)
        size = min(self.config.window_frames, max(row.n_frames for _, row in items))
        firsts = [int(generator.integers(0, max(1, row.n_frames - size + 1))) for _, row in items]
        references = [self._reference(item, generator) for item in items]
        order = generator.permutation(count)
        narrow = generator.random(count) < self.config.narrow_band_share
        changed = generator.random(count) < self.config.other_voice_share
        partners = generator.permutation(count)
        predicted = (order + 0.5) / count < self.config.text_share + self.config.content_share
        swapped = predicted & (generator.random(count) < self.config.other_style_share)
        full_band = np.array([self._is_full_band(row) for _, row in items])
        of_ranks = [slice(rank, None, share.world_size) for rank in range(share.world_size)]
        full_band_only = all(full_band[rows].any() for rows in of_ranks)
        judged = full_band if full_band_only else np.ones(count, bool)
        for rows in of_ranks:  # every process needs a window that the discriminators see with its recording
            if not words or not (judged & ~swapped)[rows].any():
                swapped[rows] = False
        return _Choice(
            items, firsts, size, references, order, narrow, changed, partners, swapped, judged, full_band_only
        )

    def _heard(self, frames: Tensor, eligible: np.ndarray) -> Tensor:
        """Indices of the eligible windows that the speaker encoder hears, of frames [B]."""
        if not self.config.speaker_weight:
            return _indices(np.zeros(len(frames), bool))
        return _indices(eligible & (self.factor * frames.numpy() >= FRAMES))[:MOST_WINDOWS]

    def _change(self, generator: np.random.Generator, count: int, share: Share) -> VoiceChange | None:
        """This process's part of the changes of the voices of all `count` windows."""
        if not self.config.voice_change_share:
            return None
        return draw_change(count, self.config.voice_change_share, self.n_mels, generator).map(itemgetter(share.rows))

    def _bandwidth(self, items: Sequence[Item], change: VoiceChange | None) -> Tensor:
        """Of the recordings as they are changed, Hz [B]."""
        bandwidth = torch.tensor([float(row.bandwidth) for _, row in items])
        return bandwidth if change is None else bandwidth.clamp(max=self.sample_rate / 2) * change.stretch

    def _reference(self, item: Item, generator: np.random.Generator) -> _Reference:
        """A reference in the same voice and style, mostly another recording."""
        candidates = self.voices.recordings[voice_of(item[1])]
        if generator.random() < 1 - _SAME_RECORDING:
            item = candidates[generator.integers(len(candidates))]
        n_frames = item[1].n_frames
        count = min(n_frames, self.config.reference_frames)
        return _Reference(item, int(generator.integers(0, n_frames - count + 1)), count)

    def _is_full_band(self, row: Row) -> bool:
        return row.bandwidth > 0.44 * self.sample_rate

    # -- cutting them -------------------------------------------------------------------------------------------------

    def _cut(self, item: Item, first: int, count: int, denoised: bool = False) -> np.ndarray:
        """Samples of so many frames of a recording."""
        pack, row = item
        return pack.audio(row, first * self.hop, count * self.hop, denoised=denoised)

    def _audio(self, items: list[Item], firsts: list[int], size: int, denoised: bool = False) -> Tensor:
        """Windows [B, S], padded to `size` frames."""
        audio = torch.zeros(len(items), size * self.hop)
        for target, item, first in zip(audio, items, firsts, strict=True):
            samples = self._cut(item, first, min(size, item[1].n_frames - first), denoised)
            target[: len(samples)] = torch.from_numpy(samples)
        return audio

    def _pitch(self, item: Item, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Log-pitch and voicing of a window [P]."""
        pack, row = item
        log_pitch, voicing = interpolate_pitch(pack.pitch(row))
        count = min(size, row.n_frames - first)
        window = slice(self.factor * first, self.factor * (first + count))
        padding = (0, self.factor * (size - count))
        return np.pad(log_pitch[window], padding, mode="edge"), np.pad(voicing[window], padding)

    def _words(self, choice: _Choice, share: Share) -> Words:
        items = share.take(choice.items)
        features, symbols, durations, known = [], [], [], []
        for (pack, row), first, changed in zip(
            items, share.take(choice.firsts), choice.changed[share.rows], strict=True
        ):
            content = self.content.of(pack)
            source = content.other_voices if changed else content.features
            count = min(choice.size, row.n_frames - first)
            window = source[row.frames[0] + first : row.frames[0] + first + count].astype(np.float32)
            features.append(np.pad(window, ((0, choice.size - count), (0, 0))))
            text, frames = pack.symbols(row), self.content.durations((pack, row))
            known.append(len(text) > 0 and int(frames.sum()) == row.n_frames)
            if not known[-1]:
                text, frames = np.array([[0, 0, row.language_id]], np.int64), np.array([row.n_frames])
            symbols.append(torch.from_numpy(text))
            durations.append(torch.from_numpy(frames))
        order = choice.order[share.rows]
        with_text = np.flatnonzero(known)
        from_text = ((order + 0.5) / len(choice.items) < self.config.text_share)[with_text]
        return Words(
            content=torch.from_numpy(np.stack(features)),
            known=torch.tensor(known),
            with_text=torch.from_numpy(with_text),
            symbols=pad_sequence(symbols, batch_first=True),
            n_symbols=torch.tensor([len(text) for text in symbols]),
            durations=pad_sequence(durations, batch_first=True),
            most_frames=max(int(frames.sum()) for frames in durations),
            spoken=torch.from_numpy(with_text[from_text]),
            spoken_rows=_indices(from_text),
            text_spec=_indices(order % _TEXT_SPEC_SHARE == 0),
        )

    # -- pairing styles -----------------------------------------------------------------------------------------------

    def _judged(self, choice: _Choice, share: Share) -> Judged:
        swapped, judged = choice.swapped[share.rows], choice.judged[share.rows]
        full_band = np.array([self._is_full_band(choice.references[partner].item[1]) for partner in choice.partners])
        fit = full_band[share.rows] if choice.full_band_only else np.ones(len(swapped), bool)
        pairs = _indices(judged & ~swapped)
        return Judged(
            real=torch.cat([pairs, _indices(judged & swapped)]),
            decoded=torch.cat([pairs, _indices(swapped & fit)]),
            pairs=len(pairs),
        )

    def _others(self, choice: _Choice, share: Share) -> OtherStyles:
        """The windows in another style, with references, pitch shifts and factors of durations."""
        swapped = _indices(choice.swapped[share.rows])
        rows = range(len(choice.items))[share.rows]
        pairs = [(choice.items[rows[i]], choice.references[choice.partners[rows[i]]]) for i in swapped.tolist()]
        return self.pair(swapped, pairs)

    def pair(self, windows: Tensor, pairs: Sequence[tuple[Item, tuple[Item, int, int]]]) -> OtherStyles:
        """Windows in another style.

        Args:
            windows: their indices [Q].
            pairs: the recording of each, and a recording in the other style with its first frame and its frames.
        """
        cut = [torch.from_numpy(self._cut(*reference)) for _, reference in pairs]
        height = torch.tensor([mean_log_pitch(item) for item, _ in pairs])
        other = torch.tensor([mean_log_pitch(reference[0]) for _, reference in pairs])
        voices = [(voice_of(item[1]), voice_of(reference[0][1])) for item, reference in pairs]

        def ratio(of: Mapping[Voice, float]) -> Tensor:
            found = torch.tensor([of[theirs] / of[mine] for mine, theirs in voices])
            return found.clamp(1 / _MOST_STRETCH, _MOST_STRETCH)

        frames = torch.tensor([len(samples) // self.hop for samples in cut], dtype=torch.int64)
        return OtherStyles(
            windows=windows,
            reference=pad_sequence(cut, batch_first=True) if cut else torch.zeros(0, self.hop),
            reference_frames=frames,
            voice=torch.tensor([self.voices.ids[theirs] for _, theirs in voices], dtype=torch.int64),
            height=(height - np.log(REFERENCE_PITCH)).nan_to_num(0.0),
            rise=(other - height).nan_to_num(0.0).clamp(-_MOST_RISE, _MOST_RISE),
            stretch=ratio(self.voices.deviations),
            pace=ratio(self.voices.paces if pairs else {}),
            heard=self._heard(frames, np.array([row.n_frames * self.factor >= FRAMES for (_, row), _ in pairs], bool)),
        )


def _indices(chosen: np.ndarray) -> Tensor:
    """Indices of the true values of an array."""
    return torch.from_numpy(np.flatnonzero(chosen))
