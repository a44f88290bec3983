"""The default voice is of format 1, without a vocoder: it runs at its own rates, and new runs start from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from xespeech.config import FRAME_FACTOR
from xespeech.errors import ModelError
from xespeech.files import read_json
from xespeech.inference.voice import DEFAULT_FOLDER
from xespeech.model_folder.before_vocoder import is_before_vocoder
from xespeech.model_folder.description import model_config
from xespeech.model_folder.weights import WEIGHTS, load_networks, load_state, take_over
from xespeech.training.start import load_start, sizes_of

SIZES = read_json(Path(DEFAULT_FOLDER) / "config.json")["model"]

pytestmark = pytest.mark.skipif(not is_before_vocoder(SIZES), reason="the default voice has a vocoder")


def test_its_graphs_run_at_their_own_rates() -> None:
    config = model_config(SIZES)
    assert config.frame_factor == 1
    assert config.hop_length == config.mel.hop_length == 480
    assert config.vocoder.n_fft == 1024


def test_a_new_run_takes_over_all_but_the_decoder(capsys: pytest.CaptureFixture[str]) -> None:
    old = load_state(Path(DEFAULT_FOLDER) / WEIGHTS)
    new = take_over(Path(DEFAULT_FOLDER), SIZES).state_dict()
    assert "mel_decoder and vocoder begin anew, all else goes on" in capsys.readouterr().err
    kept = [name for name in new if not name.startswith(("mel_decoder.", "vocoder."))]
    for name in kept:
        if new[name].shape == old[f"synthesizer.{name}"].shape:
            assert torch.equal(new[name], old[f"synthesizer.{name}"]), name
    # two equal mel frames are heard as the one frame was, and both pitches of a frame are what its one was
    project = "style_encoder.blocks.project.weight"
    frame = torch.randn(old[f"synthesizer.{project}"].shape[1])
    heard = new[project] @ frame.repeat(FRAME_FACTOR)
    torch.testing.assert_close(heard, old[f"synthesizer.{project}"] @ frame, atol=1e-4, rtol=1e-4)
    head = new["text_pitch.blocks.head.weight"]
    assert torch.equal(head[:2], head[2:])


def test_a_run_from_it_has_the_usual_sound_path() -> None:
    sizes = sizes_of(Path(DEFAULT_FOLDER))
    assert sizes is not None
    assert model_config({**sizes}).hop_length == 480
    assert model_config({**sizes}).frame_factor == FRAME_FACTOR
    assert any(name.startswith("synthesizer.vocoder.") for name in load_start(Path(DEFAULT_FOLDER)))


def test_pytorch_does_not_run_it() -> None:
    with pytest.raises(ModelError, match="without a vocoder, and runs in ONNX Runtime alone"):
        load_networks(Path(DEFAULT_FOLDER))
