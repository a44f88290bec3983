"""The head of the content encoder that tells the sound of every frame: what it learns from, and what it gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.encoder import CompactFeatures
from xespeech.content.store import FILE, load_encoder, save_encoder
from xespeech.data.manifest import SAMPLE_RATE, Utterance, write_manifests
from xespeech.data.pack import Pack, durations_between
from xespeech.errors import DataError
from xespeech.model_folder.weights import WEIGHTS, Networks, load_networks, save_networks
from xespeech.text import PHONES, Phonemes
from xespeech.training.config import TrainingConfig
from xespeech.training.content_features import PackedContent
from xespeech.training.content_task import ContentTask
from xespeech.training.loop import train
from xespeech.training.start import load_start, sizes_of

TONES = {"a": 300.0, "o": 700.0, "m": 1200.0, "t": 2000.0, "s": 3500.0}
"""Hz of the sounds of a teacher who whistles."""
FROZEN = ("stem", "blocks", "norm", "bottleneck", "feature_norm", "phone_head", "tone_head")
CONFIG = ContentConfig(hidden_channels=32, content_channels=32, n_layers=1, n_phones=len(PHONES))


def _spoken(name: str, generator: np.random.Generator) -> tuple[Utterance, np.ndarray, np.ndarray]:
    """A recording of eight sounds and a comma, its samples, and the boundaries between its symbols (seconds)."""
    phones = [str(phone) for phone in generator.choice(list(TONES), 8)]
    phones.insert(4, ",")
    seconds = generator.uniform(0.07, 0.2, len(phones) + 2)
    pieces = []
    for phone, length in zip(["", *phones, ""], seconds, strict=True):
        time = np.arange(round(length * SAMPLE_RATE)) / SAMPLE_RATE
        pieces.append(0.2 * np.sin(2 * np.pi * TONES[phone] * time) if phone in TONES else 0 * time)
    samples = np.concatenate(pieces) + 1e-4 * generator.standard_normal(sum(map(len, pieces)))
    boundaries = np.cumsum([len(piece) for piece in pieces])[:-1] / SAMPLE_RATE
    sounds = Phonemes(tuple(phones), ("",) * len(phones), ("en",) * len(phones))
    about = Utterance(name, "en", "whistler", "neutral", name, sounds, len(samples), 12_000.0)
    return about, samples.astype(np.float32), boundaries


def _write(folder: Path, seed: int, known: bool) -> dict[str, np.ndarray]:
    """A prepared folder of twelve recordings, two of them for development, and their boundaries."""
    generator = np.random.default_rng(seed)
    (folder / "audio").mkdir(parents=True)
    utterances, boundaries = [], {}
    for index in range(12):
        about, samples, boundaries[about.id] = _spoken(f"{folder.name}-{index}", generator)
        soundfile.write(folder / about.audio, samples, SAMPLE_RATE)
        utterances.append(replace(about, boundaries=tuple(boundaries[about.id].tolist())) if known else about)
    write_manifests(folder, utterances, {utterances[0].id, utterances[1].id})
    return boundaries


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings whose durations are known."""
    folder = tmp_path_factory.mktemp("aligner") / "taught"
    _write(folder, 0, known=True)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an encoder without a frame head."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("plain")
        save_encoder(CompactContentEncoder(CONFIG), folder, 0)
    return folder


def test_a_head_learns_from_known_durations_and_finds_those_of_others(
    taught: Path, plain: Path, tmp_path: Path
) -> None:
    config = ContentConfig(**{**(sizes_of(plain, "content") or {}), "frame_layers": 1})
    settings = TrainingConfig(
        batch_frames=1200, precision="32-true", learning_rate=5e-3, warmup_steps=5, decay_share=1.0, max_steps=90,
        ema_decay=0.9, freeze=FROZEN,
    )  # fmt: skip
    task = ContentTask(config, [Pack(taught)], settings)
    train(task, settings, tmp_path / "run", initial=load_start(plain, "content"))
    before, after = load_file(plain / FILE), load_file(tmp_path / "run" / "encoder" / FILE)
    assert all(torch.equal(before[name], after[name]) for name in before)  # to the bit
    assert {name.split(".")[0] for name in set(after) - set(before)} == {"frame_head"}

    boundaries = _write(tmp_path / "others", 1, known=False)
    pack = Pack(tmp_path / "others")
    errors: dict[str, list[float]] = {"frames": [], "spikes": []}
    for method, encoder in (("frames", tmp_path / "run" / "encoder"), ("spikes", plain)):
        found = PackedContent(encoder).of(pack).durations
        for row in pack.rows:
            ends = np.cumsum(found[row.symbols[0] : sum(row.symbols), 0])
            assert ends[-1] == row.n_frames
            errors[method] += np.abs(ends[:-1] / 50 - boundaries[row.id]).tolist()
    assert np.mean(errors["frames"]) < 0.03
    assert np.mean(errors["frames"]) < np.mean(errors["spikes"])


def test_durations_that_are_known_are_taken_as_they_are(taught: Path, plain: Path) -> None:
    pack = Pack(taught)
    name = CompactFeatures(plain).name
    np.save(
        pack.path / f"durations-{name}.npy", np.ones((len(pack.arrays["symbols"]), 1), np.int16)
    )  # of version 0.1.0
    found = PackedContent(plain).of(pack).durations
    for row in pack.rows:
        known = pack.durations(row)
        assert known.min() >= 1
        assert known.sum() == row.n_frames
        assert found[row.symbols[0] : sum(row.symbols), 0].tolist() == known.tolist()


def test_packs_of_before_know_no_durations(tmp_path: Path) -> None:
    _write(tmp_path / "old", 2, known=True)
    pack = Pack(tmp_path / "old")
    assert pack.durations(pack.rows[0]).any()
    (pack.path / "durations.npy").unlink()
    pack = Pack(tmp_path / "old")
    assert pack.durations(pack.rows[0]).tolist() == [0] * 11
    with pytest.raises(DataError, match="frame_layers needs recordings whose durations are known"):
        ContentTask(ContentConfig(n_phones=len(PHONES), n_layers=1, frame_layers=1), [pack], TrainingConfig())


def test_encoders_of_before_have_no_head(plain: Path, tmp_path: Path) -> None:
    with safe_open(plain / FILE, "pt") as file:
        about = file.metadata()
    sizes = json.loads(about["config"])
    del sizes["frame_layers"]
    save_file(load_file(plain / FILE), tmp_path / FILE, metadata={**about, "config": json.dumps(sizes)})
    assert load_encoder(tmp_path).frame_head is None


def test_a_model_folder_carries_the_head(tiny_networks, tiny_voice: Path, tmp_path: Path) -> None:
    synthesizer, encoder, _ = tiny_networks
    assert sizes_of(tiny_voice, "content") == vars(encoder.config)
    assert torch.equal(load_start(tiny_voice, "content")["encoder.norm.bias"], encoder.norm.bias)
    with_head = CompactContentEncoder(ContentConfig(**{**vars(encoder.config), "frame_layers": 2}))
    save_networks(tmp_path / WEIGHTS, Networks(synthesizer, with_head), "fp32")
    for stored in (load_networks(tmp_path)[1], load_encoder(tmp_path)):
        assert stored.frame_head is not None
        assert torch.equal(stored.frame_head.head.weight, with_head.frame_head.head.weight)


@pytest.mark.parametrize(
    ("boundaries", "n_frames", "wanted"),
    [
        ((0.1, 0.2, 0.3), 20, [5, 5, 5, 5]),
        ((-0.05, 0.0, 0.3), 20, [1, 1, 13, 5]),  # trimmed away: every symbol keeps a frame
        ((0.1, 0.1, 0.1), 20, [5, 1, 1, 13]),
        ((0.1, 0.5, 0.6), 7, [4, 1, 1, 1]),
    ],
)
def test_boundaries_become_frames(boundaries: tuple[float, ...], n_frames: int, wanted: list[int]) -> None:
    assert durations_between(boundaries, n_frames).tolist() == wanted
