"""Batches of the joint training: windows of at most two seconds, the texts they are said in, references of their style.

Texts are encoded whole. Durations come from the content encoder's forced alignment, so no step needs whole sentences at
frame rate.

Shapes: B batch, N symbols, T frames (50/s), C content channels, S samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH, MelConfig, SynthesisConfig
from xespeech.data.pack import Pack, Row
from xespeech.text.symbols import LANGUAGES, N_PAUSES
from xespeech.training.content_features import Content, attach_content
from xespeech.training.ranks import Share
from xespeech.training.sampling import Item, LengthSampler, balanced_weights

_TEXT_SPEC_SHARE = 4  # the text-to-spec divergence is estimated on every 4th item: a third pass through a flow is dear

_MOST_RISE = 1.2  # log-Hz by which a melody is moved into another voice

_MOST_STRETCH = 1.8  # by which it is stretched or flattened

_MELODIES = 50  # recordings of a voice that tell how far its melody usually moves, and how fast it speaks


class Windows:
    """Cuts batches out of the recordings of packs.

    Args:
        items: what is trained on.
        config: shape of the batches.
        mel: whose frames are counted.
        encoder: the trained content encoder.
        batch_frames: frames of a batch.

    Attributes:
        sampler: which recordings go into a batch.
        voices: ids of all voices, a speaker in a style each.
    """

    def __init__(
        self, items: Sequence[Item], config: SynthesisConfig, mel: MelConfig, encoder: Path, batch_frames: int
    ) -> None:
        self.config = config
        self.hop, self.sample_rate = mel.hop_length, mel.sample_rate
        self.encoder = encoder
        self.content: dict[int, Content] = {}
        self.by_style: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            self.by_style[_voice_of(item)].append(item)
        self.voices = {voice: index for index, voice in enumerate(sorted(self.by_style))}
        self.deviations = {voice: _usual_deviation(recordings) for voice, recordings in self.by_style.items()}
        weights = balanced_weights([row for _, row in items], config.language_shares, config.untranscribed_weight)
        self.sampler = LengthSampler(items, weights, batch_frames, longest=config.window_frames)

    def draw(self, generator: np.random.Generator, joint: bool, share: Share = Share()) -> dict[str, Any]:
        """A process's share of a batch; `joint` adds what is said in the windows, and other recordings' styles.

        Returns:
            What is stacked over the items: audio, with denoised targets wanted, and reference [B, S], frames
            and reference_frames [B], log_pitch and voicing [B, T], first (frame) [B], bandwidth (Hz) [B], language and
            voice (ids) [B]; which windows are decoded from text or content, lose their upper band, are judged by the
            discriminators or take another's style, bool [B]. With `joint` also content [B, T, C], text bool [B],
            symbols [B, N, 3], durations [B, N], n_symbols [B]. Of windows in another's style alone: see `_others`.
        """
        everyone = self.sampler.draw(generator, share.of)
        longest = min(self.config.window_frames, max(row.n_frames for _, row in everyone))
        windows = [int(generator.integers(0, max(1, row.n_frames - longest + 1))) for _, row in everyone]
        references = [self._reference(item, generator) for item in everyone]
        most = max(count for _, _, count in references)
        order = torch.from_numpy(generator.permutation(len(everyone)))
        rank = (order + 0.5) / len(everyone)
        narrow = torch.from_numpy(generator.random(len(everyone)) < self.config.narrow_band_share)
        changed = (generator.random(len(everyone)) < self.config.other_voice_share).tolist()
        wide = torch.tensor([self._is_full_band(row) for _, row in everyone])
        others = [int(i) for i in generator.permutation(len(everyone))]
        shares = self.config.text_share + self.config.content_share
        swapped = (rank < shares) & torch.from_numpy(generator.random(len(everyone)) < self.config.other_style_share)
        everywhere = all(bool(wide[index :: share.of].any()) for index in range(share.of))
        judged = wide if everywhere else torch.ones_like(wide)
        for index in range(share.of):  # every process needs a piece that the discriminators see beside its recording
            if not joint or not bool((judged & ~swapped)[index :: share.of].any()):
                swapped[index :: share.of] = False

        items, own = share.own(everyone), slice(share.index, None, share.of)
        firsts = share.own(windows)
        examples = [self._sound(*item, first, longest) for item, first in zip(items, firsts, strict=True)]
        heard = [
            pack.audio(row, first * self.hop, count * self.hop) for (pack, row), first, count in share.own(references)
        ]
        batch: dict[str, Any] = {key: torch.from_numpy(np.stack([e[key] for e in examples])) for key in examples[0]}
        batch["reference"] = torch.from_numpy(np.stack([np.pad(r, (0, most * self.hop - len(r))) for r in heard]))
        batch["reference_frames"] = torch.tensor([len(r) // self.hop for r in heard])
        batch["decode_text"] = rank[own] < self.config.text_share
        batch["decode_content"] = ~batch["decode_text"] & (rank[own] < shares)
        batch["text_spec"] = order[own] % _TEXT_SPEC_SHARE == 0
        batch["narrow"] = narrow[own]
        batch["voice"] = torch.tensor([self.voices[_voice_of(item)] for item in items])
        batch["judged"] = judged[own]
        batch["swapped"] = swapped[own]
        full_band = torch.tensor([self._is_full_band(references[other][0][1]) for other in others])
        batch["judged_swapped"] = swapped[own] & (full_band[own] if everywhere else True)
        if bool(swapped[own].any()):
            batch |= self._others(
                [
                    (item, references[others[i]])
                    for i, item in enumerate(everyone)
                    if swapped[i] and i % share.of == share.index
                ]
            )
        if joint:
            said = [
                self._words(*item, first, bool(how), longest)
                for item, first, how in zip(items, firsts, share.own(changed), strict=True)
            ]
            for key in ("content", "text"):
                batch[key] = torch.from_numpy(np.stack([w[key] for w in said]))
            for key in ("symbols", "durations"):
                batch[key] = nn.utils.rnn.pad_sequence([torch.from_numpy(w[key]) for w in said], batch_first=True)
            batch["n_symbols"] = torch.tensor([len(w["symbols"]) for w in said])
        return batch

    def _sound(self, pack: Pack, row: Row, first: int, size: int) -> dict[str, np.ndarray]:
        """Audio and pitch of the window that starts at frame `first`, padded to `size` frames."""
        count = min(size, row.n_frames - first)
        log_pitch, voicing = interpolate_pitch(pack.pitch(row))
        place = first * self.hop, count * self.hop
        audio = pack.audio(row, *place)
        padding = (0, size * self.hop - len(audio))
        wanted = (
            {"wanted": np.pad(pack.audio(row, *place, denoised=True), padding)} if self.config.denoised_targets else {}
        )
        return wanted | {
            "audio": np.pad(audio, padding),
            "log_pitch": np.pad(log_pitch[first : first + count], (0, size - count), mode="edge"),
            "voicing": np.pad(voicing[first : first + count], (0, size - count)),
            "frames": np.array(count),
            "first": np.array(first),
            "bandwidth": np.array(row.bandwidth, np.float32),
            "language": np.array(LANGUAGES.index(row.language)),
        }

    def _is_full_band(self, row: Row) -> bool:
        return row.bandwidth > 0.44 * self.sample_rate

    def _others(self, pairs: list[tuple[Item, tuple[Item, int, int]]]) -> dict[str, Tensor]:
        """References whose style swapped windows take, and how to move a melody and durations there.

        Of the swapped windows [B'] alone: other_reference [B', S], other_reference_frames, other_voice (ids);
        height of the own melody, its rise to the other's (log-Hz) and its stretch; pace, a factor of durations.
        """
        heard = [
            torch.from_numpy(pack.audio(row, first * self.hop, count * self.hop))
            for _, ((pack, row), first, count) in pairs
        ]
        own = torch.tensor([_mean_log_pitch(item) for item, _ in pairs])
        other = torch.tensor([_mean_log_pitch(reference[0]) for _, reference in pairs])
        voices = [(_voice_of(item), _voice_of(reference[0])) for item, reference in pairs]
        deviations, paces = (
            torch.tensor([[of[v] for v in pair] for pair in voices]) for of in (self.deviations, self.paces)
        )
        return {
            "other_reference": nn.utils.rnn.pad_sequence(heard, batch_first=True),
            "other_reference_frames": torch.tensor([len(h) // self.hop for h in heard]),
            "other_voice": torch.tensor([self.voices[other_voice] for _, other_voice in voices]),
            "height": (own - np.log(REFERENCE_PITCH)).nan_to_num(0.0),
            "rise": (other - own).nan_to_num(0.0).clamp(-_MOST_RISE, _MOST_RISE),
            "pace": (paces[:, 1] / paces[:, 0]).clamp(1 / _MOST_STRETCH, _MOST_STRETCH),
            "stretch": (deviations[:, 1] / deviations[:, 0]).clamp(1 / _MOST_STRETCH, _MOST_STRETCH),
        }

    def aligned(self, item: Item) -> np.ndarray:
        """Frames of each symbol of a recording [N], by forced alignment."""
        pack, row = item
        durations = self.content_of(pack).durations
        return durations[row.symbols[0] : sum(row.symbols), 0].astype(np.int64)

    @cached_property
    def paces(self) -> dict[tuple[str, str], float]:
        """How slowly each style of a speaker is spoken beside all styles of that speaker; 1 where nobody knows."""
        found = {
            voice: [f for f in map(self._frames_of_a_sound, of[:_MELODIES]) if f] for voice, of in self.by_style.items()
        }
        usual: dict[str, list[float]] = defaultdict(list)
        for (speaker, _), frames in found.items():
            usual[speaker] += frames
        return {
            voice: float(np.median(frames) / np.median(usual[voice[0]])) if frames else 1.0
            for voice, frames in found.items()
        }

    def _frames_of_a_sound(self, item: Item) -> float:
        """Mean frames of the sounds of a recording, pauses aside; 0 where there is no text."""
        durations = self.aligned(item)[item[0].symbols(item[1])[:, 0] >= N_PAUSES]
        return float(durations.mean()) if len(durations) else 0.0

    def content_of(self, pack: Pack) -> Content:
        """Content features and durations of all recordings of a pack."""
        if id(pack) not in self.content:
            self.content[id(pack)] = attach_content(pack, self.encoder)
        return self.content[id(pack)]

    def _words(self, pack: Pack, row: Row, first: int, changed: bool, size: int) -> dict[str, np.ndarray]:
        """Content features of the window, as heard or in a changed voice; symbols and durations of the recording."""
        durations = self.aligned((pack, row))
        content_of_pack = self.content_of(pack)
        features = content_of_pack.other_voices if changed else content_of_pack.features
        count = min(size, row.n_frames - first)
        content = features[row.frames[0] + first : row.frames[0] + first + count].astype(np.float32)
        symbols = pack.symbols(row)
        aligned = len(symbols) > 0 and int(durations.sum()) == row.n_frames
        if not aligned:
            symbols = np.array([[0, 0, LANGUAGES.index(row.language)]], np.int64)
            durations = np.array([row.n_frames], np.int64)
        return {
            "content": np.pad(content, ((0, size - count), (0, 0))),
            "text": np.array(aligned),
            "symbols": symbols,
            "durations": durations,
        }

    def _reference(self, item: Item, generator: np.random.Generator) -> tuple[Item, int, int]:
        """A reference in the same voice and style, another recording half of the time; its first frame and length."""
        candidates = self.by_style[_voice_of(item)]
        pack, row = candidates[generator.integers(len(candidates))] if generator.random() < 0.6 else item
        count = min(row.n_frames, self.config.reference_frames)
        return (pack, row), int(generator.integers(0, row.n_frames - count + 1)), count


def _voice_of(item: Item) -> tuple[str, str]:
    """Speaker and style."""
    return item[1].speaker, item[1].style


def _usual_deviation(items: Sequence[Item]) -> float:
    """Median over recordings of the deviation of their log-pitch."""
    found = []
    for pack, row in items[:_MELODIES]:
        hertz = pack.pitch(row)
        if (hertz > 0).sum() > 1:
            found.append(float(np.log(hertz[hertz > 0]).std()))
    return max(0.05, float(np.median(found))) if found else 0.2


def _mean_log_pitch(item: Item) -> float:
    """Mean log-pitch of the voiced frames of a recording; nan if there are none."""
    pack, row = item
    hertz = pack.pitch(row)
    return float(np.log(hertz[hertz > 0]).mean()) if bool((hertz > 0).any()) else float("nan")
