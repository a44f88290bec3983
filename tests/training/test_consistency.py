"""Words and voice of windows that no recording shows are judged by what is heard in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

import xespeech
from xespeech.audio import read
from xespeech.audio.mel import log_mel
from xespeech.audio.mel_torch import LogMel
from xespeech.config import FRAME_FACTOR, MEL_COMPACT, MEL_CONTENT
from xespeech.content.store import encoder_file, load_encoder
from xespeech.inference.hub import DEFAULT_FOLDER
from xespeech.model.discriminator import Discriminators
from xespeech.model.style import StyleEncoder
from xespeech.training.consistency import Listener, VoiceJudge, content_distance, style_distance, voice_loss
from xespeech.training.losses import some_items

HOP = FRAME_FACTOR * MEL_COMPACT.hop_length
CLIP = Path(xespeech.__file__).parent / "voices/demo/kathleen.opus"


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(load_encoder(encoder_file(DEFAULT_FOLDER)), MEL_COMPACT)


@pytest.fixture(scope="module")
def spoken() -> dict[str, torch.Tensor]:
    """Windows [1, S] of 1.5 s of the default voice."""
    voice = xespeech.load(threads=1)
    said = {
        "words": voice.speak("Nobody in the street looked up.", seed=0),
        "again": voice.speak("Nobody in the street looked up.", seed=1),
        "other": voice.speak("Seven large boxes came by ship.", seed=0),
    }
    return {name: torch.from_numpy(audio.samples[: 75 * HOP])[None] for name, audio in said.items()}


def _distance(listener: Listener, decoded: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    return content_distance(listener, decoded, real, torch.tensor([75]), torch.ones(1, 75))


def test_the_listener_hears_the_mel_that_its_encoder_learnt_from(listener, spoken) -> None:
    samples = spoken["words"][0].numpy()
    wanted = log_mel(soxr.resample(samples, MEL_COMPACT.sample_rate, MEL_CONTENT.sample_rate), MEL_CONTENT)
    heard = listener.mel(spoken["words"])[0].numpy()
    difference = (heard - heard.mean()) - (wanted - wanted.mean())
    loud = wanted > np.quantile(wanted, 0.5)
    assert np.abs(difference[: len(wanted)][loud][:-80]).mean() < 0.1


def test_other_words_are_farther_than_the_same_words_again(listener, spoken) -> None:
    itself, again, other = (_distance(listener, spoken[name], spoken["words"]) for name in ("words", "again", "other"))
    assert float(itself) < 1e-5
    assert float(again) < 0.5 * float(other)


def test_words_are_told_by_mels_as_by_waveforms(listener, spoken) -> None:
    mels = {name: LogMel(MEL_COMPACT)(samples) for name, samples in spoken.items()}
    frames, mask = torch.tensor([75]), torch.ones(1, 75)
    again, other = (
        float(content_distance(listener.of_mel, mels[name], mels["words"], frames, mask)) for name in ("again", "other")
    )
    assert again < 0.5 * other


def test_phones_of_a_recording_are_told_by_its_mel_as_by_its_waveform(listener) -> None:
    """Of a recording, so that no other default voice decides it: in one sentence a few spikes move by a frame."""
    samples = read(CLIP, MEL_COMPACT.sample_rate).samples
    frames = torch.tensor([len(samples) // HOP])
    waveform = torch.from_numpy(samples[: int(frames) * HOP])[None]
    of_mel = listener.of_mel(LogMel(MEL_COMPACT)(waveform), frames).phone_log_probs.argmax(-1)
    assert (of_mel == listener(waveform, frames).phone_log_probs.argmax(-1)).float().mean() > 0.9


def test_what_is_decoded_learns_and_the_listener_does_not(listener, spoken) -> None:
    decoded = spoken["other"].clone().requires_grad_()
    _distance(listener, decoded, spoken["words"]).backward()
    assert decoded.grad is not None
    assert float(decoded.grad.abs().max()) > 0
    assert all(parameter.grad is None for parameter in listener.parameters())


def test_a_style_is_near_itself_and_moves_nothing_but_the_sound(spoken) -> None:
    torch.manual_seed(0)
    encoder, mel, mask = (
        StyleEncoder(MEL_COMPACT.n_mels, 16, 8, 1, FRAME_FACTOR),
        LogMel(MEL_COMPACT),
        torch.ones(1, 75, 1),
    )
    everyone = torch.cat([encoder(mel(window), mask) for window in spoken.values()])
    decoded = spoken["other"].clone().requires_grad_()
    own, wanted = (style_distance(encoder, mel(decoded), mask, everyone[i : i + 1], everyone) for i in (2, 0))
    assert float(own.detach()) < 1e-4
    assert float(wanted) > 0.1  # however close together all styles are
    wanted.backward()
    assert float(decoded.grad.abs().max()) > 0
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_styles_that_are_all_alike_ask_for_little(spoken) -> None:
    torch.manual_seed(0)
    encoder, mel, mask = (
        StyleEncoder(MEL_COMPACT.n_mels, 16, 8, 1, FRAME_FACTOR),
        LogMel(MEL_COMPACT),
        torch.ones(1, 75, 1),
    )
    style = encoder(mel(spoken["other"]), mask)
    pulls = []
    for spread in (1e-3, 1e-5):
        decoded = spoken["other"].clone().requires_grad_()
        style_distance(encoder, mel(decoded), mask, style + spread, style.repeat(2, 1)).backward()
        pulls.append(float(decoded.grad.norm()))
    assert pulls[1] < pulls[0] < 0.01


def test_a_judge_learns_whose_windows_are_and_hears_nothing_above_8_khz() -> None:
    torch.manual_seed(0)
    mel = LogMel(MEL_COMPACT)
    judge = VoiceJudge(mel, 16, 2)
    noise = mel(torch.randn(8, 50 * HOP) * 0.1)
    voices = torch.tensor([0, 1] * 4)
    windows = noise + (voices * 2 - 1)[:, None, None] * torch.linspace(-1, 1, noise.shape[2])  # dull and bright ones
    mask = torch.ones(8, noise.shape[1], 1)
    optimizer = torch.optim.AdamW(judge.parameters(), 1e-2)
    before = voice_loss(judge(windows, mask), voices)
    for _ in range(20):
        loss = voice_loss(judge(windows, mask), voices)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.2 * float(before)
    above = windows.clone()
    above[..., mel.centre_frequencies > 8000] += 5
    torch.testing.assert_close(judge(above, mask), judge(windows, mask))


def test_no_windows_are_no_loss(listener) -> None:
    nothing, frames = torch.zeros(0, 75 * HOP), torch.zeros(0, dtype=torch.int64)
    assert float(content_distance(listener, nothing, nothing, frames, torch.zeros(0, 75))) == 0
    encoder, styles = StyleEncoder(MEL_COMPACT.n_mels, 16, 8, 1, FRAME_FACTOR), torch.randn(4, 8)
    mask = torch.zeros(0, 75, 1)
    assert float(style_distance(encoder, nothing, mask, styles[:0], styles)) == 0
    assert float(voice_loss(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))) == 0


def test_the_first_items_are_whole_in_discriminators_that_make_several_rows_of_one() -> None:
    torch.manual_seed(0)
    judges = Discriminators(4)
    waveform = torch.randn(5, 4000)
    cut, alone = some_items(judges(waveform), 0, 3, 5), judges(waveform[:3])
    for (scores, layers), (own_scores, own_layers) in zip(cut, alone, strict=True):
        for found, expected in zip([scores, *layers], [own_scores, *own_layers], strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
