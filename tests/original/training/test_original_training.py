"""The published training, small: on real recordings with their real Whisper-large-v2 features."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from xespeech.errors import ConfigError

ROOT = Path(__file__).parents[3]
RECORDINGS = ROOT / "tests" / "fixtures" / "vctk"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_features", ROOT / "benchmarks" / "real_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Where the recordings are packed, once."""
    return tmp_path_factory.mktemp("vctk")


@pytest.fixture(scope="module")
def small(benchmark):
    """Smaller still than the benchmark's."""
    return replace(
        benchmark.MODEL,
        latent_channels=32,
        hidden_channels=32,
        filter_channels=32,
        style_channels=32,
        decoder_channels=64,
    )


def test_the_whole_graph_learns_from_real_features(benchmark, small, prepared):
    """The short form of benchmarks/real_features.py, which goes on until copies and conversions are near."""
    from xespeech.training.learner import Learner, read_values

    task = benchmark.make_task(RECORDINGS, prepared, small)
    assert len(task.sampler.items) == 4
    assert task.encoder.channels == 1280
    before, _ = benchmark.measure(task)
    learner = Learner(task, replace(benchmark.TRAINING, learning_rate=3e-3, warmup_steps=5))
    task.sampler.frames = 300
    history = read_values([learner.learn(learner.batch(step), step, 40) for step in range(30)])
    for name in ("mel", "durations", "kl_text_content", "kl_content_spec", "kl_text_spec"):
        first, last = (np.mean([values[name] for values in part]) for part in (history[:4], history[-4:]))
        assert last < (1.0 if name == "durations" else 0.8) * first, (name, first, last)
    after, waveforms = benchmark.measure(task)
    assert after.copied < before.copied
    for _, row in task.sampler.items:
        for name in ("copied", "converted"):
            assert len(waveforms[f"{row.id}_{name}"]) == row.n_frames * 320
        assert np.isfinite(waveforms[f"{row.id}_spoken"]).all()


def test_discriminators_are_updated_first_and_all_losses_are_there(benchmark, small, prepared):
    from xespeech.training.learner import Learner, read_values

    task = benchmark.make_task(RECORDINGS, prepared, small, replace(benchmark.LOSSES, adversarial_from=1))
    config = replace(benchmark.TRAINING, batch_frames=100)
    learner = Learner(task, config)
    (first,) = read_values([learner.learn(learner.batch(0), 0, 10)])
    assert not {"discriminator", "adversarial", "feature_matching"} & set(first)
    (then,) = read_values([learner.learn(learner.batch(1), 1, 10)])
    names = [name for name in then if not name.startswith("gradient")]
    assert names == [
        "discriminator", "adversarial", "feature_matching", "mel", "durations",
        "kl_text_content", "kl_content_spec", "kl_text_spec",
    ]  # fmt: skip
    assert all(np.isfinite(value) for value in then.values())


def test_the_divergences_are_weighted_as_the_recipe_says(benchmark, small, prepared):
    weights = {"kl_text_content": 0.1, "kl_content_spec": 0.5, "kl_text_spec": 3.0, "mel_weight": 9.0}
    found = []
    for losses in (benchmark.LOSSES, replace(benchmark.LOSSES, **weights)):
        task = benchmark.make_task(RECORDINGS, prepared, small, losses)
        batch = task.batch(np.random.default_rng(0), 0)
        torch.manual_seed(1)
        (update,) = task.updates(batch, 0)
        found.append(update.losses)
    plain, weighted = found
    for name, weight in weights.items():
        key = "mel" if name == "mel_weight" else name
        own = getattr(benchmark.LOSSES, name)
        assert weighted[key].item() == pytest.approx(plain[key].item() * weight / own, rel=1e-4)


def test_weights_of_a_model_folder_are_taken_over_with_weight_normalisation(benchmark, small, prepared):
    from xespeech.original.model.synthesizer import OriginalSynthesizer
    from xespeech.training.learner import Learner

    task = benchmark.make_task(RECORDINGS, prepared, small)
    torch.manual_seed(7)
    given = OriginalSynthesizer(small).eval()
    learner = Learner(task, benchmark.TRAINING)
    learner.start_from({f"synthesizer.{name}": value for name, value in given.state_dict().items()})
    mel, mask, style = torch.randn(1, 20, 80), torch.ones(1, 20, 1), torch.randn(1, 32)
    copies = [
        model.waveform(model.spec_posterior(mel, mask, style[:, None]).mean, mask, style)
        for model in (task.synthesizer.eval(), given)
    ]
    torch.testing.assert_close(*copies, atol=1e-5, rtol=1e-4)


def test_an_encoder_of_another_width_is_one_clear_sentence(benchmark, small, prepared):
    with pytest.raises(ConfigError, match="1280 channels and the model takes 768"):
        benchmark.make_task(RECORDINGS, prepared, replace(small, content_channels=768))
